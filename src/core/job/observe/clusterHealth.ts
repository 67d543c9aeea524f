import type { CheckpointStatistics, FlinkFacts } from "../../../api/flinkFacts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** What makes a job count as unhealthy (kubernetes.operator.cluster.health-check.*). */
export interface HealthLimits {
  /** The maximum number of restarts in one window. */
  readonly restarts: number;
  readonly restartsWindowMs: number;
  /** The maximum time without a completed checkpoint; undefined: checkpoints are not checked. */
  readonly progressWindowMs: number | undefined;
}

/** The Java operator's format in `status.clusterInfo`. Times are in milliseconds since the epoch. */
interface HealthInfo {
  readonly timeStamp: number;
  readonly numRestarts: number;
  readonly numRestartsEvaluationTimeStamp: number;
  readonly numCompletedCheckpoints: number;
  readonly numCompletedCheckpointsIncreasedTimeStamp: number;
  readonly healthResult: { readonly healthy: boolean; readonly error: string | null };
}

const KEY = "ClusterHealthInfo";

/**
 * The status with the health of its job, derived from Flink's counters (REFERENCE 1.13).
 *
 * The Java operator writes its counters in each reconcile. This operator writes them only when the evaluation would
 * otherwise change: the first time, when a count is reset or rises, when the result changes. In between the written
 * values stay valid: there was no restart since, and Flink itself reports when the last checkpoint completed. So
 * after a hand-over the baseline is at worst old. Both operators scale the restarts since the baseline to the window,
 * and then move the baseline.
 */
export function withHealth(
  status: FlinkResourceStatus,
  flink: FlinkFacts,
  limits: HealthLimits,
): FlinkResourceStatus {
  const { metrics } = flink;
  if (metrics?.restarts === undefined || metrics.jobId !== status.jobStatus?.jobId) return status;
  const { at, restarts, before, completedCheckpoints = 0 } = metrics;
  const known = readHealth(status);
  if (known === undefined) {
    return written(status, {
      timeStamp: at,
      numRestarts: restarts,
      numRestartsEvaluationTimeStamp: at,
      numCompletedCheckpoints: completedCheckpoints,
      numCompletedCheckpointsIncreasedTimeStamp: at,
      healthResult: healthy,
    });
  }
  const restarted = evaluateRestarts(known, { at, restarts, before }, limits);
  const checkpoints = flink.checkpoints?.jobId === metrics.jobId ? flink.checkpoints : undefined;
  const startedAt = flink.jobs?.find(({ id }) => id === metrics.jobId)?.startTime ?? 0;
  const progress = evaluateProgress(known, { at, completedCheckpoints, checkpoints, startedAt }, limits);
  const error = [restarted.error, progress.error].filter((text) => text !== undefined).join("; ");
  const next: HealthInfo = {
    ...known,
    ...restarted.baseline,
    healthResult: error === "" ? healthy : { healthy: false, error },
  };
  const same = JSON.stringify(next) === JSON.stringify(known) && !progress.reset;
  return same ? status : written(status, { ...next, timeStamp: at, ...progress.counted });
}

/** Why the job is unhealthy; undefined if it is healthy or unknown. */
export const unhealthyBecause = (status: FlinkResourceStatus): string | undefined =>
  readHealth(status)?.healthResult.error ?? undefined;

const healthy = { healthy: true, error: null };

function evaluateRestarts(
  known: HealthInfo,
  { at, restarts, before }: Pick<NonNullable<FlinkFacts["metrics"]>, "at" | "before"> & { restarts: number },
  { restarts: maxRestarts, restartsWindowMs }: HealthLimits,
) {
  const counted = { numRestarts: restarts, numRestartsEvaluationTimeStamp: at };
  const more = restarts - known.numRestarts;
  // A new JobManager counts from zero.
  if (more < 0) return { baseline: counted };
  if (more === 0) return { baseline: {} };
  // The time up to which the count is known to equal the baseline.
  const sameUntil = before?.restarts === known.numRestarts ? before.at : 0;
  const since = Math.max(known.numRestartsEvaluationTimeStamp, sameUntil);
  const inWindow = Math.trunc(more * Math.min(1, restartsWindowMs / Math.max(1, at - since)));
  return {
    baseline: since < at - restartsWindowMs ? counted : { numRestartsEvaluationTimeStamp: since },
    error:
      inWindow > maxRestarts
        ? `The job restarted more than ${maxRestarts} times within ${restartsWindowMs / 1000} s`
        : undefined,
  };
}

function evaluateProgress(
  known: HealthInfo,
  reported: {
    at: number;
    completedCheckpoints: number;
    checkpoints: FlinkFacts["checkpoints"];
    startedAt: number;
  },
  { progressWindowMs }: HealthLimits,
) {
  const { at, completedCheckpoints, checkpoints, startedAt } = reported;
  const reset = completedCheckpoints < known.numCompletedCheckpoints;
  // A restarted JobManager does not know earlier checkpoints, and has had no time for a new one.
  const increasedAt = reset
    ? at
    : Math.max(
        known.numCompletedCheckpointsIncreasedTimeStamp,
        lastCompletion(checkpoints?.statistics),
        startedAt,
      );
  const counted = {
    numCompletedCheckpoints: completedCheckpoints,
    numCompletedCheckpointsIncreasedTimeStamp: increasedAt,
  };
  // Evaluated at the time of the answer: checkpoints that complete later are not missed.
  const stuck = progressWindowMs !== undefined && (checkpoints?.at ?? 0) - increasedAt > progressWindowMs;
  return {
    reset,
    counted,
    error: stuck ? `No checkpoint of the job has completed for ${progressWindowMs / 1000} s` : undefined,
  };
}

const lastCompletion = (statistics: CheckpointStatistics | undefined): number =>
  Math.max(statistics?.latestCompleted?.completedAt ?? 0, statistics?.latestSavepoint?.completedAt ?? 0);

const written = (status: FlinkResourceStatus, info: HealthInfo): FlinkResourceStatus => ({
  ...status,
  clusterInfo: { ...status.clusterInfo, [KEY]: JSON.stringify(info) },
});

function readHealth({ clusterInfo }: FlinkResourceStatus): HealthInfo | undefined {
  try {
    const info = JSON.parse(clusterInfo?.[KEY] ?? "{}") as Partial<HealthInfo>;
    const { timeStamp = 0, numRestarts, numRestartsEvaluationTimeStamp } = info;
    if (numRestarts === undefined || numRestartsEvaluationTimeStamp === undefined) return undefined;
    return {
      timeStamp,
      numRestarts,
      numRestartsEvaluationTimeStamp,
      numCompletedCheckpoints: info.numCompletedCheckpoints ?? 0,
      numCompletedCheckpointsIncreasedTimeStamp: info.numCompletedCheckpointsIncreasedTimeStamp ?? timeStamp,
      healthResult: info.healthResult ?? healthy,
    };
  } catch {
    // Written by neither operator: start from zero.
    return undefined;
  }
}
