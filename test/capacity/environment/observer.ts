import { type KubeObject, type ResourceType, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { KubeApi } from "../../../src/kube/api.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { createStore, type StoreReader } from "../../../src/runtime/store.ts";
import { createWatcher } from "../../../src/runtime/watcher.ts";

/** What the bench sees of one namespace, by watches of its own. */
export interface Observer {
  /** Deployments that are not being deleted. */
  deployments(): number;
  /** Resources, of whatever state. */
  resources(): number;
  /** Resources whose newest spec is deployed, with a job that is RUNNING. */
  running(): number;
  isRunning(name: string, generation: number): boolean;
  /** Whether nothing of the watched kinds is left. */
  isEmpty(): boolean;
  stop(): void;
}

interface Observed extends KubeObject {
  readonly deleting: boolean;
  /** The generation whose job runs. */
  readonly runs: number | undefined;
}

function projectObserved(object: KubeObject): Observed {
  const { name, namespace = "", uid = "", resourceVersion = "", deletionTimestamp } = object.metadata;
  return {
    metadata: { name, namespace, uid, resourceVersion },
    deleting: deletionTimestamp !== undefined,
    runs: runningGeneration(object),
  };
}

function runningGeneration({ metadata, status }: KubeObject): number | undefined {
  const { observedGeneration, jobStatus, reconciliationStatus } = (status ?? {}) as FlinkDeploymentStatus;
  const runs =
    observedGeneration === metadata.generation &&
    jobStatus?.state === "RUNNING" &&
    reconciliationStatus?.state === "DEPLOYED";
  return runs ? observedGeneration : undefined;
}

/** Resolves when it has read what there is. */
export async function observe(kube: KubeApi, namespace: string): Promise<Observer> {
  const ending = new AbortController();
  const watch = async (type: ResourceType) => {
    const store = createStore<Observed>({ project: projectObserved });
    const watcher = createWatcher({
      api: kube,
      type,
      feed: store.feed(namespace),
      clock: systemClock,
      selection: { namespace },
      trim: projectObserved,
    });
    void watcher.run(ending.signal);
    await store.whenSynced();
    return store;
  };
  const [deployments, resources] = await Promise.all([
    watch(resourceTypes.deployment),
    watch(resourceTypes.flinkDeployment),
  ]);
  const live = counted(deployments, ({ deleting }) => !deleting);
  const running = counted(resources, ({ runs }) => runs !== undefined);

  return {
    deployments: live,
    resources: () => resources.size,
    running,
    isRunning: (name, generation) => (resources.get(namespace, name)?.runs ?? 0) >= generation,
    isEmpty: () => deployments.size === 0 && resources.size === 0,
    stop: () => ending.abort(),
  };
}

/** The number of objects for which it holds, kept up to date by the changes. */
function counted(store: StoreReader<Observed>, holds: (object: Observed) => boolean): () => number {
  let count = [...store.values()].filter(holds).length;
  store.subscribe(({ old, new: now }) => {
    count += Number(now !== undefined && holds(now)) - Number(old !== undefined && holds(old));
  });
  return () => count;
}
