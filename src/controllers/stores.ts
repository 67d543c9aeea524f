import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { APP_LABEL, COMPONENT_LABEL, clusterTypes, components, TYPE_LABEL } from "../api/v1beta1/names.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { type RouteKind, routeKindOf, routeKinds, routeTypes } from "../core/build/ingress.ts";
import { ownOnly } from "../runtime/ownOnly.ts";
import { withScaleRecords } from "../runtime/projection.ts";
import { createStore, type Store } from "../runtime/store.ts";
import { childrenByParent, type ParentIndex } from "./flinkbluegreendeployment/gather.ts";
import { type ClusterIndex, clusterKey, type Dependents } from "./flinkdeployment/gather.ts";
import { type ProjectedRoute, projectRoute } from "./flinkdeployment/ingressRoutes.ts";
import {
  type ProjectedConfigMap,
  type ProjectedDeployment,
  type ProjectedPod,
  type ProjectedSnapshot,
  projectConfigMap,
  projectDeployment,
  projectPod,
  projectSnapshot,
} from "./flinkdeployment/project.ts";
import { projectSessionJob, type StoredSessionJob, sessionJobsByCluster } from "./flinksessionjob/project.ts";
import {
  blueGreenByPath,
  type PathIndex,
  resourcesByPath,
  type SnapshotIndex,
  snapshotIndices,
} from "./flinkstatesnapshot/gather.ts";
import type { WatchedType } from "./watchManager.ts";

/** The watched objects of the Kubernetes cluster. Of each type, only the fields that decisions depend on are kept. */
export interface Stores {
  /** FlinkDeployments, with all their fields. */
  readonly resources: Store<KubeObject, PathIndex | ParentIndex>;
  readonly sessionJobs: Store<StoredSessionJob, ClusterIndex | PathIndex>;
  readonly snapshots: Store<ProjectedSnapshot, SnapshotIndex>;
  /** FlinkBlueGreenDeployments, whole. */
  readonly blueGreen: Store<KubeObject, PathIndex>;
  readonly deployments: Store<ProjectedDeployment>;
  readonly pods: Store<ProjectedPod, ClusterIndex>;
  readonly configMaps: Store<ProjectedConfigMap, ClusterIndex>;
  readonly routes: Readonly<Record<RouteKind, Store<ProjectedRoute>>>;
  /** The stores of the kinds that may start a job from a path. */
  readonly dependents: Dependents;
}

/** The key of a resource: "namespace/name". */
export const ownKey = ({ metadata }: KubeObject): string =>
  clusterKey(metadata.namespace ?? "", metadata.name);

/** The key of the Flink cluster that an object belongs to, from its label. */
export function clusterOf({ metadata }: KubeObject): string | undefined {
  const clusterId = metadata.labels?.[APP_LABEL];
  return clusterId === undefined ? undefined : clusterKey(metadata.namespace ?? "", clusterId);
}

/** Whether an object is in this namespace. Undefined: any namespace. */
export const isIn =
  (namespace: string | undefined) =>
  (object: KubeObject): boolean =>
    namespace === undefined || object.metadata.namespace === namespace;

const byCluster = {
  cluster: (object: KubeObject): string[] => {
    const key = clusterOf(object);
    return key === undefined ? [] : [key];
  },
};

/** `now` in milliseconds since the epoch. */
export function createStores(now: () => number): Stores {
  const resources = createStore<KubeObject, PathIndex | ParentIndex>({
    indices: { ...resourcesByPath, ...childrenByParent },
    now,
  });
  const sessionJobs = createStore<StoredSessionJob, ClusterIndex | PathIndex>({
    project: projectSessionJob,
    indices: { ...sessionJobsByCluster, ...resourcesByPath },
    now,
  });
  const blueGreen = createStore<KubeObject, PathIndex>({ indices: blueGreenByPath, now });
  return {
    resources,
    sessionJobs,
    dependents: {
      FlinkDeployment: resources,
      FlinkSessionJob: sessionJobs,
      FlinkBlueGreenDeployment: blueGreen,
    },
    snapshots: createStore({ project: projectSnapshot, indices: snapshotIndices, now }),
    blueGreen,
    deployments: createStore({ project: projectDeployment, now }),
    pods: createStore({ project: projectPod, indices: byCluster, now }),
    configMaps: createStore({ project: projectConfigMap, indices: byCluster, now }),
    routes: {
      Ingress: createStore({ project: projectRoute, now }),
      HTTPRoute: createStore({ project: projectRoute, now }),
    },
  };
}

const managedClusters = `${TYPE_LABEL} in (${clusterTypes.native},${clusterTypes.standalone})`;
/** Flink labels its HA ConfigMaps as native in standalone mode too. Those with programs are larger, and nothing depends on them. */
const managedConfigMaps = `${TYPE_LABEL}=${clusterTypes.native},${COMPONENT_LABEL}!=${components.program}`;

/** Whether this operator acts for a namespace. */
export type OwnsNamespace = (namespace: string) => boolean;

/**
 * The types to watch, with the store that each fills. `config` returns the current configuration of the operator.
 *
 * Of namespaces that another operator acts for, only the resources are kept whose paths say which snapshots are still needed:
 * a snapshot is not deleted while a resource of any namespace may be restored from it.
 */
export function watchedTypesOf(
  stores: Stores,
  config: () => FlinkConfig,
  owns?: OwnsNamespace,
): readonly [WatchedType, ...WatchedType[]] {
  const labelSelector = config().get(operatorOptions.labelSelector);
  const isOwn = ({ metadata }: KubeObject): boolean => owns?.(metadata.namespace ?? "") ?? true;
  const own = (watched: WatchedType): WatchedType =>
    owns === undefined
      ? watched
      : {
          ...watched,
          store: ownOnly(watched.store, isOwn),
          isFollowed: (namespace) =>
            (namespace === undefined || owns(namespace)) && (watched.isFollowed?.(namespace) ?? true),
        };
  return [
    { type: resourceTypes.flinkDeployment, store: stores.resources, labelSelector },
    own({
      type: resourceTypes.deployment,
      store: stores.deployments,
      trim: withScaleRecords,
      labelSelector: `${managedClusters},${COMPONENT_LABEL} in (${components.jobManager},${components.standby},${components.taskManager})`,
    }),
    own({ type: resourceTypes.pod, store: stores.pods, labelSelector: managedClusters }),
    own({ type: resourceTypes.configMap, store: stores.configMaps, labelSelector: managedConfigMaps }),
    { type: resourceTypes.flinkSessionJob, store: stores.sessionJobs, labelSelector, optional: true },
    { type: resourceTypes.flinkStateSnapshot, store: stores.snapshots, optional: true },
    {
      type: resourceTypes.flinkBlueGreenDeployment,
      store: stores.blueGreen,
      labelSelector,
      optional: true,
    },
    ...routeKinds.map((kind) =>
      own({
        type: routeTypes[kind],
        store: stores.routes[kind],
        labelSelector: `${COMPONENT_LABEL}=${components.ingress}`,
        optional: true,
        isFollowed: () => config().get(operatorOptions.ingressManage),
        isNeeded: (namespace: string | undefined) =>
          [...stores.resources.values(), ...stores.blueGreen.values()]
            .filter((resource) => isIn(namespace)(resource) && isOwn(resource))
            .some(requestsRoute(kind)),
      }),
    ),
  ];
}

const requestsRoute =
  (kind: RouteKind) =>
  (resource: KubeObject): boolean => {
    const { ingress } = asFlinkDeployment(resource).spec;
    return ingress != null && routeKindOf(ingress) === kind;
  };
