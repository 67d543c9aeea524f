import { isDeepStrictEqual } from "node:util";
import type { FlinkFacts, JobOverview, ObservedPart, PollPlan } from "../api/flinkFacts.ts";
import type { Observation } from "./observation.ts";
import {
  type Change,
  cachedFor,
  factsAfterAnswer,
  fingerprintOf,
  hasEnded,
  jobOf,
  noFacts,
  partsOfOtherJobs,
  withoutParts,
} from "./pollFacts.ts";
import type { FollowedOperation } from "./pollOperations.ts";

/** One poll plan with its facts. Facts about the JobManager are shared by all of its plans, facts about a job are not. */
export interface PollTarget {
  readonly key: string;
  plan: PollPlan;
  facts: FlinkFacts;
  /** The fingerprint of the facts that were last reported. */
  fingerprint: string;
  /** When each observation was last requested. */
  readonly requestedAt: Map<Observation, number>;
  pollRequestedAt: number;
  /** Since when the facts have changed and no plan was set since: their change is not decided on. */
  undecidedSince: number | undefined;
  endKnownAt: number | undefined;
  /** Since when the plan asks for fresh checkpoints; undefined: it does not. */
  freshSince: number | undefined;
  /** When Flink's cache shows the exceptions of the job's last change. */
  exceptionsAt: number;
  /** What was asked for before says nothing of the parallelism any more. */
  parallelismSince: number;
  readonly refreshAt: Map<ObservedPart, number>;
  readonly operations: Map<string, FollowedOperation>;
}

/** Flink's default of metrics.fetcher.update-interval: a request returns what the previous request has collected. */
const metricsMs = 10_000;
/** When a job is first observed, its exceptions are requested if its last change is newer than this. */
const recentMs = 30 * 60_000;

/** Observations that all plans of a JobManager share. */
export const sharedObservations: ReadonlySet<Observation | "operation"> = new Set([
  "jobs",
  "config",
  "taskManagers",
]);

/** `other`: another plan of the same JobManager, whose shared facts the new one starts with. */
export function newPollTarget(
  key: string,
  plan: PollPlan,
  operations: Map<string, FollowedOperation>,
  other: PollTarget | undefined,
  now: number,
): PollTarget {
  const none = noFacts(plan.deploymentUid);
  const target: PollTarget = {
    key,
    plan,
    facts: { ...none, ...(other === undefined ? {} : sharedFacts(other.facts)) },
    fingerprint: fingerprintOf(none, plan),
    requestedAt: new Map([...(other?.requestedAt ?? [])].filter(([what]) => sharedObservations.has(what))),
    pollRequestedAt: 0,
    undecidedSince: undefined,
    endKnownAt: undefined,
    freshSince: plan.want.freshCheckpoints === true ? now : undefined,
    exceptionsAt: 0,
    parallelismSince: 0,
    refreshAt: new Map(),
    operations,
  };
  followJob(target, undefined, now);
  return target;
}

/** Replaces the plan by another one for the same JobManager. */
export function changePlan(target: PollTarget, plan: PollPlan, now: number): void {
  const stale = partsOfOtherJobs(target.facts, plan);
  const isOtherJob = plan.jobId !== target.plan.jobId;
  target.freshSince = plan.want.freshCheckpoints === true ? (target.freshSince ?? now) : undefined;
  target.plan = plan;
  target.facts = withFreshness(withoutParts(target.facts, stale), target.freshSince);
  for (const part of stale) target.requestedAt.delete(part);
  if (isOtherJob) {
    target.endKnownAt = undefined;
    followJob(target, undefined, now);
  }
  target.fingerprint = fingerprintOf(target.facts, plan);
}

/** What was known of the parallelism, and what is being asked for, is from before a request that may change it. */
export function forgetParallelism(target: PollTarget, now: number): void {
  target.parallelismSince = now;
  target.facts = withoutParts(target.facts, ["parallelism"]);
  target.requestedAt.delete("parallelism");
}

/** Records that a request is sent. */
export function markRequested(target: PollTarget, what: Observation, now: number): void {
  target.requestedAt.set(what, now);
  target.refreshAt.delete(what as ObservedPart);
  if (what === "exceptions" && target.exceptionsAt > now)
    target.refreshAt.set("exceptions", target.exceptionsAt);
}

/** Applies a response to the facts. */
export function applyAnswer(target: PollTarget, what: Observation, change: Change, now: number): void {
  const before = target.facts;
  const facts = factsAfterAnswer(before, what, change, now);
  // The plan may have changed to another job or trigger while the request was in flight.
  target.facts = withFreshness(withoutParts(facts, partsOfOtherJobs(facts, target.plan)), target.freshSince);
  if ((target.facts.parallelism?.at ?? now) < target.parallelismSince)
    target.facts = withoutParts(target.facts, ["parallelism"]);
  if (what === "jobs") followJob(target, jobOf(before, target.plan), now);
  dropStaleCheckpoints(target);
}

/** Marks what is known of checkpoints as what was asked for, or not any more. */
function withFreshness(facts: FlinkFacts, since: number | undefined): FlinkFacts {
  const { checkpoints } = facts;
  if (checkpoints === undefined) return facts;
  const isRequested = since !== undefined && (checkpoints.asOf ?? 0) >= since;
  return isRequested === (checkpoints.isRequested ?? false)
    ? facts
    : { ...facts, checkpoints: { ...checkpoints, isRequested } };
}

/** Whether the facts that decisions depend on have changed since the last call. */
export function hasChanged(target: PollTarget): boolean {
  const fingerprint = fingerprintOf(target.facts, target.plan);
  if (fingerprint === target.fingerprint) return false;
  target.fingerprint = fingerprint;
  return true;
}

/** Schedules requests for the parts that Flink caches, by the changes of the plan's job in the overview. */
function followJob(target: PollTarget, before: JobOverview | undefined, now: number): void {
  const job = jobOf(target.facts, target.plan);
  const cachedUntil = now + cachedFor(target.plan.cacheMs);
  if (before !== undefined && before.lastModification !== job?.lastModification) {
    target.refreshAt.set("taskManagers", now);
    if (target.plan.want.metrics === true) target.refreshAt.set("metrics", now + metricsMs);
  }
  if (job !== undefined && mayHaveNewExceptions(before, job, now)) {
    // Flink responds from a cache. An earlier schedule is kept, for jobs that change faster than the cache.
    target.exceptionsAt = cachedUntil;
    target.refreshAt.set("exceptions", target.refreshAt.get("exceptions") ?? cachedUntil);
  }
  target.endKnownAt = hasEnded(job) ? (target.endKnownAt ?? cachedUntil) : undefined;
}

/** Checkpoints from before Flink's cache shows the end of the job may lack the snapshot that the next launch needs. */
function dropStaleCheckpoints(target: PollTarget): void {
  const { endKnownAt, facts } = target;
  if (endKnownAt !== undefined && facts.checkpoints !== undefined && facts.checkpoints.at < endKnownAt)
    target.facts = withoutParts(facts, ["checkpoints"]);
}

/** Only the job's exceptions show a restart between two overviews. */
function mayHaveNewExceptions(before: JobOverview | undefined, job: JobOverview, now: number): boolean {
  if (before === undefined) return now - job.lastModification < recentMs;
  return (
    before.lastModification !== job.lastModification ||
    before.state !== job.state ||
    !isDeepStrictEqual(before.tasks, job.tasks)
  );
}

/** The facts that all plans of a JobManager share. */
const sharedFacts = ({
  checkpoints,
  jobResult,
  savepoint,
  exceptions,
  metrics,
  parallelism,
  partFailures,
  ...facts
}: FlinkFacts) => facts;
