import { redactSecrets } from "../../../api/redact.ts";
import type { PendingChange } from "../../../api/v1beta1/commonStatus.ts";
import { APPROVED_GENERATION_ANNOTATION } from "../../../api/v1beta1/names.ts";
import type { EventIntent } from "../model/decision.ts";
import type { FlinkResource, FlinkResourceStatus } from "../model/flinkResource.ts";
import type { PendingNotice } from "../model/pendingNotice.ts";
import type { HeldChange, Hold } from "./hold.ts";

/** Limits of the record: entries of a list, characters of a text. */
const maxEntries = 10;
const maxText = 300;
const maxShownValue = 20;

export const boundedList = (texts: readonly string[]): string[] =>
  texts.slice(0, maxEntries).map(boundedText);

export function boundedText(text: string): string {
  const masked = redactSecrets(text.slice(0, 2 * maxText));
  return masked.length <= maxText ? masked : `${masked.slice(0, maxText - 1)}…`;
}

/** The status with the change that waits, or without one. The record of a change that waits already stays. */
export function withPendingChange(
  { pendingChange: known, ...status }: FlinkResourceStatus,
  hold: Hold | undefined,
  {
    resource,
    diff,
    now,
  }: Pick<HeldChange, "resource" | "now"> & { readonly diff: HeldChange["diff"] | undefined },
): FlinkResourceStatus {
  if (hold === undefined) return known === undefined ? status : { ...status, pendingChange: undefined };
  const { generation = 0 } = resource.metadata;
  const { waitsFor } = hold;
  const isKnown = known?.generation === generation && known.waitsFor === waitsFor;
  const changes = (diff?.changes ?? []).filter(({ effect }) => effect !== "ignore");
  return {
    ...status,
    pendingChange: {
      ...(isKnown
        ? known
        : {
            generation,
            waitsFor,
            since: new Date(now).toISOString(),
            changes: boundedList(changes.map(({ path }) => `spec.${path}`)),
          }),
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
