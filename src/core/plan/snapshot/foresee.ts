import { isDeepStrictEqual } from "node:util";
import type { FlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { SNAPSHOT_FINALIZER } from "../../../api/v1beta1/names.ts";
import { decide, type Input } from "../../flinkstatesnapshot/decide.ts";
import type { Action } from "../../flinkstatesnapshot/decision.ts";
import { afterSnapshotAction, type SnapshotMoment } from "./succeed.ts";

/** A FlinkStateSnapshot at one moment, and the facts that it is decided on. */
export interface SnapshotStart extends Input {
  /** Of an edit: the spec before it. */
  readonly specBefore?: FlinkStateSnapshot["spec"];
}

/** What is foreseen. */
export interface SnapshotCourse {
  readonly actions: readonly Action[];
  /** The resource and the facts at its end. */
  readonly end: Input;
}

/** More than any snapshot needs. */
const maxPasses = 20;

/**
 * Decides on the snapshot again and again, as if each action succeeded at once and each pause between two attempts went by, until
 * nothing more happens. Pure.
 */
export function foreseeSnapshot({
  resource,
  facts,
  now: from,
  progressCheckIntervalMs,
}: Input): SnapshotCourse {
  const actions: Action[] = [];
  let moment: SnapshotMoment = { resource, facts, now: from };
  for (let pass = 0; pass < maxPasses; pass++) {
    const decision = decide({ ...moment, progressCheckIntervalMs });
    const { status } = decision;
    actions.push(...decision.actions);
    const acted = decision.actions.reduce(afterSnapshotAction, moment);
    const isChanged = decision.actions.length > 0 || !isDeepStrictEqual(moment.resource.status ?? {}, status);
    const isPaused = status.state === "TRIGGER_PENDING" && (status.failures ?? 0) > 0;
    const pauseMs = isChanged ? 1 : isPaused ? decision.requeueAfterMs : undefined;
    const next = { ...acted, resource: { ...acted.resource, status }, now: moment.now + (pauseMs ?? 0) };
    moment = isRecorded(moment.resource, status.triggerId) ? withUnsent(next, status.triggerId) : next;
    if (pauseMs === undefined) break;
  }
  return { actions, end: { ...moment, progressCheckIntervalMs } };
}

const isRecorded = ({ status }: FlinkStateSnapshot, triggerId: string | undefined): boolean =>
  triggerId !== undefined && triggerId !== status?.triggerId;

/** No JobManager knows the trigger id that was only just recorded. */
const withUnsent = (moment: SnapshotMoment, unsent: string | undefined): SnapshotMoment => ({
  ...moment,
  facts: { ...moment.facts, operation: undefined, unsent },
});

/** What follows if the user deletes it at this moment. */
export function foreseeDeletion(input: Input): SnapshotCourse {
  const { metadata } = input.resource;
  const deletionTimestamp = new Date(input.now).toISOString();
  const finalizers = [SNAPSHOT_FINALIZER];
  return foreseeSnapshot({
    ...input,
    resource: { ...input.resource, metadata: { ...metadata, deletionTimestamp, finalizers } },
  });
}
