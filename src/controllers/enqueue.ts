import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { type JobKind, jobKinds } from "../api/v1beta1/flinkstatesnapshot.ts";
import { ownerOfCluster } from "../api/v1beta1/names.ts";
import { routeKinds } from "../core/build/ingress.ts";
import type { Poller } from "../flink/poller.ts";
import type { WorkQueue } from "../runtime/queue.ts";
import type { Store } from "../runtime/store.ts";
import { parentKeyOf } from "./flinkbluegreendeployment/gather.ts";
import { clusterKey, otherPollKey, sessionJobKey, withoutOther } from "./flinkdeployment/gather.ts";
import type { Projected, ProjectedSnapshot } from "./flinkdeployment/project.ts";
import { sessionClusterOf } from "./flinksessionjob/project.ts";
import { jobKey, snapshotIndices } from "./flinkstatesnapshot/gather.ts";
import { clusterOf, ownKey, type Stores } from "./stores.ts";

const { flinkDeployment, flinkSessionJob, flinkStateSnapshot, flinkBlueGreenDeployment } = resourceTypes;

/** The kinds that the operator reconciles. Each has its own work queue. */
const reconciledKinds = [
  flinkDeployment.kind,
  flinkSessionJob.kind,
  flinkStateSnapshot.kind,
  flinkBlueGreenDeployment.kind,
] as const;
export type ReconciledKind = (typeof reconciledKinds)[number];
export type Queues = Readonly<Record<ReconciledKind, WorkQueue>>;

/** Adds resources to the work queues when the facts that they depend on change. */
export interface Enqueuer {
  /** The Flink facts of a cluster, or of a session job, have changed. `key` is its poll key. */
  factsChanged(key: string): void;
  /** What a FlinkBlueGreenDeployment compares its FlinkDeployments by has changed for the one of this key. */
  parentChanged(key: string): void;
  /** The result of a followed JobManager operation has changed. `owner` is the name under which it is followed. */
  operationChanged(owner: string): void;
  /** Enqueues on changes of the stores, too, from now on. */
  subscribe(poller: Pick<Poller, "pollNow">): void;
}

export function createEnqueuer(stores: Stores, queues: Queues): Enqueuer {
  const { resources, sessionJobs, snapshots, dependents } = stores;

  function factsChanged(key: string): void {
    if (key.startsWith(sessionJobPrefix)) queues.FlinkSessionJob.add(key.slice(sessionJobPrefix.length));
    else queues.FlinkDeployment.add(withoutOther(key));
  }

  /** Enqueues the cluster that an object belongs to if the change can affect a decision. */
  function enqueueClusterOnChange<T extends KubeObject>(
    poller: Pick<Poller, "pollNow">,
    store: Pick<Store<T>, "subscribe">,
    keyOf: (object: KubeObject) => string | undefined,
    matters: (old: T, current: T) => boolean,
  ): void {
    store.subscribe(({ old, new: current, own }) => {
      if (own || (old !== undefined && current !== undefined && !matters(old, current))) return;
      const object = current ?? old;
      const key = object === undefined ? undefined : keyOf(object);
      if (key === undefined) return;
      const [namespace = "", name = ""] = key.split("/");
      const owner = ownerOfCluster(name, (other) => resources.get(namespace, other) !== undefined);
      queues.FlinkDeployment.add(clusterKey(namespace, owner), "edit");
      poller.pollNow(clusterKey(namespace, owner));
      if (owner !== name) poller.pollNow(otherPollKey(namespace, owner));
    });
  }

  /** A session cluster and its jobs read each other's statuses: each enqueues the other, also after our own writes. */
  function enqueueSessionClustersAndJobs(): void {
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
      if (cluster !== undefined && clusterDiffers(old, current)) enqueueSessionJobs(ownKey(cluster));
    });
  }

  function enqueueSessionJobs(cluster: string): void {
    for (const job of sessionJobs.by("cluster", cluster)) {
      queues.FlinkSessionJob.add(ownKey(job), "edit");
      enqueueSnapshots("FlinkSessionJob", job);
    }
  }

  /** Enqueues the unfinished snapshots of this resource's job. */
  function enqueueSnapshots(kind: JobKind, { metadata: { namespace = "", name } }: KubeObject): void {
    for (const snapshot of snapshots.by("job", jobKey(kind, namespace, name)))
      if (isOpen(snapshot)) queues.FlinkStateSnapshot.add(ownKey(snapshot));
  }

  /**
   * A FlinkBlueGreenDeployment follows the statuses of its FlinkDeployments and its route, and they follow what it writes. Both are
   * our own writes.
   */
  function enqueueParentsAndChildren(): void {
    resources.subscribe(({ old, new: current, own }) => {
      const child = current ?? old;
      const parent = child && parentKeyOf(child);
      if (child === undefined || parent === undefined) return;
      queues.FlinkBlueGreenDeployment.add(parent, "edit");
      if (own && isEdit(old, current)) queues.FlinkDeployment.add(ownKey(child), "edit");
    });
    for (const kind of routeKinds)
      stores.routes[kind].subscribe(({ old, new: current, own }) => {
        const route = current ?? old;
        if (own || route === undefined) return;
        const { namespace = "", name } = route.metadata;
        if (stores.blueGreen.get(namespace, name) !== undefined)
          queues.FlinkBlueGreenDeployment.add(ownKey(route), "edit");
      });
  }

  function enqueueOnSnapshotChange(): void {
    snapshots.subscribe(({ old, new: current, own }) => {
      const snapshot = current ?? old;
      if (snapshot === undefined) return;
      // A snapshot that we created ourselves is enqueued once: no other event may follow its creation.
      if (!own || old === undefined) queues.FlinkStateSnapshot.add(ownKey(snapshot));
      const [cluster] = snapshotIndices.cluster(snapshot);
      if (cluster !== undefined && !isDeepStrictEqual(old?.facts, current?.facts)) factsChanged(cluster);
    });
    for (const kind of jobKinds)
      dependents[kind].subscribe(({ old, new: current }) => {
        const resource = current ?? old;
        if (resource !== undefined) enqueueSnapshots(kind, resource);
      });
  }

  return {
    factsChanged,
    parentChanged(key) {
      const [namespace = "", name = ""] = key.split("/");
      const child = resources.get(namespace, name);
      const parent = child && parentKeyOf(child);
      if (parent !== undefined) queues.FlinkBlueGreenDeployment.add(parent);
    },
    operationChanged(owner) {
      const [kind, namespace = "", name = ""] = owner.split("/");
      const queue = reconciledKinds.find((each) => each === kind);
      if (queue !== undefined) queues[queue].add(clusterKey(namespace, name));
    },
    subscribe(poller) {
      const { deployments, pods, configMaps, routes } = stores;
      enqueueSessionClustersAndJobs();
      enqueueClusterOnChange(poller, resources, ownKey, () => true);
      enqueueClusterOnChange(poller, deployments, clusterOf, factsDiffer);
      enqueueClusterOnChange(poller, pods, clusterOf, factsDiffer);
      for (const kind of routeKinds) enqueueClusterOnChange(poller, routes[kind], ownKey, factsDiffer);
      enqueueParentsAndChildren();
      // Flink updates them every few seconds (leader lease, checkpoints): only creation and deletion matter.
      enqueueClusterOnChange(
        poller,
        configMaps,
        clusterOf,
        (old, current) => old.facts.deleting !== current.facts.deleting,
      );
      enqueueOnSnapshotChange();
      stores.blueGreen.subscribe(({ old, new: current, own }) => {
        const resource = current ?? old;
        if (resource !== undefined && !own) queues.FlinkBlueGreenDeployment.add(ownKey(resource), "edit");
      });
    },
  };
}

const sessionJobPrefix = sessionJobKey("", "").slice(0, -1);

const factsDiffer = <T>(old: Projected<T>, current: Projected<T>): boolean =>
  !isDeepStrictEqual(old.facts, current.facts);

/** A completed or failed snapshot changes again only on its deletion. */
const isOpen = ({ facts: { state, deleting } }: ProjectedSnapshot): boolean =>
  deleting || state === "TRIGGER_PENDING" || state === "IN_PROGRESS";

/** More than a status: it was created, its spec has changed, or it is being deleted. */
const isEdit = (old: KubeObject | undefined, current: KubeObject | undefined): boolean =>
  old?.metadata.generation !== current?.metadata.generation ||
  old?.metadata.deletionTimestamp !== current?.metadata.deletionTimestamp;

/** Compares the fields of a session cluster that the decisions about its session jobs depend on. */
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
