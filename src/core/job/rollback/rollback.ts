import type { UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";
import { diffSpec, type SpecDiff } from "../../diff/diff.ts";
import { type LastReconciledSpec, readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { EventIntent } from "../model/decision.ts";
import { hasHaCheckpoint, hasHaMetadata } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Situation, Step } from "../model/situation.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { describeSnapshot, isSamePath, knownSnapshots } from "../restore/knownSnapshots.ts";
import { manualRestore, newestState } from "../restore/restoreGuard.ts";
import { leftNothingOfItsOwn, withStateSpent } from "../restore/runState.ts";
import { EMPTY_STATE, type Explanation, NEWEST_IN_HA_METADATA } from "../status/decisionRecord.ts";
import { isStateless, LAST_STATE_DUMMY_PATH, withJobTakenDown } from "../status/status.ts";
import { awaitOthers } from "../suspension/actsOfOthers.ts";
import { withUpgradeMode } from "./rollbackView.ts";

/**
 * Rolls back an upgrade that does not become stable in time, or whose job has failed for good: launches the last
 * stable spec from the newest state (REFERENCE 1.8). Unlike in the reference, the cause does not matter.
 */
export const rollback: Step = (situation) => {
  const stable = rollbackTarget(situation);
  if (stable === undefined || remainingMs(situation) > 0) return undefined;
  const source = sourceOf(situation, stable);
  if (source.kind === "wait") return { waitsFor: source.why, othersMayAct: true };
  if (source.kind === "unknown")
    return {
      ...manualRestore(
        situation,
        "UpgradeFailed",
        `The upgrade failed and is not rolled back: ${source.why}.`,
      ),
      othersMayAct: true,
    };
  const others = awaitOthers(situation, { kind: source.mode });
  if (others !== undefined) return others;
  const { kind, deployed } = situation;
  const changes = diffSpec(stable.spec, deployed?.spec ?? {}, { type: kind.spec });
  const explanation = explain(situation, source, changes);
  return {
    events: [rollingBack(explanation)],
    status: rollbackIntended(situation, source.mode, source.path),
    explanation,
    requeueAfterMs: 0,
  };
};

/** Milliseconds until the upgrade is rolled back; undefined if it is not to be rolled back, or is due already. */
export function untilRollback(situation: Situation): number | undefined {
  if (rollbackTarget(situation) === undefined) return undefined;
  const remaining = remainingMs(situation);
  return remaining > 0 ? remaining : undefined;
}

function remainingMs({ status, settings, now }: Situation): number {
  // It cannot become stable any more.
  if (status.jobStatus?.state === "FAILED") return 0;
  return firstLaunchedAt(status) + settings.readinessTimeoutMs - now;
}

/**
 * The first launch of the upgrade. A restart of a lost JobManager or an unhealthy job launches it again and does not extend
 * the time. The decisions contain earlier launches, as far as they are kept. A scaling by the autoscaler is an upgrade without a
 * generation of its own.
 */
function firstLaunchedAt({ reconciliationStatus, decisions = [], observedGeneration }: FlinkResourceStatus) {
  const upgrade = decisions.findIndex(({ act }) => act === "Upgrade");
  const launches = (upgrade < 0 ? decisions : decisions.slice(0, upgrade + 1))
    .filter(({ generation }) => generation === observedGeneration)
    .map(({ launchedAt }) => Date.parse(launchedAt ?? ""))
    .filter((at) => !Number.isNaN(at));
  return Math.min(reconciliationStatus?.reconciliationTimestamp ?? 0, ...launches);
}

/** The last stable spec, if the deployed one is an upgrade of it that has not become stable. */
export function rollbackTarget({
  kind,
  settings,
  status,
  deployed,
  diff,
}: Situation): LastReconciledSpec | undefined {
  const { state, lastReconciledSpec, lastStableSpec } = status.reconciliationStatus ?? {};
  // The job of a warm upgrade goes back: its user was promised that the old one runs on if the new one does not start.
  const isWarm = status.warmUpgrade?.savepoint !== undefined;
  if (
    !(settings.rollbackEnabled || isWarm) ||
    state !== "DEPLOYED" ||
    deployed?.spec.job?.state !== "running"
  )
    return undefined;
  if (diff?.type !== "IGNORE" || lastReconciledSpec === lastStableSpec) return undefined;
  const job = status.jobStatus?.state;
  if (isTerminal(job) && job !== "FAILED") return undefined;
  const stable = readLastReconciledSpec(lastStableSpec);
  if (stable?.spec.job === undefined || stable.spec.job.state === "suspended") return undefined;
  // An older version of Flink cannot restore state of a newer one.
  if (stable.spec.flinkVersion !== deployed.spec.flinkVersion) return undefined;
  // The same spec was launched again, so there is nothing to roll back to.
  return diffSpec(stable.spec, deployed.spec, { type: kind.spec }).type === "IGNORE" ? undefined : stable;
}

type Source =
  | { readonly kind: "found"; readonly mode: UpgradeMode; readonly path?: string | undefined }
  | { readonly kind: "wait"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

/** The newest state: the failed upgrade's own, or, if it never ran, what it was to be restored from. */
function sourceOf(situation: Situation, stable: LastReconciledSpec): Source {
  const { status, facts, spec, deployed } = situation;
  if (isStateless(spec)) return { kind: "found", mode: "stateless" };
  const newest = newestState(situation);
  if (newest.kind === "wait") return newest;
  if (newest.kind === "lost") return { kind: "unknown", why: newest.why };
  if (newest.kind === "remembered") return { kind: "found", mode: "savepoint", path: newest.path };
  const path = status.jobStatus?.upgradeSavepointPath;
  const inHaMetadata = hasHaMetadata(facts.haConfigMaps);
  const failed = isTerminal(status.jobStatus?.state);
  const startedFrom = status.run?.startedFrom;
  // An upgrade that never became stable is given up with all that it has come to, as the option asks.
  if (
    failed &&
    path === LAST_STATE_DUMMY_PATH &&
    startedFrom !== undefined &&
    leftNothingOfItsOwn(status, facts)
  )
    return { kind: "found", mode: "savepoint", path: startedFrom };
  // Flink deletes the HA metadata when a job ends, but not if the job's main method failed.
  if (inHaMetadata && (!failed || path === LAST_STATE_DUMMY_PATH)) {
    return changesHighAvailability(diffSpec(stable.spec, deployed?.spec ?? {}))
      ? {
          kind: "unknown",
          why: "the job's state is in HA metadata, which the last stable spec has elsewhere",
        }
      : { kind: "found", mode: "last-state" };
  }
  if (path === LAST_STATE_DUMMY_PATH)
    return { kind: "unknown", why: "HA metadata is not available and the last checkpoint is unknown" };
  const ran = status.clusterInfo?.["flink-version"] !== undefined;
  if (!failed && ran) return { kind: "unknown", why: "the job has run, and HA metadata is not available" };
  return launchedEmpty(situation)
    ? { kind: "found", mode: "stateless" }
    : { kind: "found", mode: "savepoint", path };
}

/** The upgrade itself discarded the state, as its user requested. */
const launchedEmpty = ({ deployed, status }: Situation): boolean =>
  deployed?.spec.job?.upgradeMode === "stateless" && status.jobStatus?.upgradeSavepointPath === undefined;

const changesHighAvailability = ({ changes }: SpecDiff): boolean =>
  changes.some(({ path }) => path.includes("high-availability"));

/** As the reference records it: the failed spec, with only the mode of the next launch changed. */
function rollbackIntended(
  { status, deployed, generation, now, kind }: Situation,
  upgradeMode: UpgradeMode,
  path: string | undefined,
): FlinkResourceStatus {
  if (deployed === undefined) return status;
  const job = upgradeMode === "savepoint" ? { upgradeSavepointPath: path } : {};
  return {
    ...withStateSpent(withJobTakenDown(status, job)),
    error: undefined,
    observedGeneration: generation,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: withUpgradeMode(
        { ...deployed, metadata: { firstDeployment: false } },
        upgradeMode,
        kind.spec,
      ),
      state: "ROLLING_BACK",
      reconciliationTimestamp: now,
    },
  };
}

function explain(situation: Situation, source: Source & { kind: "found" }, diff: SpecDiff): Explanation {
  const { status, settings } = situation;
  const { error, jobStatus, jobManagerDeploymentStatus = "MISSING" } = status;
  const option = operatorOptions.readinessTimeout.key;
  const why =
    jobStatus?.state === "FAILED"
      ? "The job of the upgrade has failed"
      : `The upgrade did not become stable within ${settings.readinessTimeoutMs / 1000} s (${option})`;
  return {
    act: "Rollback",
    reason: `${why}: the last stable spec is launched again.`,
    facts: [
      `The job was ${jobStatus?.state ?? "never seen"}, its JobManager ${jobManagerDeploymentStatus}`,
      ...(error === undefined ? [] : [messageOf(error)]),
      diff.text,
    ],
    restoresFrom: sourceInWords(situation, source),
    ...(source.mode === "savepoint" ? { refused: othersThan(situation, source.path) } : {}),
  };
}

const othersThan = (
  { status, facts }: Situation,
  path: string | undefined,
): Explanation["refused"] & object =>
  knownSnapshots(status, facts)
    .filter((snapshot) => !isSamePath(snapshot.path, path))
    .map((snapshot) => ({
      snapshot: describeSnapshot(snapshot),
      why: snapshot.unusable ?? "It is not newer than what the job goes on from.",
    }));

function sourceInWords({ facts, status }: Situation, { mode, path }: Source & { kind: "found" }): string {
  if (mode === "stateless") return EMPTY_STATE;
  if (mode === "savepoint") return path ?? EMPTY_STATE;
  if (hasHaCheckpoint(facts.haConfigMaps)) return NEWEST_IN_HA_METADATA;
  return status.jobStatus?.upgradeSavepointPath ?? EMPTY_STATE;
}

function messageOf(error: string): string {
  try {
    return String((JSON.parse(error) as { message?: unknown }).message ?? error);
  } catch {
    return error;
  }
}

/** The reference's message, extended. The key makes it the same event. */
const rollingBack = ({ reason, restoresFrom }: Explanation): EventIntent => ({
  type: "Normal",
  reason: "Rollback",
  component: "JobManagerDeployment",
  message: `${ROLLING_BACK} ${reason} It goes on from ${restoresFrom}.`,
  key: ROLLING_BACK,
});

const ROLLING_BACK = "Rolling back failed deployment.";
