import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { type JobKind, jobKinds } from "../api/v1beta1/flinkstatesnapshot.ts";
import { routeKinds } from "../core/build/ingress.ts";
import type { Poller } from "../flink/poller.ts";
import type { WorkQueue } from "../runtime/queue.ts";
import type { Store } from "../runtime/store.ts";
import { clusterKey, sessionJobKey } from "./flinkdeployment/gather.ts";
import type { Projected, ProjectedSnapshot } from "./flinkdeployment/project.ts";
import { sessionClusterOf } from "./flinksessionjob/project.ts";
import { jobKey, snapshotIndices } from "./flinkstatesnapshot/gather.ts";
import { clusterOf, ownKey, type Stores } from "./stores.ts";

const { flinkDeployment, flinkSessionJob, flinkStateSnapshot } = resourceTypes;

/** The kinds that there are passes over, each with a queue of its own. */
const reconciledKinds = [flinkDeployment.kind, flinkSessionJob.kind, flinkStateSnapshot.kind] as const;
export type ReconciledKind = (typeof reconciledKinds)[number];
export type Queues = Readonly<Record<ReconciledKind, WorkQueue>>;

/** Who is looked at again when something is learnt. */
export interface Enqueuer {
  /** Of a cluster, or of a session job, by the key that it is known by among clusters. */
  news(key: string): void;
  /** Of an operation of a JobManager, by the name of the one who follows it. */
  operation(owner: string): void;
  /** From now on also whatever changes in the stores. */
  follow(poller: Pick<Poller, "poke">): void;
}

export function createEnqueuer(stores: Stores, queues: Queues): Enqueuer {
  const { resources, sessionJobs, snapshots, dependents } = stores;

  function news(key: string): void {
    if (key.startsWith(sessionJobPrefix)) queues.FlinkSessionJob.add(key.slice(sessionJobPrefix.length));
    else queues.FlinkDeployment.add(key);
  }

  /** Wakes the cluster that an object belongs to, where the change is one that a decision may turn on. */
  function wakeCluster<T extends KubeObject>(
    poller: Pick<Poller, "poke">,
    store: Pick<Store<T>, "subscribe">,
    keyOf: (object: KubeObject) => string | undefined,
    matters: (old: T, current: T) => boolean,
  ): void {
    store.subscribe(({ old, new: current, own }) => {
      if (own || (old !== undefined && current !== undefined && !matters(old, current))) return;
      const object = current ?? old;
      const key = object === undefined ? undefined : keyOf(object);
      if (key === undefined) return;
      queues.FlinkDeployment.add(key, "edit");
      poller.poke(key);
    });
  }

  /** A session cluster and its jobs look at each other's statuses: each wakes the other, also by what we wrote ourselves. */
  function wakeEachOther(): void {
    sessionJobs.subscribe(({ old, new: current, own }) => {
      const job = current ?? old;
      if (job === undefined) return;
      if (!own) queues.FlinkSessionJob.add(ownKey(job), "edit");
      if (own && isDeepStrictEqual(old?.facts, current?.facts)) return;
      for (const cluster of new Set([old, current].map((each) => each && sessionClusterOf(each))))
        if (cluster !== undefined) queues.FlinkDeployment.add(cluster, "edit");
    });
    resources.subscribe(({ old, new: current }) => {
      const cluster = current ?? old;
      if (cluster !== undefined && clusterDiffers(old, current)) wakeSessionJobs(ownKey(cluster));
    });
  }

  function wakeSessionJobs(cluster: string): void {
    for (const job of sessionJobs.by("cluster", cluster)) {
      queues.FlinkSessionJob.add(ownKey(job), "edit");
      wakeSnapshots("FlinkSessionJob", job);
    }
  }

  /** Those that wait for something of this resource's job. */
  function wakeSnapshots(kind: JobKind, { metadata: { namespace = "", name } }: KubeObject): void {
    for (const snapshot of snapshots.by("job", jobKey(kind, namespace, name)))
      if (isOpen(snapshot)) queues.FlinkStateSnapshot.add(ownKey(snapshot));
  }

  function wakeBySnapshots(): void {
    snapshots.subscribe(({ old, new: current, own }) => {
      const snapshot = current ?? old;
      if (snapshot === undefined) return;
      // One that we made ourselves is not told of again: nothing else need come of the pass that made it.
      if (!own || old === undefined) queues.FlinkStateSnapshot.add(ownKey(snapshot));
      const [cluster] = snapshotIndices.cluster(snapshot);
      if (cluster !== undefined && !isDeepStrictEqual(old?.facts, current?.facts)) news(cluster);
    });
    for (const kind of jobKinds)
      dependents[kind].subscribe(({ old, new: current }) => {
        const resource = current ?? old;
        if (resource !== undefined) wakeSnapshots(kind, resource);
      });
  }

  return {
    news,
    operation(owner) {
      const [kind, namespace = "", name = ""] = owner.split("/");
      const queue = reconciledKinds.find((each) => each === kind);
      if (queue !== undefined) queues[queue].add(clusterKey(namespace, name));
    },
    follow(poller) {
      const { deployments, pods, configMaps, routes } = stores;
      wakeEachOther();
      wakeCluster(poller, resources, ownKey, () => true);
      wakeCluster(poller, deployments, clusterOf, factsDiffer);
      wakeCluster(poller, pods, clusterOf, factsDiffer);
      for (const kind of routeKinds) wakeCluster(poller, routes[kind], ownKey, factsDiffer);
      // Flink renews its leader lease in them every few seconds and names each checkpoint: only their coming and going matters.
      wakeCluster(
        poller,
        configMaps,
        clusterOf,
        (old, current) => old.facts.deleting !== current.facts.deleting,
      );
      wakeBySnapshots();
    },
  };
}

const sessionJobPrefix = sessionJobKey("", "").slice(0, -1);

const factsDiffer = <T>(old: Projected<T>, current: Projected<T>): boolean =>
  !isDeepStrictEqual(old.facts, current.facts);

/** Nothing happens to one that has ended, until it is to go. */
const isOpen = ({ facts: { state, deleting } }: ProjectedSnapshot): boolean =>
  deleting || state === "TRIGGER_PENDING" || state === "IN_PROGRESS";

/** What a session job's decision turns on, of its session cluster's resource. */
function clusterDiffers(old: KubeObject | undefined, current: KubeObject | undefined): boolean {
  const seen = (object: KubeObject | undefined) => {
    if (object === undefined) return undefined;
    const { metadata, spec, status } = asFlinkDeployment(object);
    return [
      metadata.uid,
      metadata.deletionTimestamp,
      spec.job === undefined,
      status?.replacement,
      status?.jobManagerDeploymentStatus,
      status?.reconciliationStatus?.state,
      status?.reconciliationStatus?.lastReconciledSpec,
    ];
  };
  return !isDeepStrictEqual(seen(old), seen(current));
}
