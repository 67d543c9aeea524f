import { redactTexts } from "../../api/redact.ts";
import type { AutoscalerStatus } from "../../api/v1beta1/commonStatus.ts";
import type { DecisionRecord } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkResourceStatus } from "../job/model/flinkResource.ts";
import {
  describeSnapshot,
  isSamePath,
  type KnownSnapshot,
  knownSnapshots,
} from "../job/restore/knownSnapshots.ts";
import { EMPTY_STATE, NEWEST_IN_HA_METADATA } from "../job/status/decisionRecord.ts";
import { readStatusError } from "../statusError.ts";
import { type PlannedAct, plannedActs } from "./acts.ts";
import type { Start } from "./foresee.ts";
import { type Plan, planOf, SAVEPOINT_OF_STOP } from "./plan.ts";

/** Why a resource is in its state, and what would follow. All texts are without secrets. */
export interface Explanation {
  /** "Running", "JobManagerError", …: the reason of the conditions, as judged now. */
  readonly state: string;
  readonly message: string;
  /** The chain of facts, from the cluster up to the job. */
  readonly facts: readonly string[];
  /** What the operator would do in this moment, in order. Absent: not all facts can be seen. */
  readonly next?: readonly PlannedAct[];
  /** What it waits for, as a clause. */
  readonly waitsFor?: string;
  readonly error?: string;
  /** Why the operator did what interrupted the job, newest first. */
  readonly decisions: readonly DecisionRecord[];
  /** The last decision of the autoscaler. Absent: there is none. */
  readonly autoscaler?: AutoscalerStatus;
  readonly snapshots: readonly ExplainedSnapshot[];
  /** What a restart would be restored from, or why there could be none. Absent: there is no job. */
  readonly restart?: string;
}

export interface ExplainedSnapshot {
  readonly snapshot: string;
  readonly path?: string;
  /** Whether a restart would use it, and else why not. */
  readonly chosen: boolean;
  readonly why: string;
}

/**
 * The state is that of the status as it is stored. The facts, and what follows from them, are those of now. `assumed`: the same
 * with assumed facts, if not all of them can be seen; then nothing is said of the cluster.
 */
export function explain(start: Start, assumed?: Start): Explanation {
  const { resource, facts, now, decide } = start;
  const stored = resource.status ?? {};
  const decision = decide(resource, facts, now);
  const { pending, waitsFor = pending?.waitsFor } = decision.desired;
  const ready = stored.conditions?.find(({ type }) => type === "Ready");
  const error = readStatusError(stored.error)?.message;
  const restart = resource.spec.job === undefined ? undefined : planOf(asRestarted(assumed ?? start));
  return redactTexts<Explanation>({
    state: ready?.reason ?? stored.lifecycleState ?? "NotSeen",
    message:
      ready?.message ?? (stored.lifecycleState === undefined ? "No operator has written a status." : ""),
    facts: [...(assumed === undefined ? factsOf(start, stored) : []), ...generationOf(start, stored)],
    ...(assumed === undefined ? { next: plannedActs([{ before: stored, facts, now, decision }]) } : {}),
    ...(waitsFor === undefined || assumed !== undefined ? {} : { waitsFor }),
    ...(error === undefined ? {} : { error }),
    decisions: stored.decisions ?? [],
    ...(stored.autoscaler == null ? {} : { autoscaler: stored.autoscaler }),
    // Plans name paths without secrets.
    snapshots: redactTexts(knownSnapshots(decision.observed.status, facts)).map((snapshot) =>
      explained(snapshot, redactTexts(stored.jobStatus?.upgradeSavepointPath), restart),
    ),
    ...(restart === undefined ? {} : { restart: describeRestart(restart, isSuspended(start)) }),
  });
}

const isSuspended = ({ resource }: Start): boolean => resource.spec.job?.state === "suspended";

/** The question which snapshot would be restored from is that of a restart, or of a resumption. */
const asRestarted = (start: Start): Start => {
  const { metadata, spec } = start.resource;
  return {
    ...start,
    resource: {
      ...start.resource,
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
      spec: {
        ...spec,
        restartNonce: (spec.restartNonce ?? 0) + 1,
        ...(spec.job === undefined ? {} : { job: { ...spec.job, state: "running" as const } }),
      },
    },
  };
};

function describeRestart({ restore, refused, waitsFor }: Plan, suspended: boolean): string {
  const done = suspended ? "Resumed" : "Restarted";
  if (refused !== undefined) return `${done}, it would be refused: ${refused}`;
  if (waitsFor !== undefined && restore === undefined) return `${done}, it would wait for: ${waitsFor}`;
  if (restore === undefined) return "There is no snapshot that it would be restored from.";
  return restore.from === EMPTY_STATE
    ? `${done}, it would start empty, without its state.`
    : `${done}, it would be restored from ${restore.from}.`;
}

function explained(
  snapshot: KnownSnapshot,
  startedFrom: string | undefined,
  restart: Plan | undefined,
): ExplainedSnapshot {
  const from = restart?.restore?.from;
  const chosen =
    (from === NEWEST_IN_HA_METADATA && snapshot.source === "HA metadata") || isSamePath(from, snapshot.path);
  return {
    snapshot: describeSnapshot(snapshot),
    ...(snapshot.path === undefined ? {} : { path: snapshot.path }),
    chosen,
    why: chosen ? "a restart would be restored from it" : whyNot(snapshot, startedFrom, from, restart),
  };
}

function whyNot(
  { path, unusable }: KnownSnapshot,
  startedFrom: string | undefined,
  from: string | undefined,
  restart: Plan | undefined,
): string {
  if (unusable !== undefined) return `no job can be restored from it: ${unusable}`;
  const refused = restart?.restore?.refused.find(({ snapshot }) => isSamePath(snapshot, path));
  if (refused !== undefined) return refused.why;
  if (restart === undefined) return "the resource of its job says whether it is restored from";
  if (restart.refused !== undefined) return "a restart would be refused";
  if (from === EMPTY_STATE) return "the upgrade mode is stateless: a restart gives the state up";
  if (from === undefined) return "nothing would be restored now";
  if (from === SAVEPOINT_OF_STOP) return "a restart takes a savepoint, which is newer";
  return isSamePath(startedFrom, path)
    ? "the present run was started from it"
    : "a newer one is known, or the same by another name";
}

/** From the pods up to the job. */
function factsOf({ facts, now }: Start, status: FlinkResourceStatus): string[] {
  const { jobManager, jobManagerPods, taskManagerPods, flink, session } = facts;
  const problems = [...jobManagerPods, ...taskManagerPods].flatMap(({ name, problem, unschedulable }) => [
    ...(problem === undefined
      ? []
      : [`Pod ${name}: ${problem.reason}${problem.message === "" ? "" : `, ${problem.message}`}`]),
    ...(unschedulable === undefined ? [] : [`Pod ${name}: no node takes it, ${unschedulable}`]),
  ]);
  const job = flink?.jobs?.find(({ id }) => id === status.jobStatus?.jobId);
  return [
    ...(session === undefined
      ? []
      : [`Its session cluster ${session.name} is ${session.kind === "session" ? "there" : session.kind}.`]),
    jobManager === undefined
      ? "There is no Deployment of the JobManager."
      : `The JobManager's Deployment ${jobManager.deleting ? "is being deleted" : `has ${jobManager.availableReplicas} of ${jobManager.replicas} available`}.`,
    `Pods: ${jobManagerPods.length} of the JobManager, ${taskManagerPods.length} of TaskManagers.`,
    ...problems,
    ...(jobManager === undefined ? [] : [describeAnswer(flink, now)]),
    ...(job === undefined ? [] : [`Flink calls the job ${job.state}.`]),
    ...(flink?.exceptions?.list[0] === undefined
      ? []
      : [`The job's newest exception: ${flink.exceptions.list[0].stackTrace.split("\n")[0]}`]),
  ];
}

function describeAnswer(flink: Start["facts"]["flink"], now: number): string {
  if (flink === undefined) return "Its REST API was not asked: no pod has an address.";
  if (flink.reachability === "ok") {
    const seconds = Math.round(Math.max(0, now - flink.observedAt) / 1000);
    return seconds > 5 ? `Its REST API answered ${seconds} s ago.` : "Its REST API answers.";
  }
  return `Its REST API does not answer: ${flink.lastFailure?.message ?? "no answer yet"}.`;
}

const generationOf = (
  { resource: { metadata } }: Start,
  { observedGeneration }: FlinkResourceStatus,
): string[] =>
  metadata.generation === observedGeneration
    ? []
    : [
        `The spec has generation ${metadata.generation}, and the operator has acted on ${observedGeneration ?? "none"}.`,
      ];
