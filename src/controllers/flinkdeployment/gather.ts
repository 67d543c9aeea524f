import type { FlinkFacts } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { type JobKind, jobKinds } from "../../api/v1beta1/flinkstatesnapshot.ts";
import {
  COMPONENT_LABEL,
  components,
  jobManagerName,
  taskManagerName,
  warmClusterId,
} from "../../api/v1beta1/names.ts";
import {
  type Facts,
  isOfJob,
  noFacts,
  type OtherCluster,
  type PodFacts,
  type PodLog,
  type SessionJobFacts,
} from "../../core/job/model/facts.ts";
import { normalised } from "../../core/job/restore/knownSnapshots.ts";
import { holderOf, ownerOfAnother } from "../../core/job/warm/heldName.ts";
import type { StoreReader } from "../../runtime/store.ts";
import type { ProjectedConfigMap, ProjectedDeployment, ProjectedPod, ProjectedSnapshot } from "./project.ts";

/** Index of pods and ConfigMaps by the cluster that they belong to: "namespace/app". */
export type ClusterIndex = "cluster";
export const clusterKey = (namespace: string, clusterId: string): string => `${namespace}/${clusterId}`;

/** The key of a session job among the keys of clusters. No cluster name contains a colon. */
export const sessionJobKey = (namespace: string, name: string): string =>
  `${resourceTypes.flinkSessionJob.kind}:${clusterKey(namespace, name)}`;

/** The key of a resource with a job, by its kind. */
const keyOf: Readonly<Record<JobKind, (namespace: string, name: string) => string>> = {
  FlinkDeployment: clusterKey,
  FlinkSessionJob: sessionJobKey,
};

/** Indexes snapshots by the resource whose job they are of. */
export const snapshotsByCluster = {
  cluster: ({ spec, metadata }: ProjectedSnapshot): string[] => {
    const { kind, name } = spec.jobReference ?? {};
    if (kind === undefined || name === undefined) return [];
    return [keyOf[kind](metadata.namespace ?? "", name)];
  },
};

export interface ClusterStores {
  readonly deployments: StoreReader<ProjectedDeployment>;
  readonly pods: StoreReader<ProjectedPod, ClusterIndex>;
  readonly configMaps: StoreReader<ProjectedConfigMap, ClusterIndex>;
  readonly snapshots: StoreReader<ProjectedSnapshot, ClusterIndex>;
  /** All resources that may start a job, of each kind, indexed by the paths that they may restore from. */
  readonly dependents?: Dependents;
}

export const dependentKinds = [...jobKinds, "FlinkBlueGreenDeployment"] as const;
export type DependentKind = (typeof dependentKinds)[number];
export type Dependents = Readonly<Record<DependentKind, StoreReader<KubeObject, "path">>>;

/** How the operator reaches JobManagers: by pod address inside a cluster, else by forwarded ports of this host. */
export type RestAccess = "pod" | "localhost";

/** Collects everything known about one cluster from the stores and the poller, synchronously. */
export function gather(
  stores: ClusterStores,
  namespace: string,
  name: string,
  flink: FlinkFacts | undefined,
  podLog: PodLog | undefined,
  restAccess: RestAccess,
  sessionJobs?: readonly SessionJobFacts[],
): Facts {
  const componentOf = (object: ProjectedDeployment | undefined) => object?.metadata.labels?.[COMPONENT_LABEL];
  // The TaskManagers' Deployment of one cluster may have the name of another cluster's JobManager Deployment.
  const found = stores.deployments.get(namespace, jobManagerName(name));
  const deployment = componentOf(found) === components.taskManager ? undefined : found;
  const workers = stores.deployments.get(namespace, taskManagerName(name));
  const taskManagers = componentOf(workers) === components.taskManager ? workers : undefined;
  const pods = stores.pods.by("cluster", clusterKey(namespace, name));
  const podsOf = (component: string): PodFacts[] =>
    pods.filter(({ metadata }) => metadata.labels?.component === component).map(withDeleting);
  const jobManagerPods = podsOf(components.jobManager);
  const sqlChecks = podsOf(components.sqlCheck);
  return {
    jobManager: deployment === undefined ? undefined : withDeleting(deployment),
    ...(taskManagers === undefined ? {} : { taskManagers: withDeleting(taskManagers) }),
    jobManagerPods,
    taskManagerPods: podsOf(components.taskManager),
    ...(sqlChecks.length === 0 ? {} : { sqlChecks }),
    haConfigMaps: stores.configMaps.by("cluster", clusterKey(namespace, name)).map(withDeleting),
    ...gatherSnapshots(stores, "FlinkDeployment", namespace, name),
    flink,
    restHost: restAccess === "localhost" ? "127.0.0.1" : restHost(jobManagerPods),
    podLog,
    ...(sessionJobs === undefined ? {} : { sessionJobs }),
  };
}

/** The poller's key for the other cluster of a resource. No name contains this character. */
const OTHER = "#other";
export const otherPollKey = (namespace: string, name: string): string => clusterKey(namespace, name) + OTHER;
export const withoutOther = (pollKey: string): string =>
  pollKey.endsWith(OTHER) ? pollKey.slice(0, -OTHER.length) : pollKey;

/** The facts about a FlinkDeployment: of the cluster that runs its job, and of the other one, if there is one. */
export function gatherResource(
  stores: ClusterStores,
  resource: Pick<FlinkDeployment, "metadata" | "status">,
  known: {
    /** The FlinkDeployment of this name in its namespace. */
    find(name: string): KubeObject | undefined;
    readonly flink: FlinkFacts | undefined;
    readonly otherFlink?: FlinkFacts | undefined;
    readonly podLog?: PodLog | undefined;
    readonly restAccess: RestAccess;
    readonly sessionJobs?: readonly SessionJobFacts[] | undefined;
  },
): Facts {
  const { namespace = "", name } = resource.metadata;
  const { find, flink, otherFlink, podLog, restAccess, sessionJobs } = known;
  const heldBy = gatherHolder(stores, resource, find);
  if (heldBy !== undefined)
    return { ...noFacts, ...gatherSnapshots(stores, "FlinkDeployment", namespace, name), heldBy };
  const isTaken = (clusterId: string) => find(clusterId) !== undefined;
  const clusters = gatherClusters(stores, resource, isTaken, restAccess, otherFlink);
  const { clusterId = name } = clusters;
  return {
    ...gather(stores, namespace, clusterId, flink, podLog, restAccess, sessionJobs),
    ...gatherSnapshots(stores, "FlinkDeployment", namespace, name),
    ...clusters,
  };
}

/** The other FlinkDeployment whose cluster has the name of this one. A Deployment of its own shows that none has. */
function gatherHolder(
  stores: ClusterStores,
  { metadata: { namespace = "", name } }: Pick<FlinkDeployment, "metadata">,
  find: (name: string) => KubeObject | undefined,
): string | undefined {
  const deployment = stores.deployments.get(namespace, jobManagerName(name));
  return deployment === undefined ? holderOf(name, find) : ownerOfAnother(name, deployment);
}

/**
 * The cluster that runs the job of a resource, and the other one, if anything of it is there. The status says which is which. Where the
 * Java operator has dropped that, the newer JobManager that is no standby runs the job (docs/adr/0034).
 */
function gatherClusters(
  stores: ClusterStores,
  { metadata: { namespace = "", name, uid }, status }: Pick<FlinkDeployment, "metadata" | "status">,
  isTaken: (clusterId: string) => boolean,
  restAccess: RestAccess,
  otherFlink: FlinkFacts | undefined,
): Pick<Facts, "clusterId" | "other" | "otherIsTaken"> {
  const warm = warmClusterId(name);
  const found = stores.deployments.get(namespace, jobManagerName(warm));
  const isOwn = found?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
  const isForeign =
    status?.clusterId === warm ? ownerOfAnother(name, found) !== undefined : found !== undefined && !isOwn;
  // What is there of its own is taken down for the other resource, which waits for that.
  const otherIsTaken = status?.clusterId !== warm && isTaken(warm);
  if (isForeign || (otherIsTaken && !isOwn)) return { otherIsTaken: true };
  // A job that moves back to the cluster of the resource's name.
  const isBack = status?.warmUpgrade?.savepoint !== undefined;
  const clusterId =
    status?.clusterId ??
    (isBack ? name : undefined) ??
    foundClusterId(stores, namespace, name, warm, status?.jobStatus?.jobId);
  const other = gatherOther(stores, namespace, clusterId === warm ? name : warm, restAccess, otherFlink);
  return {
    ...(clusterId === name ? {} : { clusterId }),
    ...(otherIsTaken ? { otherIsTaken } : {}),
    ...(other === undefined ? {} : { other }),
  };
}

/** Where no JobManager runs, as of a job that is suspended, the HA metadata of the job tells where it ran. */
function foundClusterId(
  { deployments, configMaps }: ClusterStores,
  namespace: string,
  name: string,
  warm: string,
  jobId: string | undefined,
): string {
  const runs = (clusterId: string) => {
    const found = deployments.get(namespace, jobManagerName(clusterId));
    return found?.metadata.labels?.[COMPONENT_LABEL] === components.jobManager ? found.facts : undefined;
  };
  const [own, other] = [runs(name), runs(warm)];
  if (own === undefined && other === undefined) {
    const maps = configMaps.by("cluster", clusterKey(namespace, warm)).map(withDeleting);
    return jobId !== undefined && isOfJob(maps, jobId) ? warm : name;
  }
  if (other === undefined) return name;
  return own === undefined || own.creationTimestamp < other.creationTimestamp ? warm : name;
}

function gatherOther(
  stores: ClusterStores,
  namespace: string,
  clusterId: string,
  restAccess: RestAccess,
  flink: FlinkFacts | undefined,
): OtherCluster | undefined {
  const { jobManager, jobManagerPods, taskManagerPods, haConfigMaps, restHost } = gather(
    stores,
    namespace,
    clusterId,
    undefined,
    undefined,
    restAccess,
  );
  const nothing = [jobManagerPods, taskManagerPods, haConfigMaps].every((list) => list.length === 0);
  if (jobManager === undefined && nothing) return undefined;
  const label = stores.deployments.get(namespace, jobManagerName(clusterId))?.metadata.labels?.[
    COMPONENT_LABEL
  ];
  const standby = label === components.standby;
  return { clusterId, standby, jobManager, jobManagerPods, taskManagerPods, haConfigMaps, restHost, flink };
}

/** The snapshots of one resource's job, and whether other resources refer to a path. */
export const gatherSnapshots = (
  { snapshots, dependents }: ClusterStores,
  kind: JobKind,
  namespace: string,
  name: string,
): Pick<Facts, "snapshots" | "isNamedElsewhere"> => ({
  snapshots: snapshots.by("cluster", keyOf[kind](namespace, name)).map(withDeleting),
  isNamedElsewhere: (path) =>
    referencesTo(path, dependents).some(
      (reference) => reference.kind !== kind || reference.name !== name || reference.namespace !== namespace,
    ),
});

/** A resource that refers to a path to restore from. */
export interface PathReference {
  readonly kind: DependentKind;
  readonly namespace: string;
  readonly name: string;
}

export const referencesTo = (path: string, dependents: Dependents | undefined): PathReference[] =>
  path === "" || dependents === undefined
    ? []
    : dependentKinds.flatMap((kind) =>
        dependents[kind]
          .by("path", normalised(path))
          .map(({ metadata: { namespace = "", name } }) => ({ kind, namespace, name })),
      );

/** The store marks our own deletions in the metadata before the watch delivers them. */
const withDeleting = <T extends { readonly deleting: boolean }>(object: {
  readonly metadata: { deletionTimestamp?: string };
  readonly facts: T;
}): T =>
  object.metadata.deletionTimestamp === undefined || object.facts.deleting
    ? object.facts
    : { ...object.facts, deleting: true };

/** Every JobManager pod redirects to the leader, so any of them works. Prefers a ready one. */
function restHost(pods: readonly PodFacts[]): string | undefined {
  const reachable = pods.filter((pod) => pod.ip !== undefined && !pod.deleting);
  return (reachable.find((pod) => pod.ready) ?? reachable[0])?.ip;
}
