import {
  type CheckpointStatistics,
  type FlinkFacts,
  isAtWork,
  type JobMetrics,
  type JobOverview,
  type JobState,
  type ObservedPart,
  type PollPlan,
  type RestFailure,
} from "../api/flinkFacts.ts";
import { type FlinkRest, FlinkRestError } from "./api.ts";
import type { Observation } from "./observation.ts";

/** How responses and failures change the facts, and which changes are reported. */

export const noFacts = (deploymentUid: string): FlinkFacts => ({
  deploymentUid,
  observedAt: 0,
  reachability: "never",
  consecutiveFailures: 0,
});

/** The change of the facts by a response. */
export type Change = (facts: FlinkFacts) => FlinkFacts;

/** How many exceptions of a job are kept, newest first. */
const maxExceptions = 10;

/**
 * Requests one observation of a plan. `hasResourceManager`: whether the JobManager is known to have its ResourceManager,
 * which alone knows the TaskManagers. `before`: when the same was last requested.
 */
export async function requestPart(
  rest: FlinkRest,
  { endpoint, jobId = "", want, cacheMs }: PollPlan,
  what: Observation,
  at: number,
  hasResourceManager: boolean,
  before?: number,
): Promise<Change> {
  const isOfPlan = ({ id }: JobOverview): boolean => id === jobId;
  switch (what) {
    case "jobs": {
      const jobs = await rest.jobs(endpoint);
      const isCancelled =
        want.application === true && jobs.some((job) => isOfPlan(job) && job.state === "CANCELED");
      const application = isCancelled
        ? await rest.failedApplication(endpoint).catch(undefinedIfAnswered)
        : undefined;
      if (application === undefined) return (facts) => ({ ...facts, jobs, jobsAt: at });
      // The main method failed after it had started the job, which Flink then cancelled.
      const { failure } = application;
      const state: JobState = failure === undefined ? "CANCELLING" : "FAILED";
      const failed = jobs.map((job) => (isOfPlan(job) ? { ...job, state } : job));
      return (facts) => ({
        ...facts,
        jobs: failed,
        jobsAt: at,
        ...(failure && { jobResult: { jobId, at, result: { status: "FAILED", failure } } }),
      });
    }
    case "config": {
      const config = await rest.config(endpoint);
      return (facts) => ({ ...facts, config });
    }
    case "taskManagers": {
      if (!hasResourceManager) await rest.overview(endpoint);
      const list = await rest.taskManagers(endpoint);
      return (facts) => ({ ...facts, taskManagers: { at, list } });
    }
    case "checkpoints": {
      const statistics = await rest.checkpoints(endpoint, jobId);
      return (facts) => {
        const asOf = Math.max(facts.checkpoints?.asOf ?? 0, notOlderThan(at, before, cacheMs));
        return { ...facts, checkpoints: { jobId, at, asOf, statistics } };
      };
    }
    case "jobResult": {
      const result = await rest.jobResult(endpoint, jobId);
      return (facts) => ({ ...facts, jobResult: { jobId, at, result } });
    }
    case "exceptions": {
      const list = await rest.exceptions(endpoint, jobId, maxExceptions);
      return (facts) => ({ ...facts, exceptions: { jobId, at, list } });
    }
    case "metrics": {
      const counted = await rest.metrics(endpoint, jobId);
      return (facts) => ({ ...facts, metrics: withCounted(facts.metrics, jobId, at, counted) });
    }
    case "parallelism": {
      const requirements = await rest.resourceRequirements(endpoint, jobId);
      const vertices = requirements === undefined ? [] : await rest.vertices(endpoint, jobId);
      return (facts) => ({ ...facts, parallelism: { jobId, at, requirements, vertices } });
    }
    case "savepoint": {
      const { jobId: ofJob, triggerId } = want.savepoint ?? { jobId: "", triggerId: "" };
      const status = await rest.savepointStatus(endpoint, ofJob, triggerId);
      return (facts) => ({ ...facts, savepoint: { jobId: ofJob, triggerId, at, status } });
    }
  }
}

/** An error of this one request does not make the JobManager unreachable. */
function undefinedIfAnswered(error: unknown): undefined {
  if (!(error instanceof FlinkRestError) || error.kind !== "answered") throw error;
}

/** Flink's default of web.refresh-interval and rest.cache.checkpoint-statistics.timeout. */
const defaultCacheMs = 3_000;
const cacheMarginMs = 250;

/** After so many milliseconds, what Flink answered has left its cache. */
export const cachedFor = (cacheMs: number | undefined): number => (cacheMs ?? defaultCacheMs) + cacheMarginMs;

/**
 * The time that an answer is not older than. Flink keeps each for a while, whoever asked: what this process did not ask
 * for lately is not in the cache, unless somebody else asks too. The first answer may be what a predecessor asked for.
 */
const notOlderThan = (at: number, before: number | undefined, cacheMs: number | undefined): number =>
  before !== undefined && at - before >= cachedFor(cacheMs) ? at : at - cachedFor(cacheMs);

function withCounted(
  known: FlinkFacts["metrics"],
  jobId: string,
  at: number,
  counted: JobMetrics,
): FlinkFacts["metrics"] {
  const last = known?.jobId === jobId ? known : undefined;
  if (last !== undefined && counted.restarts === undefined && counted.completedCheckpoints === undefined)
    return last;
  const restarts = counted.restarts ?? last?.restarts;
  const completedCheckpoints = counted.completedCheckpoints ?? last?.completedCheckpoints;
  const before =
    last?.restarts === undefined || last.restarts === restarts
      ? last?.before
      : { at: last.at, restarts: last.restarts };
  return { jobId, at, restarts, completedCheckpoints, before };
}

/** The facts after a response. */
export function factsAfterAnswer(
  facts: FlinkFacts,
  what: Observation,
  change: Change,
  now: number,
): FlinkFacts {
  const next = { ...change(facts), observedAt: now };
  if (what !== "jobs") {
    return { ...next, partFailures: without(facts.partFailures, what) };
  }
  return {
    ...next,
    reachability: "ok",
    answeringSince: facts.answeringSince ?? now,
    consecutiveFailures: 0,
    lastFailure: undefined,
    failingSince: undefined,
  };
}

/** The facts after a failure. Only a failure of the overview makes the cluster unreachable: a part can fail alone. */
export function factsAfterFailure(facts: FlinkFacts, what: Observation, failure: RestFailure): FlinkFacts {
  if (what !== "jobs") {
    const since = facts.partFailures?.[what]?.since ?? failure.at;
    return { ...facts, partFailures: { ...facts.partFailures, [what]: { ...failure, since } } };
  }
  return {
    ...facts,
    reachability: facts.reachability === "never" ? "never" : "failing",
    lastFailure: failure,
    failingSince: facts.failingSince ?? failure.at,
    answeringSince: undefined,
    consecutiveFailures: facts.consecutiveFailures + 1,
  };
}

function without(
  failures: FlinkFacts["partFailures"],
  what: ObservedPart,
): FlinkFacts["partFailures"] | undefined {
  if (failures?.[what] === undefined) {
    return failures;
  }
  const { [what]: _, ...others } = failures;
  return Object.keys(others).length === 0 ? undefined : others;
}

/** The parts of `facts` that belong to a job or trigger other than the plan's. */
export function partsOfOtherJobs(facts: FlinkFacts, plan: PollPlan): ObservedPart[] {
  const stale = (["checkpoints", "jobResult", "exceptions", "metrics", "parallelism"] as const).filter(
    (part) => facts[part] !== undefined && facts[part].jobId !== plan.jobId,
  ) as ObservedPart[];
  const { savepoint, parallelism } = plan.want;
  // Asked for once more when it is wanted again.
  if (facts.parallelism !== undefined && parallelism !== true && !stale.includes("parallelism"))
    stale.push("parallelism");
  if (
    facts.savepoint !== undefined &&
    (facts.savepoint.jobId !== savepoint?.jobId || facts.savepoint.triggerId !== savepoint.triggerId)
  ) {
    stale.push("savepoint");
  }
  return stale;
}

/** The job of the plan in the overview. */
export const jobOf = (facts: FlinkFacts, { jobId }: PollPlan): JobOverview | undefined =>
  jobId === undefined ? undefined : facts.jobs?.find((job) => job.id === jobId);

export const hasEnded = (job: JobOverview | undefined): boolean =>
  job?.state === "FINISHED" || job?.state === "CANCELED" || job?.state === "FAILED";

export function withoutParts(facts: FlinkFacts, parts: readonly ObservedPart[]): FlinkFacts {
  let next = facts;
  for (const part of parts) {
    next = { ...next, [part]: undefined, partFailures: without(next.partFailures, part) };
  }
  return next;
}

/**
 * All facts that a decision can depend on, as one comparable text. Observation times, counters and sizes are left out:
 * they change with every poll of a settled job, and would enqueue it each time.
 */
export function fingerprintOf(facts: FlinkFacts, { onlyJob, jobId, want }: PollPlan): string {
  const { savepoint, jobResult, exceptions, taskManagers, checkpoints, metrics } = facts;
  return JSON.stringify([
    facts.reachability,
    facts.lastFailure && [facts.lastFailure.kind, facts.lastFailure.status],
    facts.config,
    facts.jobs
      ?.filter(({ id }) => onlyJob !== true || id === jobId)
      .map((job) => [job.id, job.state, job.name, job.startTime, isAtWork(job)]),
    savepoint && [savepoint.triggerId, savepoint.status.state],
    jobResult && [jobResult.jobId, jobResult.result?.status],
    checkpoints && [
      checkpoints.jobId,
      newestSnapshot(checkpoints.statistics),
      checkpoints.statistics?.stopping,
      checkpoints.statistics?.savepointSince,
    ],
    want.freshCheckpoints && checkpoints?.asOf,
    metrics && [metrics.jobId, metrics.restarts],
    want.parallelism && facts.parallelism && [facts.parallelism.requirements, facts.parallelism.vertices],
    want.parallelism && facts.jobs?.find(({ id }) => id === jobId)?.tasks,
    exceptions && [exceptions.jobId, exceptions.list.length, exceptions.list[0]?.timestamp],
    taskManagers && [taskManagers.list.length, taskManagers.list.reduce((sum, each) => sum + each.slots, 0)],
    facts.partFailures &&
      Object.entries(facts.partFailures).map(([part, { kind, status }]) => [part, kind, status]),
  ]);
}

/** The id of the newest snapshot. null: there is none. "off": the job has no checkpointing. */
function newestSnapshot(statistics: CheckpointStatistics | undefined): number | string | null {
  if (statistics === undefined) {
    return "off";
  }
  const { latestCompleted, latestSavepoint, latestRestored } = statistics;
  const ids = [latestCompleted, latestSavepoint, latestRestored].flatMap((each) => each?.id ?? []);
  return ids.length === 0 ? null : Math.max(...ids);
}
