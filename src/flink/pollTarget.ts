import { isDeepStrictEqual } from "node:util";
import type { FlinkFacts, JobOverview, ObservedPart, PollPlan } from "../api/flinkFacts.ts";
import type { Observation } from "./observation.ts";
import {
  answered,
  type Change,
  essenceOf,
  foreignParts,
  hasEnded,
  jobOf,
  noFacts,
  withoutParts,
} from "./pollFacts.ts";
import type { Followed } from "./pollOperations.ts";

/** One plan, and what was learnt by it. What the whole JobManager says, each of its plans knows; what is about one job, its plan alone. */
export interface PollTarget {
  readonly key: string;
  plan: PollPlan;
  facts: FlinkFacts;
  /** What was last told of the facts. */
  essence: string;
  /** When each observation was last asked for. */
  readonly asked: Map<Observation, number>;
  pokedAt: number;
  endKnownAt: number | undefined;
  /** From when on Flink tells the exceptions of the job's last change. */
  exceptionsAt: number;
  readonly refreshAt: Map<ObservedPart, number>;
  readonly operations: Map<string, Followed>;
}

/** Flink's default of web.refresh-interval and rest.cache.checkpoint-statistics.timeout. */
const defaultCacheMs = 3_000;
const cacheMarginMs = 250;
/** Flink's default of metrics.fetcher.update-interval: a call brings what the call before it had collected. */
const metricsMs = 10_000;
/** How old a change may be whose exceptions are worth asking for when a job is seen for the first time. */
const recentMs = 30 * 60_000;

/** Asked once for all plans of a JobManager. */
export const shared: ReadonlySet<Observation | "operation"> = new Set(["jobs", "config", "taskManagers"]);

/** `other`: a plan of the same JobManager, whose knowledge of it this one begins with. */
export function newPollTarget(
  key: string,
  plan: PollPlan,
  operations: Map<string, Followed>,
  other: PollTarget | undefined,
  now: number,
): PollTarget {
  const nothing = noFacts(plan.deploymentUid);
  const member: PollTarget = {
    key,
    plan,
    facts: { ...nothing, ...(other === undefined ? {} : sharedFacts(other.facts)) },
    essence: essenceOf(nothing, plan),
    asked: new Map([...(other?.asked ?? [])].filter(([what]) => shared.has(what))),
    pokedAt: 0,
    endKnownAt: undefined,
    exceptionsAt: 0,
    refreshAt: new Map(),
    operations,
  };
  followJob(member, undefined, now);
  return member;
}

/** Another plan for the same JobManager. */
export function changePlan(member: PollTarget, plan: PollPlan, now: number): void {
  const foreign = foreignParts(member.facts, plan);
  const isOtherJob = plan.jobId !== member.plan.jobId;
  member.plan = plan;
  member.facts = withoutParts(member.facts, foreign);
  for (const part of foreign) member.asked.delete(part);
  if (isOtherJob) {
    member.endKnownAt = undefined;
    followJob(member, undefined, now);
  }
  member.essence = essenceOf(member.facts, plan);
}

/** A question is sent: what was to be asked again is. */
export function markRequested(member: PollTarget, what: Observation, now: number): void {
  member.asked.set(what, now);
  member.refreshAt.delete(what as ObservedPart);
  if (what === "exceptions" && member.exceptionsAt > now)
    member.refreshAt.set("exceptions", member.exceptionsAt);
}

/** Takes an answer in. */
export function applyAnswer(member: PollTarget, what: Observation, change: Change, now: number): void {
  const before = member.facts;
  const facts = answered(before, what, change, now);
  // The plan may have turned to another job or trigger while the call was under way.
  member.facts = withoutParts(facts, foreignParts(facts, member.plan));
  if (what === "jobs") followJob(member, jobOf(before, member.plan), now);
  forgetStaleCheckpoints(member);
}

/** Whether there is something in the facts, since this was last asked, that a decision may turn on. */
export function hasChanged(member: PollTarget): boolean {
  const essence = essenceOf(member.facts, member.plan);
  if (essence === member.essence) return false;
  member.essence = essence;
  return true;
}

/** After so long, Flink's caches know what is true now. */
export const cacheMs = (plan: PollPlan): number => (plan.cacheMs ?? defaultCacheMs) + cacheMarginMs;

/** What the overview says of the plan's job decides when the parts that Flink caches are worth asking for. */
function followJob(member: PollTarget, before: JobOverview | undefined, now: number): void {
  const job = jobOf(member.facts, member.plan);
  const cachedUntil = now + cacheMs(member.plan);
  if (before !== undefined && before.lastModification !== job?.lastModification) {
    member.refreshAt.set("taskManagers", now);
    if (member.plan.want.metrics === true) member.refreshAt.set("metrics", now + metricsMs);
  }
  if (job !== undefined && mayHaveNewExceptions(before, job, now)) {
    // Told from a cache, and asked for also where the job changes faster than the cache does.
    member.exceptionsAt = cachedUntil;
    member.refreshAt.set("exceptions", member.refreshAt.get("exceptions") ?? cachedUntil);
  }
  member.endKnownAt = hasEnded(job) ? (member.endKnownAt ?? cachedUntil) : undefined;
}

/** What was asked before Flink's cache knew the end of the job may lack the snapshot that a successor needs. */
function forgetStaleCheckpoints(member: PollTarget): void {
  const { endKnownAt, facts } = member;
  if (endKnownAt !== undefined && facts.checkpoints !== undefined && facts.checkpoints.at < endKnownAt)
    member.facts = withoutParts(facts, ["checkpoints"]);
}

/** A restart between two overviews leaves its traces in the job's exceptions, and nowhere else. */
function mayHaveNewExceptions(before: JobOverview | undefined, job: JobOverview, now: number): boolean {
  if (before === undefined) return now - job.lastModification < recentMs;
  return (
    before.lastModification !== job.lastModification ||
    before.state !== job.state ||
    !isDeepStrictEqual(before.tasks, job.tasks)
  );
}

/** What another plan knows of the same JobManager. */
const sharedFacts = ({
  checkpoints,
  jobResult,
  savepoint,
  exceptions,
  metrics,
  partFailures,
  ...facts
}: FlinkFacts) => facts;
