import { readdirSync, readFileSync } from "node:fs";
import { kube, type Pod, types } from "./cluster.ts";
import { until } from "./until.ts";

/** The operator of all namespaces, as its chart installs it. Others are in namespaces of their own (ownOperator.ts). */
export const operatorNamespace = "flink-operator";
export const operatorDeployment = "flink-kubernetes-operator";
export const operatorPodLabels = `app.kubernetes.io/name=${operatorDeployment}`;

interface OperatorProcess {
  readonly pid: number;
  readonly pod: string;
}

/** The process of the operator's container on this machine, by the container's cgroup. */
export async function operatorProcess(namespace: string = operatorNamespace): Promise<OperatorProcess> {
  const pods = await operatorPods(namespace);
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  const id = pod?.status?.containerStatuses?.[0]?.containerID?.replace("containerd://", "");
  if (pod === undefined || id === undefined) throw new Error("the operator has no container");
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readFileSync(`/proc/${entry}/cgroup`, "utf8").includes(id)) {
        return { pid: Number(entry), pod: pod.metadata.name };
      }
    } catch {
      // A process that has ended meanwhile.
    }
  }
  throw new Error("the operator's container has no process");
}

const operatorPods = async (namespace: string): Promise<Pod[]> =>
  (await kube().list(types.pod, { namespace, labelSelector: operatorPodLabels })).items as Pod[];

/**
 * Kills the operator's process with SIGKILL. Its pod is then replaced, as after the loss of a node: a container that
 * is killed several times in a row would only be started again after an ever longer pause.
 *
 * @param found Absent: it is looked for, which takes a moment.
 */
export async function killOperator(
  namespace: string = operatorNamespace,
  found?: OperatorProcess,
): Promise<void> {
  const { pid, pod } = found ?? (await operatorProcess(namespace));
  process.kill(pid, "SIGKILL");
  await kube().delete(types.pod, namespace, pod, { gracePeriodSeconds: 0 });
}

/** Waits until one operator runs and has read everything. */
export const operatorReady = (namespace: string = operatorNamespace): Promise<unknown> =>
  until("the operator is ready", async () => {
    const pods = await operatorPods(namespace);
    return pods.length === 1 && pods[0]?.status?.containerStatuses?.[0]?.ready === true;
  });
