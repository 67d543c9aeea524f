import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { redactSecrets } from "../../../api/redact.ts";
import type { DecisionRecord } from "../../../api/v1beta1/commonStatus.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import type { TimelineEntry } from "../../contract.ts";

/** The most entries, the newest. */
const maxEntries = 200;

interface KubeEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
}

export interface TimelineParts {
  readonly decisions: readonly DecisionRecord[];
  readonly events: readonly KubeObject[];
  readonly snapshots: readonly KubeObject[];
}

/** What happened, newest first. Texts are without secrets. */
export const timelineOf = ({ decisions, events, snapshots }: TimelineParts): TimelineEntry[] =>
  [...decisions.map(ofDecision), ...events.map(ofEvent), ...snapshots.flatMap(ofSnapshot)]
    .filter(({ at }) => at !== "")
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .slice(0, maxEntries)
    .map((entry) => ({ ...entry, message: redactSecrets(entry.message) }));

const kindsOfActs: Partial<Record<NonNullable<DecisionRecord["act"]>, TimelineEntry["kind"]>> = {
  Upgrade: "upgrade",
  Redeploy: "upgrade",
  Rollback: "upgrade",
  Restart: "restart",
  Recover: "restart",
  Rescale: "rescale",
};

function ofDecision({ time = "", act, reason = "", stoppedAt, runningAt }: DecisionRecord): TimelineEntry {
  const downtimeMs = Date.parse(runningAt ?? "") - Date.parse(stoppedAt ?? "");
  return {
    at: time,
    kind: (act && kindsOfActs[act]) ?? "decision",
    reason: act ?? "",
    message: reason,
    warning: act === "Recover" || act === "Rollback",
    ...(downtimeMs >= 0 ? { downtimeMs } : {}),
  };
}

function ofEvent(event: KubeObject): TimelineEntry {
  const { type, reason = "", message = "", lastTimestamp, eventTime, metadata } = event as KubeEvent;
  return {
    at: lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "",
    kind: "event",
    reason,
    message,
    warning: type === "Warning",
  };
}

function ofSnapshot(object: KubeObject): TimelineEntry[] {
  const { metadata, spec, status } = asFlinkStateSnapshot(object);
  const what = spec.savepoint === undefined ? "checkpoint" : "savepoint";
  const at = status?.resultTimestamp ?? status?.triggerTimestamp ?? metadata.creationTimestamp ?? "";
  const failed = status?.state === "FAILED" || status?.state === "ABANDONED";
  return [
    {
      at,
      kind: "snapshot",
      reason: status?.state ?? "requested",
      message: `${resourceTypes.flinkStateSnapshot.kind} ${metadata.name}, a ${what}${status?.path ? `: ${status.path}` : status?.error ? `: ${status.error}` : ""}`,
      warning: failed,
    },
  ];
}
