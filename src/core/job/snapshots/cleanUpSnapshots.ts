import { headlineOf } from "../../../api/stackTrace.ts";
import type { Savepoint } from "../../../api/v1beta1/flinkdeployment.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";
import { needOf } from "../../flinkstatesnapshot/reachability.ts";
import type { EventIntent } from "../model/decision.ts";
import type { SnapshotFacts } from "../model/facts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { isSamePath } from "../restore/knownSnapshots.ts";
import { withTriggerInfo } from "./requestedSnapshots.ts";
import { boundedHistory } from "./savepointHistory.ts";

/**
 * Deletes the operator's own snapshots that are too old or too many, except those that something may still restore
 * from.
 */
export const cleanUpSnapshots: Step = (situation) => {
  const { settings, diff, status } = situation;
  if (!settings.savepointCleanup || diff?.type !== "IGNORE") return undefined;
  if (status.reconciliationStatus?.state !== "DEPLOYED") return undefined;
  return cleanUpResources(situation) ?? cleanUpHistory(situation);
};

function cleanUpResources(situation: Situation): Outcome | undefined {
  const expendable = snapshotsToDelete(situation);
  if (expendable.length === 0) return undefined;
  if (situation.settings.cleanupDryRun) return { events: expendable.map(wouldBeDeleted), othersMayAct: true };
  return { actions: expendable.map(({ name, uid }) => ({ kind: "delete-snapshot", name, uid })) };
}

/** The snapshots beyond the limits, oldest first. Unfinished ones do not count. */
export function snapshotsToDelete(situation: Situation): SnapshotFacts[] {
  const { settings, facts, now } = situation;
  const { maxCount, maxAgeMs } = settings.savepointHistory;
  const ours = facts.snapshots
    .filter(
      ({ triggerType, deleting }) => (triggerType === "PERIODIC" || triggerType === "UPGRADE") && !deleting,
    )
    .filter(({ state }) => state === "COMPLETED" || state === "FAILED" || state === "ABANDONED")
    .sort((a, b) => a.createdAt - b.createdAt || a.name.localeCompare(b.name));
  const beyond = (kind: SnapshotFacts["kind"], count: number, ageMs: number): SnapshotFacts[] => {
    const all = ours.filter((snapshot) => snapshot.kind === kind);
    const newest = all.findLast(({ state }) => state === "COMPLETED") ?? all.at(-1);
    return all.filter(
      (snapshot, index) =>
        snapshot !== newest && (index < all.length - Math.max(1, count) || now - snapshot.createdAt > ageMs),
    );
  };
  return [
    ...beyond("savepoint", maxCount, maxAgeMs),
    ...beyond("checkpoint", settings.checkpointsRetained, Number.POSITIVE_INFINITY),
  ].filter(({ path }) => !isNeeded(situation, path));
}

/** Used by this resource or another one. A FlinkStateSnapshot that disposes of used data would only block. */
const isNeeded = (situation: Situation, path: string): boolean =>
  path !== "" && (situation.facts.isNamedElsewhere?.(path) === true || needs(situation, path));

const needs = ({ kind, resource, status, facts }: Situation, path: string): boolean =>
  needOf(path, {
    kind: kind.name,
    namespace: resource.metadata.namespace ?? "",
    name: resource.metadata.name,
    spec: resource.spec,
    status,
    facts,
  }) !== undefined;

const wouldBeDeleted = ({ name, path }: SnapshotFacts): EventIntent => ({
  type: "Normal",
  reason: "CleanupDryRun",
  component: "Operator",
  message: `Without ${operatorOptions.cleanupDryRun.key}, the FlinkStateSnapshot ${name} would be deleted now (${path})`,
  key: `CleanupDryRun ${name}`,
  once: true,
});

/** The time until a failed disposal is retried. */
const RETRY_MS = 60_000;

/**
 * The same for savepoints that only the status names. Each stays in the status until its data is deleted
 * (FLINK-39439).
 */
function cleanUpHistory(situation: Situation): Outcome | undefined {
  const { settings, facts, status, now } = situation;
  const oldest = surplusEntry(situation);
  const path = oldest?.location;
  if (oldest === undefined) return undefined;
  if (path === undefined) return { status: without(situation, oldest), requeueAfterMs: 0 };
  if (settings.cleanupDryRun) return { events: [wouldBeDisposed(path)], othersMayAct: true };
  const { operation, answer } = facts.operations?.disposal ?? {};
  const isRequested = operation?.kind === "disposal" && isSamePath(operation.path, path);
  const follow = { disposal: operation };
  if (isRequested && answer?.status.state === "completed")
    return { status: without(situation, oldest), requeueAfterMs: 0 };
  if (isRequested && answer?.status.state === "failed") {
    const { stackTrace } = answer.status.failure;
    if (/FileNotFoundException|does not exist/.test(stackTrace))
      return { status: without(situation, oldest), requeueAfterMs: 0 };
    if (now - answer.at < RETRY_MS)
      return { events: [notDisposed(path, headlineOf(stackTrace))], follow, othersMayAct: true };
  }
  const isUnderWay = isRequested && (answer === undefined || answer.status.state === "in-progress");
  if (isUnderWay) return { follow, othersMayAct: true };
  if (status.jobManagerDeploymentStatus !== "READY" || facts.flink?.reachability !== "ok") return undefined;
  return { actions: [{ kind: "dispose-savepoint", path }], othersMayAct: true };
}

/** The oldest entry beyond the limits. Resources count too. */
function surplusEntry(situation: Situation): Savepoint | undefined {
  const { status, facts, settings, now } = situation;
  const history = status.jobStatus?.savepointInfo?.savepointHistory ?? [];
  const { maxCount, maxAgeMs } = settings.savepointHistory;
  const resources = facts.snapshots.filter(
    ({ kind, state }) => kind === "savepoint" && state === "COMPLETED",
  );
  const kept = boundedHistory(history, { maxCount: maxCount - resources.length, maxAgeMs }, now);
  return history.find(
    (entry) =>
      !kept.includes(entry) &&
      !isNeeded(situation, entry.location ?? "") &&
      !resources.some(({ path }) => isSamePath(path, entry.location)),
  );
}

const without = ({ status }: Situation, removed: Savepoint) =>
  withTriggerInfo(status, "savepoint", {
    savepointHistory: (status.jobStatus?.savepointInfo?.savepointHistory ?? []).filter(
      (each) => each !== removed,
    ),
  });

const notDisposed = (path: string, cause: string): EventIntent => ({
  type: "Warning",
  reason: "CleanupFailed",
  component: "Operator",
  message: `The savepoint ${path} could not be disposed of, and is tried again: ${cause}`,
  once: true,
});

const wouldBeDisposed = (path: string): EventIntent => ({
  type: "Normal",
  reason: "CleanupDryRun",
  component: "Operator",
  message: `Without ${operatorOptions.cleanupDryRun.key}, the savepoint ${path} would be disposed of now`,
  once: true,
});
