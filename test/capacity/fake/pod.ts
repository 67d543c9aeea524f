import type { KubeObject } from "../../../src/api/kubernetes.ts";
import type { FakeJob } from "./jobManagers.ts";

/** The address of the n-th pod, n from 1, in 127.1.0.0 to 127.254.255.255. */
export function addressOf(n: number): string {
  return `127.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
}

/** What the ConfigMap of a cluster says about the launch: flink-conf.yaml of Flink 1, config.yaml of Flink 2. */
export function launchOf(configMap: KubeObject): Pick<FakeJob, "id" | "restoredFrom"> {
  const data = (configMap.data ?? {}) as Readonly<Record<string, string>>;
  const text = data["flink-conf.yaml"] ?? data["config.yaml"] ?? "";
  const textAt = (key: string) =>
    new RegExp(`^["']?${key.replaceAll(/[$.]/g, "\\$&")}["']?: *["']?([^"'\\n]*)`, "m").exec(text)?.[1];
  return {
    id: textAt("$internal.pipeline.job-id") ?? "0".repeat(32),
    restoredFrom: textAt("execution.savepoint.path") ?? textAt("execution.state-recovery.path"),
  };
}

interface PodSpec {
  readonly containers: readonly { readonly name: string; readonly image?: string }[];
}

/** The status of a pod whose containers have just become ready. */
export function runningStatus(pod: KubeObject, address: string, now: Date): object {
  const at = now.toISOString().replace(/\.\d+Z$/, "Z");
  const { containers } = pod.spec as PodSpec;
  return {
    phase: "Running",
    startTime: at,
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      status: "True",
      lastTransitionTime: at,
    })),
    containerStatuses: containers.map(({ name, image = "" }) => ({
      name,
      image,
      imageID: image,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: at } },
    })),
  };
}
