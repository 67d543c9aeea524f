import type { PendingChange } from "../../../api/v1beta1/commonStatus.ts";
import { APPROVED_GENERATION_ANNOTATION } from "../../../api/v1beta1/names.ts";
import type { EventIntent } from "../model/decision.ts";
import type { FlinkResource, FlinkResourceStatus } from "../model/flinkResource.ts";
import type { PendingNotice } from "../model/pendingNotice.ts";
import { isBeingStopped } from "../status/beingStopped.ts";
import { changedFields } from "./changedFields.ts";
import type { HeldChange, Hold } from "./hold.ts";

/** Characters of a value of a user that a message repeats. */
const maxShownValue = 20;

/** The status without a change that waits. */
export const withoutPendingChange = ({
  pendingChange,
  ...status
}: FlinkResourceStatus): FlinkResourceStatus =>
  pendingChange === undefined ? status : { ...status, pendingChange: undefined };

/** The status with the change that waits. The record of one that waits already stays; its plan, while the same fields differ. */
export function withPendingChange(
  { pendingChange: known, ...status }: FlinkResourceStatus,
  hold: Hold,
  { resource, diff, now }: Pick<HeldChange, "resource" | "now" | "diff">,
): FlinkResourceStatus {
  const { generation = 0 } = resource.metadata;
  const { waitsFor } = hold;
  const changes = changedFields(diff);
  const isKnown = known?.generation === generation && known.waitsFor === waitsFor;
  const isSame = isKnown && JSON.stringify(known.changes) === JSON.stringify(changes);
  const since = isKnown ? known.since : new Date(now).toISOString();
  return {
    ...status,
    pendingChange: {
      ...(isSame ? known : { generation, waitsFor, since, changes }),
      ...(hold.until === undefined ? {} : { until: new Date(hold.until).toISOString() }),
    },
  };
}

export function noticeOf({ metadata }: FlinkResource, pending: PendingChange): PendingNotice {
  const { generation, waitsFor, until } = pending;
  if (waitsFor === "Approval") {
    const approved = metadata.annotations?.[APPROVED_GENERATION_ANNOTATION];
    const approval =
      `approval of generation ${generation} (kubectl flink approve ${metadata.name}, ` +
      `or the annotation ${APPROVED_GENERATION_ANNOTATION}: "${generation}"` +
      `${approved === undefined ? "" : `, which is now ${JSON.stringify(approved.slice(0, maxShownValue))}`})`;
    return {
      reason: "WaitingForApproval",
      waitsFor: approval,
      message: `The edit would stop or restart what runs, and waits for ${approval}.`,
    };
  }
  if (waitsFor === "Wave") {
    const place =
      "its turn: the option kubernetes.operator.disruption.max-unavailable limits how many resources of the namespace are " +
      "disrupted at once";
    return {
      reason: "WaitingForWave",
      waitsFor: place,
      message: `A change that is no edit of this resource would stop or restart what runs, and waits for ${place}.`,
    };
  }
  const window =
    until === undefined
      ? "a disruption window, and none opens again"
      : `the next disruption window, which opens at ${until}`;
  return {
    reason: "WaitingForDisruptionWindow",
    waitsFor: window,
    message: `A change that is no edit of this resource would stop or restart what runs, and waits for ${window}.`,
  };
}

/** One event for each change that begins to wait. */
export function pendingEvents(
  resource: FlinkResource,
  { pendingChange: before }: FlinkResourceStatus,
  { pendingChange: pending }: FlinkResourceStatus,
): EventIntent[] {
  if (pending === undefined) return [];
  if (before?.generation === pending.generation && before?.waitsFor === pending.waitsFor) return [];
  const { reason, message } = noticeOf(resource, pending);
  const key = `${reason} ${pending.generation} ${pending.until ?? ""}`.trim();
  return [{ type: "Normal", reason, component: "Operator", message, key, once: true }];
}

/**
 * The decision of a change that may act. The record of a change that waited is removed by the write of the intent: until then,
 * it tells that the change was asked for. That an edit was refused once is forgotten when it is recorded as deployed, because
 * a stop that fails is begun again.
 */
export function withoutBegunChange(
  next: FlinkResourceStatus,
  observed: FlinkResourceStatus,
): FlinkResourceStatus {
  const isRecorded =
    next.reconciliationStatus?.lastReconciledSpec !== observed.reconciliationStatus?.lastReconciledSpec;
  const isBegun = isRecorded || next.replacement !== undefined || isBeingStopped(next);
  const status = isBegun ? withoutPendingChange(next) : next;
  return isRecorded && status.refusedGeneration !== undefined
    ? { ...status, refusedGeneration: undefined }
    : status;
}
