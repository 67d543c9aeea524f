import { isDeepStrictEqual } from "node:util";
import { type KubeObject, type ResourceType, resourceTypes } from "../api/kubernetes.ts";
import { APP_LABEL, COMPONENT_LABEL, clusterTypes, components, TYPE_LABEL } from "../api/v1beta1/names.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import type { FlinkRest } from "../flink/api.ts";
import { createPoller } from "../flink/poller.ts";
import type { KubeApi } from "../kube/api.ts";
import type { Clock } from "../runtime/clock.ts";
import { createEventRecorder } from "../runtime/eventRecorder.ts";
import { createWorkQueue, type PassReport } from "../runtime/queue.ts";
import { createStore, type Store } from "../runtime/store.ts";
import { createWatcher } from "../runtime/watcher.ts";
import type { Logger } from "../telemetry/log.ts";
import { createFlinkDeploymentController, UnfinishedPass } from "./flinkdeployment/controller.ts";
import { type ClusterIndex, clusterKey, type RestAccess } from "./flinkdeployment/gather.ts";
import {
  type Projected,
  type ProjectedConfigMap,
  type ProjectedDeployment,
  type ProjectedPod,
  projectConfigMap,
  projectDeployment,
  projectPod,
} from "./flinkdeployment/project.ts";

export interface OperatorOptions {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly clock: Clock;
  readonly log: Logger;
  /** The operator's own configuration, as it is now. */
  config(): FlinkConfig;
  /** Logging configurations by name, for resources that bring none. */
  readonly logFiles?: Readonly<Record<string, string>>;
  readonly restAccess: RestAccess;
  /** Absent or empty: all namespaces. */
  readonly namespaces?: readonly string[];
  /** Numbers from 0 to less than 1, for jitter. */
  readonly random?: () => number;
  /** Called after each pass. */
  onPass?(report: PassReport): void;
}

export interface Operator {
  /** Begins to watch and, as soon as everything has been read once, to act. */
  start(): void;
  /** Begins nothing new; resolves when the running passes have ended. */
  stop(): Promise<void>;
  /** Whether everything that is watched has been read once. */
  readonly synced: boolean;
}

const managedClusters = `${TYPE_LABEL} in (${clusterTypes.native},${clusterTypes.standalone})`;
/** Flink labels its HA ConfigMaps as native in standalone mode too. */
const managedConfigMaps = `${TYPE_LABEL}=${clusterTypes.native}`;

const ownKey = ({ metadata }: KubeObject): string => clusterKey(metadata.namespace ?? "", metadata.name);

function clusterOf({ metadata }: KubeObject): string | undefined {
  const clusterId = metadata.labels?.[APP_LABEL];
  return clusterId === undefined ? undefined : clusterKey(metadata.namespace ?? "", clusterId);
}

const byCluster = {
  cluster: (object: KubeObject): string[] => {
    const key = clusterOf(object);
    return key === undefined ? [] : [key];
  },
};

const factsDiffer = <T>(old: Projected<T>, current: Projected<T>): boolean =>
  !isDeepStrictEqual(old.facts, current.facts);

/** The operator put together: what wakes whom, and who reads what. */
export function createOperator(options: OperatorOptions): Operator {
  const { kube, flink, clock, log, config, random } = options;
  const jitter = random === undefined ? {} : { random };
  const now = () => clock.now();
  const resources = createStore<KubeObject>({ now });
  const deployments = createStore<ProjectedDeployment>({ project: projectDeployment, now });
  const pods = createStore<ProjectedPod, ClusterIndex>({ project: projectPod, indices: byCluster, now });
  const configMaps = createStore<ProjectedConfigMap, ClusterIndex>({
    project: projectConfigMap,
    indices: byCluster,
    now,
  });
  const stores = { deployments, pods, configMaps };

  const queue = createWorkQueue({
    clock,
    concurrency: config().get(operatorOptions.reconcileParallelism),
    backoff: { floorMs: 500, capMs: config().get(operatorOptions.retryMaxInterval), factor: 2 },
    process: async (key) => {
      const [namespace = "", name = ""] = key.split("/", 2);
      return controller.reconcile(namespace, name);
    },
    onPass: (report) => {
      const { key, error } = report;
      options.onPass?.(report);
      if (error !== undefined && !(error instanceof UnfinishedPass))
        log.error({ key, error }, "a pass failed");
    },
    ...jitter,
  });
  const poller = createPoller({ rest: flink, clock, onFacts: (key) => queue.add(key), ...jitter });
  const recorder = createEventRecorder({
    api: kube,
    clock,
    onError: (error, event) => log.warn({ error, reason: event.reason }, "an event could not be recorded"),
  });
  const controller = createFlinkDeploymentController({
    kube,
    flink,
    poller,
    recorder,
    clock,
    log,
    restAccess: options.restAccess,
    operatorConfig: config,
    logFiles: options.logFiles ?? {},
    resources,
    stores,
    ...jitter,
  });

  const ending = new AbortController();

  function watch(
    type: ResourceType,
    store: Store<KubeObject> | (typeof stores)[keyof typeof stores],
    labelSelector?: string,
  ): void {
    const namespaces = options.namespaces?.length ? options.namespaces : [undefined];
    for (const namespace of namespaces) {
      const watcher = createWatcher({
        api: kube,
        type,
        feed: store.feed(namespace),
        clock,
        selection: {
          ...(namespace === undefined ? {} : { namespace }),
          ...(labelSelector === undefined ? {} : { labelSelector }),
        },
        onReport: (report) => {
          if (report.error !== undefined) log.warn({ ...report, type: type.kind }, "a watch broke");
        },
        ...jitter,
      });
      watcher
        .run(ending.signal)
        .catch((error: unknown) => log.fatal({ error, type: type.kind }, "a watch ended"));
    }
  }

  /** Wakes the cluster that an object belongs to, where the change is one that a decision may turn on. */
  function wakes<T extends KubeObject>(
    store: Pick<Store<T>, "subscribe">,
    keyOf: (object: KubeObject) => string | undefined,
    matters: (old: T, current: T) => boolean,
  ): void {
    store.subscribe(({ old, new: current, own }) => {
      if (own || (old !== undefined && current !== undefined && !matters(old, current))) return;
      const object = current ?? old;
      const key = object === undefined ? undefined : keyOf(object);
      if (key === undefined) return;
      queue.add(key, "edit");
      poller.poke(key);
    });
  }

  return {
    start() {
      wakes(resources, ownKey, () => true);
      wakes(deployments, ownKey, factsDiffer);
      wakes(pods, clusterOf, factsDiffer);
      // Flink renews its leader lease in them every few seconds and names each checkpoint: only their coming and going matters.
      wakes(configMaps, clusterOf, (old, current) => old.facts.deleting !== current.facts.deleting);
      watch(resourceTypes.flinkDeployment, resources);
      watch(
        resourceTypes.deployment,
        deployments,
        `${managedClusters},${COMPONENT_LABEL}=${components.jobManager}`,
      );
      watch(resourceTypes.pod, pods, managedClusters);
      watch(resourceTypes.configMap, configMaps, managedConfigMaps);
      const synced = [resources, deployments, pods, configMaps].map((store) => store.whenSynced());
      void Promise.all(synced).then(() => {
        log.info({ resources: resources.size }, "everything has been read; beginning to act");
        queue.start();
      });
    },
    async stop() {
      ending.abort();
      poller.stop();
      await queue.stop();
    },
    get synced() {
      return [resources, deployments, pods, configMaps].every((store) => store.synced);
    },
  };
}
