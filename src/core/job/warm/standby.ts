import type { WarmUpgradeStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { warmClusterId } from "../../../api/v1beta1/names.ts";
import type { ClusterObjects } from "../../build/cluster.ts";
import { deriveLaunchId, deriveSpecHash } from "../../ids.ts";
import type { Facts, OtherCluster } from "../model/facts.ts";
import type { Situation } from "../model/situation.ts";

/** A warm upgrade that has begun. The schema of the status requires no field. */
export interface WarmUpgrade extends WarmUpgradeStatus {
  readonly clusterId: string;
  readonly generation: number;
  readonly jobId: string;
  readonly startTime: number;
}

export function warmUpgradeOf({
  status: { warmUpgrade },
}: Pick<Situation, "status">): WarmUpgrade | undefined {
  const { clusterId, generation, jobId, startTime } = warmUpgrade ?? {};
  return clusterId === undefined || generation === undefined || jobId === undefined || startTime === undefined
    ? undefined
    : { ...warmUpgrade, clusterId, generation, jobId, startTime };
}

/** What it was begun for is what the spec asks for now, with what the autoscaler has decided. */
export const isOfSpec = ({ spec, generation }: Situation, warm: WarmUpgrade): boolean =>
  warm.generation === generation && warm.specHash === deriveSpecHash(spec);

/** The cluster id that is free: clusters of a resource have its name and another one in turns. */
export const nextClusterId = ({ facts, resource: { metadata } }: Situation): string =>
  facts.clusterId === undefined ? warmClusterId(metadata.name) : metadata.name;

export const launchIdOfStandby = ({ uid }: Situation, { jobId, startTime }: WarmUpgrade): string =>
  deriveLaunchId(uid, jobId, startTime);

/** It is what an earlier upgrade, which is in no status any more, has left. */
export const isOfAnother = (
  situation: Situation,
  warm: WarmUpgrade,
  other: OtherCluster | undefined,
): boolean =>
  other?.jobManager !== undefined && other.jobManager.launchId !== launchIdOfStandby(situation, warm);

/** The objects of the cluster that stands beside the running one. */
export const standbyObjects = (
  situation: Situation,
  warm: WarmUpgrade,
  { build }: Pick<Situation, "build"> = situation,
  launchId = launchIdOfStandby(situation, warm),
): ClusterObjects =>
  build({
    generation: warm.generation,
    jobId: warm.jobId,
    launchId,
    clusterId: warm.clusterId,
    restore: { kind: "none" },
    gate: { slots: situation.nextSettings.slots },
  });

/** The facts about the other cluster in the form of those about the running one. */
export const factsOf = (other: OtherCluster): Facts => ({ ...other, snapshots: [], podLog: undefined });

/** Its JobManager answers for the Deployment that is there now. */
export const answers = ({ flink, jobManager }: OtherCluster): boolean =>
  flink?.reachability === "ok" && jobManager !== undefined && flink.deploymentUid === jobManager.uid;

/** Its TaskManagers are there, and its main method waits. */
export function stands(other: OtherCluster, slots: number): boolean {
  if (!answers(other) || other.flink?.jobs === undefined) return false;
  const present = (other.flink.taskManagers?.list ?? []).reduce((sum, each) => sum + each.slots, 0);
  return other.flink.jobs.length === 0 && present >= slots;
}

/** For how long a JobManager that restarts is waited for while no job runs, and then its TaskManagers: a cold start takes longer. */
const ANSWER_TIMEOUT_MS = 10_000;
const REGISTRATION_TIMEOUT_MS = 5_000;

/** This process has not been told whether it stands: not yet, as after a start of the operator, or not just now. */
export const isUnknown = (other: OtherCluster, now: number): boolean => {
  const { flink, restHost } = other;
  if (restHost === undefined) return false;
  if (flink === undefined || flink.deploymentUid !== other.jobManager?.uid) return true;
  if (flink.lastFailure !== undefined) return now - (flink.failingSince ?? 0) < ANSWER_TIMEOUT_MS;
  const isRecent = now - (flink.answeringSince ?? 0) < REGISTRATION_TIMEOUT_MS;
  return isRecent && (flink.jobs === undefined || flink.jobs.length === 0);
};
