import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { APP_LABEL, flinkConfigMapName } from "../../../src/api/v1beta1/names.ts";
import type { KubeApi } from "../../../src/kube/api.ts";
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { createStore } from "../../../src/runtime/store.ts";
import { createWatcher } from "../../../src/runtime/watcher.ts";
import type { JobManagers } from "./jobManagers.ts";
import type { Stats } from "./messages.ts";
import { addressOf, launchOf, runningStatus } from "./pod.ts";

/** Runs every pod at once: ready, at an address of its own, and with a JobManager behind it. */
export interface Kubelet {
  stats(): Pick<Stats, "pods" | "lastPodAt">;
}

interface Pod extends KubeObject {
  /** The whole object, as long as it does not run. */
  readonly pending: KubeObject | undefined;
}

const projectPod = (object: KubeObject): Pod => ({
  metadata: {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? "",
    uid: object.metadata.uid ?? "",
    resourceVersion: object.metadata.resourceVersion ?? "",
  },
  pending: (object.status as { phase?: string } | undefined)?.phase === "Running" ? undefined : object,
});

/**
 * Resolves when it has read all pods. They are bound to no node, so the API server removes them as soon as they are deleted, as
 * a kubelet lets it do with pods whose processes end at once. `onStop` gets the address of each pod that is gone.
 */
export async function runKubelet(
  kube: KubeApi,
  jobManagers: JobManagers,
  onStop: (address: string) => void,
): Promise<Kubelet> {
  const store = createStore<Pod>({ project: projectPod });
  const addresses = new Map<string, string>();
  const running = new Set<string>();
  let started = 0;
  let lastPodAt = 0;

  store.subscribe(({ old, new: now }) => {
    const uid = (now ?? old)?.metadata.uid ?? "";
    if (now === undefined) stop(uid);
    else if (now.pending !== undefined && !addresses.has(uid))
      start(now.pending, uid).catch((error: unknown) => report(now, error));
  });

  async function start(pod: KubeObject, uid: string): Promise<void> {
    const address = addressOf(++started);
    addresses.set(uid, address);
    const { namespace = "", labels } = pod.metadata;
    const cluster = labels?.[APP_LABEL] ?? "";
    // The configuration of the launch that made this pod: a watch may be behind.
    const config = await kube.get(resourceTypes.configMap, namespace, flinkConfigMapName(cluster));
    jobManagers.start(address, cluster, launchOf(config));
    await kube.replaceStatus(resourceTypes.pod, { ...pod, status: runningStatus(pod, address, new Date()) });
    // It may have gone meanwhile.
    if (!addresses.has(uid)) return jobManagers.stop(address);
    running.add(uid);
    lastPodAt = Date.now();
  }

  function stop(uid: string): void {
    const address = addresses.get(uid);
    if (address === undefined) return;
    addresses.delete(uid);
    running.delete(uid);
    jobManagers.stop(address);
    onStop(address);
  }

  function report({ metadata }: Pod, error: unknown): void {
    if (isNotFound(error)) return;
    // Whoever changed it meanwhile causes an event with which it begins anew.
    if (isConflict(error)) stop(metadata.uid ?? "");
    else console.error(`kubelet: pod ${metadata.name}: ${error}`);
  }

  const watcher = createWatcher({
    api: kube,
    type: resourceTypes.pod,
    feed: store.feed(),
    clock: systemClock,
    trim: projectPod,
  });
  void watcher.run(new AbortController().signal);
  await store.whenSynced();
  return { stats: () => ({ pods: running.size, lastPodAt }) };
}
