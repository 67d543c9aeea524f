import { isAtWork } from "../../../api/flinkFacts.ts";
import type { WarmUpgradeStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { deriveSpecHash } from "../../ids.ts";
import { remainingObjects } from "../deletion/remainingObjects.ts";
import type { Action } from "../model/decision.ts";
import { hasHaMetadata, hasJobs, type OtherCluster } from "../model/facts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { rollbackTarget } from "../rollback/rollback.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";
import {
  factsOf,
  isOfAnother,
  isOfSpec,
  standbyObjects,
  type WarmUpgrade,
  warmUpgradeOf,
} from "./standby.ts";

/**
 * Opens the gate of the cluster that a job has moved to, until its job is there. Takes the other cluster down as soon as nothing
 * needs it: the old one when the new job's tasks are at work, or it has ended or is not rolled back, a standby whose upgrade is not wanted any more at once.
 */
export const endWarmUpgrade: Step = (situation) => {
  const warm = warmUpgradeOf(situation);
  const { other, clusterId } = situation.facts;
  // The Java operator has dropped it.
  if (clusterId !== undefined && situation.status.clusterId !== clusterId)
    return { status: { ...situation.status, clusterId }, othersMayAct: true };
  const forgotten = warm === undefined ? forgottenMove(situation) : undefined;
  if (forgotten !== undefined)
    return { status: { ...situation.status, warmUpgrade: forgotten }, othersMayAct: true, requeueAfterMs: 0 };
  if (warm === undefined && other === undefined && situation.status.warmUpgrade === undefined)
    return undefined;
  if (warm !== undefined && isMoving(situation, warm)) {
    const job = jobOf(situation.facts, warm.jobId);
    if (job === undefined) return openGate(situation, warm, warm.savepoint);
    // The old cluster is of no more use where nothing is rolled back: a job that does not start is shown by the new one.
    const hasEnded = isTerminal(job.state) && job.state !== "FAILED";
    const isSettled = isAtWork(job) || hasEnded || rollbackTarget(situation) === undefined;
    if (!isSettled) return undefined;
    return takeDown(situation, other, exposed(situation, warm));
  }
  return warm !== undefined && isPrepared(situation, warm) && !isOfAnother(situation, warm, other)
    ? undefined
    : (takeDown(situation, other) ?? cleanUp(situation));
};

/** What is left of a cluster that no status names, as after the Java operator, and that no job needs. */
function cleanUp({ status, facts: { other } }: Situation): Outcome | undefined {
  if (other === undefined || status.warmUpgrade !== undefined || status.clusterId === other.clusterId)
    return undefined;
  const { clusterId, haConfigMaps } = other;
  if (remainingObjects(factsOf(other)) !== undefined || hasJobs(haConfigMaps)) return undefined;
  if (haConfigMaps.every(({ deleting }) => deleting)) return undefined;
  return { actions: [{ kind: "delete-config-maps", clusterId, all: true }], othersMayAct: true };
}

/**
 * The Java operator has dropped the record after the hand-over, and the gate may not have been opened: the cluster of the launch that
 * the status describes answers, and has no job. What it waits for is in the rest of the status.
 */
function forgottenMove(situation: Situation): WarmUpgradeStatus | undefined {
  const { facts, status, spec, generation, resource } = situation;
  const { jobId, upgradeSavepointPath: savepoint } = status.jobStatus ?? {};
  const { state, reconciliationTimestamp: startTime } = status.reconciliationStatus ?? {};
  const { jobManager, flink, clusterId = resource.metadata.name } = facts;
  const isOfStatus =
    jobManager?.gated === true && jobManager.generation === String(status.observedGeneration);
  if (!isOfStatus || jobManager.deleting || state !== "DEPLOYED" || status.run?.stateSince !== undefined)
    return undefined;
  const hasNoJob =
    flink?.deploymentUid === jobManager.uid && flink.reachability === "ok" && flink.jobs?.length === 0;
  if (!hasNoJob || savepoint === undefined || savepoint === LAST_STATE_DUMMY_PATH) return undefined;
  if (hasHaMetadata(facts.haConfigMaps)) return undefined;
  return {
    clusterId,
    generation: status.observedGeneration ?? generation,
    specHash: deriveSpecHash(spec),
    jobId,
    startTime,
    savepoint,
  };
}

/** The job has moved, and the upgrade has not been followed by another launch. */
const isMoving = (
  { status: { jobStatus, reconciliationStatus } }: Situation,
  warm: WarmUpgrade,
): warm is WarmUpgrade & { savepoint: string } =>
  warm.savepoint !== undefined &&
  jobStatus?.jobId === warm.jobId &&
  reconciliationStatus?.state === "DEPLOYED";

/** The upgrade that it was begun for is still wanted. */
const isPrepared = (situation: Situation, warm: WarmUpgrade): boolean =>
  warm.savepoint === undefined &&
  warm.failure === undefined &&
  situation.nextSettings.warmUpgradeTimeoutMs !== undefined &&
  isOfSpec(situation, warm) &&
  isWanted(situation);

const isWanted = ({ status, diff, deployed, spec }: Situation): boolean =>
  status.reconciliationStatus?.state === "DEPLOYED" &&
  deployed?.spec.job?.state === "running" &&
  spec.job?.state !== "suspended" &&
  diff !== undefined &&
  diff.type !== "IGNORE";

function openGate(situation: Situation, warm: WarmUpgrade, savepoint: string): Outcome | undefined {
  const { jobManager, requests } = situation.facts;
  if (requests?.openedGate === jobManager?.uid) return undefined;
  // As its Deployment says: the record may have been made anew, from a status that has not the time of the launch.
  const word = standbyObjects(situation, warm, situation.asDeployed, jobManager?.launchId).gate?.word(
    savepoint,
  );
  if (jobManager === undefined || jobManager.deleting || word === undefined) return undefined;
  return {
    actions: [{ kind: "open-gate", name: warm.clusterId, uid: jobManager.uid, word }],
    othersMayAct: true,
  };
}

/**
 * The REST Service of the resource's name leads to the new cluster, and belongs to it. It went with the old Deployment: to give an existing
 * object another owner, the API server asks for the permission to delete it.
 */
function exposed(situation: Situation, warm: WarmUpgrade): Action[] {
  const deploymentUid = situation.facts.jobManager?.uid;
  if (deploymentUid === undefined) return [];
  return [{ kind: "expose", objects: standbyObjects(situation, warm, situation.asDeployed), deploymentUid }];
}

function takeDown(
  situation: Situation,
  other: OtherCluster | undefined,
  last: readonly Action[] = [],
): Outcome | undefined {
  const { warmUpgrade, ...without } = situation.status;
  const warm = warmUpgradeOf(situation);
  const { jobManager } = other ?? {};
  if (other !== undefined && jobManager !== undefined)
    return jobManager.deleting
      ? undefined
      : {
          actions: [{ kind: "delete-deployment", name: other.clusterId, uid: jobManager.uid }],
          othersMayAct: true,
        };
  if (other !== undefined && remainingObjects(factsOf(other)) !== undefined) return undefined;
  // What was given up is remembered as long as its upgrade is pending: it is not to begin again.
  const isPending =
    warm?.failure !== undefined && isOfSpec(situation, warm) && situation.diff?.type !== "IGNORE";
  if (warmUpgrade === undefined || (isPending && other === undefined)) return undefined;
  const { clusterId } = other ?? {};
  return {
    actions: [
      ...last,
      ...(clusterId === undefined ? [] : [{ kind: "delete-config-maps", clusterId, all: true } as const]),
    ],
    ...(isPending ? {} : { status: without }),
    othersMayAct: true,
  };
}
