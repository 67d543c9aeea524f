import type { JobParallelism } from "../../../api/flinkFacts.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Situation } from "../model/situation.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { newestState } from "../restore/restoreGuard.ts";
import { isStandalone } from "../status/status.ts";
import { hasLostOverrides, mayLoseOverrides } from "./lostOverrides.ts";
import { isComplete, parseParallelism, targetOf } from "./target.ts";

/** How long Flink may fail to tell of the parallelism before the job is upgraded instead, in milliseconds. */
const ANSWER_MS = 30_000;

/** How long a JobManager that is being restarted is waited for before the change is begun, in milliseconds. */
const RECOVERY_MS = 60_000;

/** Nothing differs from the deployed spec that needs more than another parallelism. */
export function changesOnlyParallelism({ diff }: Pick<Situation, "diff">): boolean {
  const changes = (diff?.changes ?? []).filter(({ effect }) => effect !== "ignore");
  return changes.length > 0 && changes.every(({ path }) => isParallelism(path));
}

const overridesPath = `flinkConfiguration.${flinkOptions.parallelismOverrides.key}`;

const isParallelism = (path: string): boolean =>
  path === "job.parallelism" || path === overridesPath || path.startsWith(`${overridesPath}.`);

/** The edit was taken back while the parallelism was being changed. */
const isTakenBack = ({ diff, status }: Situation): boolean =>
  diff?.type === "IGNORE" && status.rescale !== undefined;

/** The parallelism of a job that runs and goes on running is to change, or to change back. */
export const isRescale = (situation: Situation): boolean =>
  (changesOnlyParallelism(situation) ||
    isTakenBack(situation) ||
    hasLostOverrides(situation, parallelismOf(situation))) &&
  situation.status.reconciliationStatus?.state === "DEPLOYED" &&
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
  notByItsSpec(situation) ??
  notByItsJob(situation) ??
  notByItsVertices(situation) ??
  notInTime(situation, situation.status.rescale);

/** The change is carried out in place, or is begun so, by what is known. */
export const goesInPlace = (situation: Situation): boolean =>
  isRescale(situation) && whyNotInPlace(situation) === undefined;

function notByItsJob(situation: Situation): string | undefined {
  const { status, facts, now } = situation;
  const { jobManagerDeploymentStatus: jobManager, jobStatus, rescale } = status;
  // One that Kubernetes starts again goes on with the change.
  if (jobManager === "MISSING" || (jobManager === "ERROR" && rescale === undefined))
    return "the JobManager is lost";
  if (jobManager === "READY") {
    const newest = newestState(situation);
    if (newest.kind === "remembered" || newest.kind === "lost") return newest.why;
  }
  if (rescale !== undefined) return undefined;
  // A JobManager that is restarted by Kubernetes recovers its job.
  if (jobManager === "READY" && jobStatus?.state !== "RUNNING" && jobStatus?.state !== "RECONCILING")
    return "the job does not run";
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
function notInTime(situation: Situation, rescale: FlinkResourceStatus["rescale"]): string | undefined {
  if (rescale === undefined || rescale.givenUpTime !== undefined || isTakenBack(situation)) return undefined;
  const limit = rescale.after === undefined ? RECOVERY_MS : situation.settings.readinessTimeoutMs;
  if (situation.now - (rescale.startTime ?? 0) < limit) return undefined;
  if (situation.status.jobManagerDeploymentStatus !== "READY")
    return "the JobManager has not come back in time";
  return isNoted(situation) ? undefined : "it could not be begun in time";
}

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
    notByItsSpec(situation) === undefined &&
    recorded(next) === recorded(situation.status) &&
    (mayLoseOverrides(situation) ||
      (isRescale(situation) && (changesOnlyParallelism(situation) || next.rescale !== undefined)))
  );
}
