import type { JobParallelism } from "../../../api/flinkFacts.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Situation, Step } from "../model/situation.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { newestState } from "../restore/restoreGuard.ts";
import { isBeingStopped } from "../status/beingStopped.ts";
import { isStandalone } from "../status/status.ts";
import { hasLostOverrides, mayLoseOverrides, setsLostOverrides } from "./lostOverrides.ts";
import { isComplete, parseParallelism, targetOf } from "./target.ts";

/** How long Flink may fail to tell of the parallelism before the job is upgraded instead, in milliseconds. */
const ANSWER_MS = 30_000;

/** How long a JobManager or a job that is being restarted is waited for before the change is begun, in milliseconds. */
const RECOVERY_MS = 60_000;

/** Nothing differs from the deployed spec that needs more than another parallelism. */
export function changesOnlyParallelism({ diff }: Pick<Situation, "diff">): boolean {
  const changes = (diff?.changes ?? []).filter(({ effect }) => effect !== "ignore");
  return changes.length > 0 && changes.every(({ path }) => isParallelism(path));
}

const overridesPath = `flinkConfiguration.${flinkOptions.parallelismOverrides.key}`;

const isParallelism = (path: string): boolean =>
  path === "job.parallelism" || path === overridesPath || path.startsWith(`${overridesPath}.`);

/**
 * A change is under way while the deployed spec is in effect: its edit was taken back, or has become another one, which is refused or
 * waits.
 */
export const lastsBeyondItsEdit = (situation: Situation): boolean =>
  situation.diff?.type === "IGNORE" &&
  situation.status.rescale !== undefined &&
  !(setsLostOverrides(situation) && notInTime(situation) === undefined);

/** The edit is refused, or waits: the spec that is in effect is not that of the resource. */
export const isDeferred = ({ spec, resource }: Situation): boolean => spec !== resource.spec;

/** The change goes on although its edit has become another one. */
export const carriesOn = (situation: Situation): boolean =>
  isDeferred(situation) && notInTime(situation) === undefined;

/** The parallelism of a job that runs and goes on running is to change, or to change back. */
export const isRescale = (situation: Situation): boolean =>
  (changesOnlyParallelism(situation) ||
    lastsBeyondItsEdit(situation) ||
    setsLostOverrides(situation) ||
    hasLostOverrides(situation, parallelismOf(situation))) &&
  situation.status.reconciliationStatus?.state === "DEPLOYED" &&
  // An upgrade that was begun is completed.
  !isBeingStopped(situation.status) &&
  situation.deployed?.spec.job?.state === "running" &&
  situation.spec.job?.state !== "suspended" &&
  !isTerminal(situation.status.jobStatus?.state);

/** By the specs alone. As a clause; undefined: nothing is against it. */
export const notByItsSpec = ({ spec, facts, settings, nextSettings }: Situation): string | undefined =>
  (facts.session?.mode ?? spec.mode) === "standalone" || isStandalone(spec)
    ? "the cluster is in standalone mode"
    : (settings.notInPlace ?? nextSettings.notInPlace ?? notByItsDefinition(facts));

const notByItsDefinition = ({ requests }: Situation["facts"]): string | undefined =>
  requests?.dropsRescale === true
    ? "the CRD that is installed drops status.rescale, without which a change that is interrupted cannot be gone on with: " +
      "install the CRDs of the operator's version, then restart the operator"
    : undefined;

/** What Flink has told of the job's parallelism; undefined: not yet. */
export function parallelismOf({ facts, status }: Situation): JobParallelism | undefined {
  const known = facts.flink?.parallelism;
  const isCurrent =
    known !== undefined &&
    facts.flink?.deploymentUid === facts.jobManager?.uid &&
    known.jobId === status.jobStatus?.jobId;
  return isCurrent && (known.requirements === undefined || isComplete(known)) ? known : undefined;
}

/** Why the parallelism is not changed in place but by an upgrade, as a clause. Undefined: nothing is against it (yet). */
export const whyNotInPlace = (situation: Situation): string | undefined =>
  notByItsSpec(situation) ?? notByItsJob(situation) ?? notByItsVertices(situation) ?? notInTime(situation);

/** An edit of the parallelism is carried out in place, or is begun so, by what is known. */
export const goesInPlace = (situation: Situation): boolean =>
  isRescale(situation) && !lastsBeyondItsEdit(situation) && whyNotInPlace(situation) === undefined;

/** An upgrade, unless the edit is carried out in place. */
export const unlessInPlace =
  (step: Step): Step =>
  (situation) =>
    goesInPlace(situation) ? undefined : step(situation);

function notByItsJob(situation: Situation): string | undefined {
  const { status, facts, now } = situation;
  const { jobManagerDeploymentStatus: jobManager, rescale } = status;
  // One that Kubernetes starts again goes on with the change.
  const mayComeBack = rescale !== undefined && rescale.givenUpTime === undefined;
  if (jobManager === "MISSING" || (jobManager === "ERROR" && !mayComeBack)) return "the JobManager is lost";
  if (jobManager === "READY") {
    const newest = newestState(situation);
    if (newest.kind === "remembered" || newest.kind === "lost") return newest.why;
  }
  if (rescale !== undefined) return undefined;
  const failure = facts.flink?.partFailures?.parallelism;
  return failure !== undefined && now - (failure.since ?? now) > ANSWER_MS
    ? `Flink does not tell its resource requirements: ${failure.message}`
    : undefined;
}

function notByItsVertices(situation: Situation): string | undefined {
  const known = parallelismOf(situation);
  if (known === undefined) return undefined;
  if (known.requirements === undefined) return "the scheduler of the job is not adaptive";
  const target = targetOf(situation, known, parseParallelism(situation.status.rescale?.before));
  return typeof target === "string" ? target : undefined;
}

/** Missing slots are no reason: an upgrade would not find them either. */
function notInTime(situation: Situation): string | undefined {
  const { now, settings, status } = situation;
  const { rescale, jobManagerDeploymentStatus: jobManager } = status;
  if (rescale === undefined) return undefined;
  const { startTime = 0, after, givenUpTime } = rescale;
  if (givenUpTime !== undefined) {
    if (now - givenUpTime < pauseMs(situation) + RECOVERY_MS) return undefined;
    return parallelismOf(situation) === undefined ? "the JobManager has not come back in time" : undefined;
  }
  if (now - startTime < (after === undefined ? RECOVERY_MS : settings.readinessTimeoutMs)) return undefined;
  if (jobManager !== "READY") return "the JobManager has not come back in time";
  if (after === undefined && status.jobStatus?.state !== "RUNNING") return "the job does not run";
  return isNoted(situation) ? undefined : "it could not be begun in time";
}

/** How long a change that was given up is not tried again. */
export const pauseMs = ({ settings }: Pick<Situation, "settings">): number => 2 * settings.readinessTimeoutMs;

/** Flink has the parallelism that the intent names. */
export function isNoted(situation: Situation): boolean {
  const { requirements = {} } = parallelismOf(situation) ?? {};
  const after = parseParallelism(situation.status.rescale?.after);
  return (
    Object.keys(requirements).length > 0 &&
    [...after].every(([id, parallelism]) => requirements[id]?.parallelism.upperBound === parallelism)
  );
}

/** Whether the poller is to ask for the parallelism, once the status is `next`. */
export function asksForParallelism(situation: Situation, next: FlinkResourceStatus): boolean {
  const recorded = ({ reconciliationStatus }: FlinkResourceStatus) =>
    reconciliationStatus?.lastReconciledSpec;
  return (
    recorded(next) === recorded(situation.status) &&
    ((notByItsSpec(situation) === undefined && mayLoseOverrides(situation)) ||
      (isRescale(situation) &&
        (lastsBeyondItsEdit(situation) ? next.rescale !== undefined : notByItsSpec(situation) === undefined)))
  );
}
