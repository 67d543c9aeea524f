import type { Action, Decision } from "../job/model/decision.ts";
import type { Facts } from "../job/model/facts.ts";
import type { FlinkResource, FlinkResourceStatus } from "../job/model/flinkResource.ts";
import type { ResourceKind } from "../job/model/resourceKind.ts";
import { withAssumedParallelism } from "./assumedParallelism.ts";
import { afterHandOver, afterSessionJobsLeft, asOf, factsAfter } from "./succeed.ts";

/** A decision of the kind of the resource, with its configuration. */
export type Decide = (
  resource: FlinkResource,
  facts: Facts,
  now: number,
  /** A change that would wait for approval or a disruption window acts at once. */
  disruptionAllowed?: true,
) => Decision;

/** A resource at one moment, and how it is decided on. */
export interface Start {
  readonly kind: ResourceKind;
  readonly resource: FlinkResource;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly decide: Decide;
  /** The resource with what the autoscaler has decided in its spec. Absent: the job is not autoscaled. */
  effective?(resource: FlinkResource): FlinkResource;
  /** The facts are assumed (assumedFacts.ts). */
  readonly assumed?: true;
  /** The deployed cluster has Kubernetes high availability. Needed only where the facts are assumed. */
  readonly highAvailability?: boolean;
  /** Of an edit: the spec before it. */
  readonly specBefore?: FlinkResource["spec"];
}

/** One decision of the plan. */
export interface Pass {
  readonly before: FlinkResourceStatus;
  /** The facts that it was decided on. */
  readonly facts: Facts;
  readonly now: number;
  readonly decision: Decision;
}

/** More than any change needs. */
const maxPasses = 60;
/** A pause of the operator that ends by itself in time, in milliseconds. */
const SHORT_PAUSE_MS = 5_000;
/** So many pauses in which nothing happens are no progress. */
const maxPauses = 3;

/** What happens from a start on, and the state at its end. */
export interface Course {
  readonly passes: readonly Pass[];
  readonly end: Start;
}

/**
 * Decides on the resource again and again, as if each action succeeded at once, until nothing more happens
 * (docs/adr/0027). `disruptionAllowed`: also a change that waits. Pure.
 */
export function foresee(start: Start, disruptionAllowed?: true): Course {
  const { kind, decide } = start;
  const passes: Pass[] = [];
  let { resource, now } = start;
  let facts = asOf(start.facts, now);
  for (let pauses = 0; passes.length < maxPasses; ) {
    const decision = decide(resource, facts, now, disruptionAllowed);
    const before = resource.status ?? {};
    passes.push({ before, facts, now, decision });
    resource = afterDecision(kind, resource, decision);
    const moment = { resource, now };
    const acts = actionsOf(decision);
    const acted = acts.reduce((known, action) => factsAfter(known, action, moment), facts);
    const told = withAssumedParallelism(withUnsentTriggers(acted, before, decision), resource, decision);
    const next = afterHandOver(afterSessionJobsLeft(told, decision.status), before, moment);
    const changed = acts.length > 0 || !isSame(before, decision.status) || !isSame(facts, next);
    const pause = changed ? 1 : shortPause(decision);
    pauses += changed ? 0 : 1;
    if (pause === undefined || pauses > maxPauses) break;
    now += pause;
    facts = asOf(next, now);
  }
  return { passes, end: { ...start, resource, facts, now } };
}

/** A JobManager is not asked for a trigger that is only recorded: it is sent in the next pass. */
function withUnsentTriggers(facts: Facts, before: FlinkResourceStatus, { status, actions }: Decision): Facts {
  const sent = actions.flatMap((action) => ("triggerId" in action ? [action.triggerId] : []));
  const known = new Set([...triggerIdsOf(before), ...sent]);
  const recorded = triggerIdsOf(status).filter((id) => !known.has(id));
  const { unsent = new Set<string>(), cancelled } = facts.requests ?? {};
  const next = [...unsent, ...recorded].filter((id) => !sent.includes(id));
  return next.length === unsent.size && recorded.length === 0
    ? facts
    : { ...facts, requests: { unsent: new Set(next), cancelled } };
}

const triggerIdsOf = ({ jobStatus, rescale }: FlinkResourceStatus): readonly string[] =>
  [jobStatus?.savepointInfo?.triggerId, jobStatus?.checkpointInfo?.triggerId, rescale?.triggerId].filter(
    (id) => id !== undefined,
  );

/** Undefined: nothing more happens by itself. */
function shortPause({ requeueAfterMs }: Decision): number | undefined {
  return requeueAfterMs !== undefined && requeueAfterMs <= SHORT_PAUSE_MS
    ? Math.max(1, requeueAfterMs)
    : undefined;
}

export const actionsOf = ({ actions, independent }: Decision): readonly Action[] => [
  ...actions,
  ...independent.actions,
];

/** The resource as the operator writes it. */
function afterDecision(
  kind: ResourceKind,
  resource: FlinkResource,
  { status, actions }: Decision,
): FlinkResource {
  const { metadata } = resource;
  if (!actions.some(({ kind: act }) => act === "add-finalizer")) return { ...resource, status };
  const finalizers = [
    ...(metadata.finalizers ?? []).filter((each) => each !== kind.finalizer),
    kind.finalizer,
  ];
  const labels = { ...metadata.labels, ...kind.labelsOf(resource) };
  return { ...resource, status, metadata: { ...metadata, finalizers, labels } };
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
