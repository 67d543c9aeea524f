import type {
  BlueGreenVerification,
  Color,
  FlinkBlueGreenDeployment,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { PROMOTE_ANNOTATION, REJECT_ANNOTATION } from "../../api/v1beta1/names.ts";
import { isReady } from "./child.ts";
import { whatIsWorse } from "./comparison.ts";
import type { MeasuredJob, Outcome } from "./decision.ts";
import { normal } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { readsSources, type VerificationSettings } from "./settings.ts";
import { replacedOther, type Situation } from "./situation.ts";
import { isoTime, timeOf } from "./status.ts";

/** `failed`: the new side is given up, and why. Undefined: nothing keeps a side that is ready from taking the place of the old one. */
export type Verdict = { readonly failed: string } | { readonly outcome: Outcome } | undefined;

/** How soon a JobManager is asked again that was not asked since the running time was over. */
const SOON_MS = 1_000;

/** One reconcile of a verification. */
interface Verification {
  readonly situation: Situation;
  readonly child: ChildFacts;
  readonly old: ChildFacts;
  readonly wanted: VerificationSettings;
  readonly known: BlueGreenVerification;
}

/**
 * Verifies the new side, which starts beside the old one, before the Ingress moves and the old side goes. It is judged by its own
 * status and by what the poller knows of its job. Nothing is asked for while it waits for a person.
 */
export function verify(situation: Situation, color: Color, child: ChildFacts): Verdict {
  const { status, settings, resource } = situation;
  const { verification: wanted } = settings;
  const isOver = timeOf(status.deploymentReadyTimestamp) !== 0;
  const old = replacedOther(situation, color);
  if (wanted === undefined || isOver || old === undefined) return undefined;
  if (names(resource, REJECT_ANNOTATION)) return { failed: rejected(resource) };
  const { verification: known } = status;
  if (known !== undefined) return judge({ situation, child, old, wanted, known });
  if (!isReady(child)) return undefined;
  const began = withChanges({ startTime: isoTime(situation.now) }, child, situation.now);
  const { outcome } = waiting({ situation, child, old, wanted, known: withOld(began, old, situation.now) });
  const message = `${child.resource.metadata.name} runs, and is verified: ${requirementsOf(wanted)}.`;
  return { outcome: { ...outcome, events: [normal("Verifying", message)] } };
}

function judge({ situation, child, old, wanted, known: before }: Verification): Verdict {
  const { now, resource } = situation;
  const known = withOld(isReady(child) ? withChanges(before, child, now) : withoutRunning(before), old, now);
  const at = { situation, child, old, wanted, known };
  const restarts = restartsOf(known, child);
  if (wanted.maxRestarts !== undefined && restarts > wanted.maxRestarts)
    return { failed: tooManyRestarts(restarts, wanted.maxRestarts) };
  const missing = whatIsMissing(at);
  // Of a spec that is refused nothing runs.
  const isPromoted = names(resource, PROMOTE_ANNOTATION) && situation.facts.invalid === undefined;
  if (missing === undefined && (!wanted.isManual || isPromoted)) return undefined;
  if (missing === undefined && known.verifiedTime === undefined) return verified(at);
  if (now > deadlineOf(at))
    return {
      failed: known.verifiedTime === undefined ? `${late(at)}: ${missing}` : late(at),
    };
  if (!isReady(child)) return before.runningSince === undefined ? undefined : interrupted(at);
  return waiting(at);
}

const rejected = ({ metadata }: FlinkBlueGreenDeployment): string =>
  `a person has rejected it (${REJECT_ANNOTATION}: "${metadata.generation}")`;

const tooManyRestarts = (restarts: number, maxRestarts: number): string =>
  `restarts while it was verified: ${restarts}, and at most ${maxRestarts} may be`;

const late = ({ wanted, known }: Pick<Verification, "wanted" | "known">): string =>
  known.verifiedTime === undefined
    ? `it was not verified in ${seconds(wanted.timeoutMs)}`
    : `nobody has promoted it in ${seconds(wanted.promotionTimeoutMs)}`;

/**
 * Whether the time of a transition is still that of its verification, which can be a day. What waits for something else after it,
 * such as for its Ingress, has the time of a start.
 */
export function hasTimeOfVerification({ status, settings, now }: Situation, isVerified: boolean): boolean {
  const { verification: known, abortTimestamp } = status;
  const { verification: wanted, abortGraceMs } = settings;
  if (known === undefined) return false;
  const until = timeOf(abortTimestamp);
  return (
    until > now + abortGraceMs ||
    (isVerified && wanted !== undefined && until === deadlineOf({ wanted, known }))
  );
}

/** Its job or a task has changed: it has restarted, or somebody has restarted it, and its time begins again. */
function withChanges(known: BlueGreenVerification, { job }: ChildFacts, now: number): BlueGreenVerification {
  const changedAt = job.reported?.changedAt ?? known.jobChangedAt;
  const isSame = known.runningSince !== undefined && changedAt === known.jobChangedAt;
  const failuresSince = known.failuresSince ?? changedAt;
  return {
    ...known,
    runningSince: isSame ? known.runningSince : isoTime(now),
    ...(failuresSince === undefined ? {} : { failuresSince }),
    ...(changedAt === undefined ? {} : { jobChangedAt: changedAt }),
  };
}

/** From its first answer on failures of the old side count. */
function withOld(
  { oldNotReadySince, ...known }: BlueGreenVerification,
  old: ChildFacts,
  now: number,
): BlueGreenVerification {
  const failuresSince = known.oldFailuresSince ?? old.job.reported?.changedAt;
  return {
    ...known,
    ...(isReady(old) ? {} : { oldNotReadySince: oldNotReadySince ?? isoTime(now) }),
    ...(failuresSince === undefined ? {} : { oldFailuresSince: failuresSince }),
  };
}

/** An old side that has not been ready for so long is no measure. */
const isOldLost = ({ known: { oldNotReadySince }, situation: { settings, now } }: Verification): boolean =>
  oldNotReadySince !== undefined && timeOf(oldNotReadySince) + settings.abortGraceMs <= now;

const withoutRunning = ({ runningSince, ...known }: BlueGreenVerification): BlueGreenVerification =>
  runningSince === undefined ? known : { ...known, interruptions: (known.interruptions ?? 0) + 1 };

/**
 * What was seen of them, or the failures that Flink lists, which has the short ones; a JobManager that restarts forgets those before
 * it.
 */
function restartsOf(
  { failuresSince, interruptions = 0 }: BlueGreenVerification,
  { job }: ChildFacts,
): number {
  return failuresSince === undefined
    ? interruptions
    : Math.max(interruptions, failuresOf(job, failuresSince));
}

function failuresOf({ reported, startedAt = 0 }: ChildFacts["job"], since: number): number {
  const failures = reported?.exceptions?.list.filter(({ timestamp }) => timestamp > since) ?? [];
  return failures.length + (startedAt > since ? 1 : 0);
}

/** The first requirement that it does not meet, as a clause. */
function whatIsMissing(verification: Verification): string | undefined {
  const { situation, child, wanted, known } = verification;
  const { runningMs, minCheckpoints } = wanted;
  if (!isReady(child)) return "it is not ready";
  if (known.failuresSince === undefined) return "its JobManager does not answer";
  const runsUntil = runsUntilOf({ wanted, known });
  // What Flink said before says nothing of the rest of the time.
  if (runningMs > 0 && (situation.now < runsUntil || !isSeenAfter(child, runsUntil)))
    return `it has not been ready for ${seconds(runningMs)} without a restart`;
  const { completedCheckpoints = 0 } = child;
  if (completedCheckpoints < minCheckpoints)
    return `its job has completed ${completedCheckpoints} of ${minCheckpoints} checkpoints`;
  return isOldLost(verification) ? undefined : worse(verification);
}

/** A measurement is good for so many intervals, and the time of the requests. */
const MEASURED_INTERVALS = 3;
const MEASURED_MS = 30_000;

function worse({ situation, child, old, wanted, known }: Verification): string | undefined {
  const { now, settings } = situation;
  const { oldFailuresSince } = known;
  const isOldKnown = old.job.reported?.changedAt !== undefined && oldFailuresSince !== undefined;
  const runsUntil = wanted.runningMs > 0 ? runsUntilOf({ wanted, known }) : timeOf(known.runningSince);
  const oldest = now - MEASURED_INTERVALS * settings.intervalMs - MEASURED_MS;
  return whatIsWorse(
    {
      new: { child, failures: restartsOf(known, child) },
      old: { child: old, failures: isOldKnown ? failuresOf(old.job, oldFailuresSince) : undefined },
      measuredSince: Math.max(runsUntil, oldest),
    },
    wanted.comparison,
  );
}

/** Both jobs, while they are compared. */
const measuredJobs = ({ situation, child, old, wanted }: Verification): readonly MeasuredJob[] =>
  !readsSources(wanted.comparison)
    ? []
    : [child, old].flatMap(({ job: { cluster, jobId } }) =>
        jobId === undefined ? [] : [{ cluster, jobId, intervalMs: situation.settings.intervalMs }],
      );

const runsUntilOf = ({ wanted, known }: Pick<Verification, "wanted" | "known">): number =>
  timeOf(known.runningSince) + wanted.runningMs;

const isSeenAfter = ({ seenAt = 0 }: ChildFacts, at: number): boolean => seenAt >= at;

const deadlineOf = ({ wanted, known }: Pick<Verification, "wanted" | "known">): number =>
  known.verifiedTime === undefined
    ? timeOf(known.startTime) + wanted.timeoutMs
    : timeOf(known.verifiedTime) + wanted.promotionTimeoutMs;

function waiting(verification: Verification): { readonly outcome: Outcome } {
  const { situation, child, wanted, known } = verification;
  const { status, settings, now } = situation;
  const until = deadlineOf({ wanted, known });
  const runsUntil = runsUntilOf({ wanted, known });
  const runningMs = now < runsUntil ? runsUntil - now : isSeenAfter(child, runsUntil) ? Infinity : SOON_MS;
  const leftMs = [settings.intervalMs, runningMs, until - now + 1];
  return {
    outcome: {
      status: { ...status, verification: known, abortTimestamp: isoTime(until) },
      ...(known.verifiedTime === undefined ? { askNow: child.job.cluster } : {}),
      measure: measuredJobs(verification),
      requeueAfterMs: Math.min(...leftMs),
    },
  };
}

/** It waits for a person. What else it has shown may change meanwhile: then the promotion waits, too. */
function verified(verification: Verification): { readonly outcome: Outcome } {
  const { situation, known } = verification;
  const { outcome } = waiting({
    ...verification,
    known: { ...known, verifiedTime: isoTime(situation.now) },
  });
  return {
    outcome: { ...outcome, events: [normal("AwaitingPromotion", awaitsPromotion(situation.resource))] },
  };
}

/** It is ready no more. It has the time of a start to become ready again, and not longer than the verification. */
function interrupted({ situation, wanted, known }: Verification): { readonly outcome: Outcome } {
  const { status, settings, now } = situation;
  const until = Math.min(deadlineOf({ wanted, known }), now + settings.abortGraceMs);
  return {
    outcome: {
      status: { ...status, verification: known, abortTimestamp: isoTime(until) },
      requeueAfterMs: settings.intervalMs,
    },
  };
}

const names = ({ metadata }: FlinkBlueGreenDeployment, annotation: string): boolean =>
  metadata.annotations?.[annotation] === String(metadata.generation);

/** For conditions and events: what the new side must show. */
export function requirementsOf(wanted: VerificationSettings): string {
  const { runningMs, minCheckpoints, maxRestarts, comparison, isManual } = wanted;
  const { maxLagFactor, maxErrorFactor, expression } = comparison;
  return [
    ...(runningMs > 0 ? [`ready for ${seconds(runningMs)} without a restart`] : []),
    ...(minCheckpoints > 0 ? [`checkpoints: at least ${minCheckpoints}`] : []),
    ...(maxRestarts === undefined ? [] : [`restarts: at most ${maxRestarts}`]),
    ...(maxLagFactor === undefined ? [] : [`lag: at most ${maxLagFactor} times that of the old side`]),
    ...(maxErrorFactor === undefined ? [] : [`failures: at most ${maxErrorFactor} times as often`]),
    ...(expression === undefined ? [] : [`expression: ${expression}`]),
    ...(isManual ? ["promotion by a person"] : []),
  ].join(", ");
}

export const awaitsPromotion = ({ metadata: { name } }: FlinkBlueGreenDeployment): string =>
  `The new side is verified, and waits for a person: kubectl flink promote ${name}`;

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;
