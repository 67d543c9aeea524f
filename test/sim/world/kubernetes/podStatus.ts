import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import { isObject, type JsonObject, listAt } from "../json.ts";

export type ContainerState =
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | {
      terminated: {
        exitCode: number;
        reason: string;
        message?: string;
        startedAt: string;
        finishedAt: string;
      };
    };

/** The kubelet's state of a pod; `podStatus` converts it to the API's status. */
export interface PodCondition {
  scheduled: boolean;
  /** Volumes are mounted and the sandbox runs. */
  prepared: boolean;
  ready: boolean;
  phase: "Pending" | "Running" | "Succeeded" | "Failed";
  state: ContainerState;
  lastState: ContainerState | undefined;
  restartCount: number;
  podIp: string | undefined;
  /** The one that holds the pod up. */
  initContainer: JsonObject | undefined;
}

export const podStatus = (pod: KubeObject, condition: PodCondition, now: string): JsonObject => {
  const { scheduled, prepared, ready, phase, podIp, restartCount, state, lastState } = condition;
  const before = listAt(pod, "status", "conditions");
  const flag = (type: string, holds: boolean, more: JsonObject = {}): JsonObject => {
    const status = holds ? "True" : "False";
    const was = before.find((entry) => entry.type === type);
    return {
      type,
      status,
      lastTransitionTime: was?.status === status ? was.lastTransitionTime : now,
      ...more,
    };
  };
  if (!scheduled) {
    const why = { reason: "Unschedulable", message: "0/1 nodes are available: 1 Insufficient memory." };
    return { phase: "Pending", conditions: [flag("PodScheduled", false, why)] };
  }
  return {
    phase,
    conditions: [
      flag("PodReadyToStartContainers", prepared),
      flag("Initialized", prepared && condition.initContainer === undefined),
      flag("Ready", ready, ready ? {} : { reason: "ContainersNotReady" }),
      flag("ContainersReady", ready, ready ? {} : { reason: "ContainersNotReady" }),
      flag("PodScheduled", true),
    ],
    ...(podIp === undefined ? {} : { podIP: podIp }),
    ...(condition.initContainer === undefined ? {} : { initContainerStatuses: [condition.initContainer] }),
    containerStatuses: listAt(pod, "spec", "containers").map((container) => ({
      name: container.name,
      image: container.image,
      ready,
      started: ready,
      restartCount,
      state,
      ...(lastState === undefined ? {} : { lastState }),
    })),
  };
};

export const isReady = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  listAt(pod, "status", "conditions").some((entry) => entry.type === "Ready" && entry.status === "True");

/** Neither ended nor being deleted. */
export const isActive = (pod: KubeObject): boolean => {
  const phase = isObject(pod.status) ? pod.status.phase : undefined;
  return pod.metadata.deletionTimestamp === undefined && phase !== "Failed" && phase !== "Succeeded";
};
