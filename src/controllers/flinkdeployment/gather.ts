import type { FlinkFacts } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { type JobKind, jobKinds } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { COMPONENT_LABEL, components, jobManagerName, taskManagerName } from "../../api/v1beta1/names.ts";
import type { Facts, PodFacts, PodLog, SessionJobFacts } from "../../core/job/model/facts.ts";
import { normalised } from "../../core/job/restore/knownSnapshots.ts";
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
