import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { APP_LABEL, COMPONENT_LABEL, clusterTypes, components, TYPE_LABEL } from "../api/v1beta1/names.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { type RouteKind, routeKindOf, routeKinds, routeTypes } from "../core/build/ingress.ts";
import type { FlinkRest } from "../flink/api.ts";
import type { Artifacts } from "../flink/artifacts/api.ts";
import { fetchJar, submitJar } from "../flink/artifacts/submitJar.ts";
import { createPoller, type PollerOptions } from "../flink/poller.ts";
import { createSubmitter } from "../flink/submitter.ts";
import type { KubeApi } from "../kube/api.ts";
import type { Clock } from "../runtime/clock.ts";
import { createEventRecorder } from "../runtime/eventRecorder.ts";
import { keepingScaleRecords } from "../runtime/projection.ts";
import { createWorkQueue, type PassReport, type PassResult, type QueueStats } from "../runtime/queue.ts";
import { createStore, type Store } from "../runtime/store.ts";
import type { Logger } from "../telemetry/log.ts";
import { createCanaries, isCanary } from "./canary.ts";
import { fenceFlink, fenceKube, type MayAct } from "./fence.ts";
import { createFlinkDeploymentController, UnfinishedPass } from "./flinkdeployment/controller.ts";
import { type ClusterIndex, clusterKey, type RestAccess, sessionJobKey } from "./flinkdeployment/gather.ts";
import {
  type Projected,
  type ProjectedConfigMap,
  type ProjectedDeployment,
  type ProjectedPod,
  type ProjectedSnapshot,
  projectConfigMap,
  projectDeployment,
  projectPod,
  projectSnapshot,
} from "./flinkdeployment/project.ts";
import { createRoutes, type ProjectedRoute, projectRoute } from "./flinkdeployment/routes.ts";
import { createFlinkSessionJobController } from "./flinksessionjob/controller.ts";
import {
  projectSessionJob,
  type StoredSessionJob,
  sessionClusterOf,
  sessionJobsByCluster,
} from "./flinksessionjob/project.ts";
import { createFlinkStateSnapshotController } from "./flinkstatesnapshot/controller.ts";
import {
  jobKey,
  ownerOf,
  type PathIndex,
  resourcesByPath,
  type SnapshotIndex,
  snapshotIndices,
} from "./flinkstatesnapshot/gather.ts";
import { deploymentResolver } from "./flinkstatesnapshot/referredJob.ts";
import { sessionJobResolver } from "./flinkstatesnapshot/referredSessionJob.ts";
import type { HealthFacts } from "./health.ts";
import type { Measured } from "./operatorMetrics.ts";
import type { OnPassPart } from "./passParts.ts";
import { createWatches } from "./watches.ts";

export interface OperatorOptions {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where the jars of session jobs come from. */
  readonly artifacts: Artifacts;
  /** The operator's own configuration, as it is now. */
  config(): FlinkConfig;
  /** Logging configurations by name, for resources that bring none. */
  readonly logFiles?: Readonly<Record<string, string>>;
  readonly restAccess: RestAccess;
  /** The namespaces to look after, as it is now; undefined, or the function absent: all. */
  namespaces?(): readonly string[] | undefined;
  /** Whether the operator may change anything at this moment; absent: always. */
  readonly mayAct?: MayAct;
  /** Numbers from 0 to less than 1, for jitter. */
  readonly random?: () => number;
  /** Called after each pass over a resource of the kind. */
  onPass?(report: PassReport, kind: string): void;
  readonly onPassPart?: OnPassPart;
  /** Called where a resource of the kind came, changed or went: by a watch, or by a write of our own. */
  onResource?(old: KubeObject | undefined, current: KubeObject | undefined, kind: string): void;
  /** Called after each of the poller's calls to a JobManager. */
  readonly onCall?: PollerOptions["onCall"];
}

export interface Operator {
  /** Begins to watch and, as soon as everything has been read once, to act. */
  start(): void;
  /** Takes over the configuration as it is now, and looks at every resource again by it. */
  reconfigured(): void;
  /** Begins nothing new; resolves when the running passes have ended. */
  stop(): Promise<void>;
  /** Whether everything that is watched has been read once. */
  readonly synced: boolean;
  health(): HealthFacts;
  /** What its metrics are taken from. */
  readonly measured: Measured;
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
  const { clock, log, config, random, mayAct } = options;
  const kube = mayAct === undefined ? options.kube : fenceKube(options.kube, mayAct);
  const flink = mayAct === undefined ? options.flink : fenceFlink(options.flink, mayAct);
  const namespaces = () => options.namespaces?.();
  const jitter = random === undefined ? {} : { random };
  const now = () => clock.now();
  const resources = createStore<KubeObject, PathIndex>({ indices: resourcesByPath, now });
  const deployments = createStore<ProjectedDeployment>({ project: projectDeployment, now });
  const pods = createStore<ProjectedPod, ClusterIndex>({ project: projectPod, indices: byCluster, now });
  const configMaps = createStore<ProjectedConfigMap, ClusterIndex>({
    project: projectConfigMap,
    indices: byCluster,
    now,
  });
  const snapshots = createStore<ProjectedSnapshot, SnapshotIndex>({
    project: projectSnapshot,
    indices: snapshotIndices,
    now,
  });
  const sessionJobs = createStore<StoredSessionJob, ClusterIndex | PathIndex>({
    project: projectSessionJob,
    indices: { ...sessionJobsByCluster, ...resourcesByPath },
    now,
  });
  const routeStores = {
    Ingress: createStore<ProjectedRoute>({ project: projectRoute, now }),
    HTTPRoute: createStore<ProjectedRoute>({ project: projectRoute, now }),
  };
  const managesRoutes = () => config().get(operatorOptions.ingressManage);
  const dependents = { FlinkDeployment: resources, FlinkSessionJob: sessionJobs };
  const stores = { deployments, pods, configMaps, snapshots, dependents };

  const queueOf = (kind: string, process: (key: string) => Promise<PassResult>) =>
    createWorkQueue({
      clock,
      concurrency: workers(config().get(operatorOptions.reconcileParallelism)),
      backoff: { floorMs: 500, capMs: config().get(operatorOptions.retryMaxInterval), factor: 2 },
      process,
      onPass: (report) => {
        const { key, error } = report;
        options.onPass?.(report, kind);
        if (error !== undefined && !(error instanceof UnfinishedPass))
          log.error({ key, error }, "a pass failed");
      },
      ...jitter,
    });
  const queue = queueOf(resourceTypes.flinkDeployment.kind, process);
  const sessionJobQueue = queueOf(resourceTypes.flinkSessionJob.kind, processSessionJob);
  const snapshotQueue = queueOf(resourceTypes.flinkStateSnapshot.kind, processSnapshot);
  const queues = new Map([
    [resourceTypes.flinkDeployment.kind as string, queue],
    [resourceTypes.flinkSessionJob.kind, sessionJobQueue],
    [resourceTypes.flinkStateSnapshot.kind, snapshotQueue],
  ]);
  const news = (key: string): void =>
    key.startsWith(sessionJobPrefix)
      ? sessionJobQueue.add(key.slice(sessionJobPrefix.length))
      : queue.add(key);
  const poller = createPoller({
    rest: flink,
    clock,
    onFacts: news,
    onOperation: (owner) => wakeOwner(owner),
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
    ...jitter,
  });
  const recorder = createEventRecorder({
    api: kube,
    clock,
    onError: (error, event) => log.warn({ error, reason: event.reason }, "an event could not be recorded"),
  });
  const sources = {
    stores,
    poller,
    restAccess: options.restAccess,
    operatorConfig: config,
  };
  const hands = { kube, flink, recorder, clock, log, onPassPart: options.onPassPart };
  const ofJobs = {
    ...sources,
    ...hands,
    deployments,
    snapshots,
    hasSnapshots: (namespace: string) => watches.has(resourceTypes.flinkStateSnapshot, namespace),
    ...jitter,
  };
  const controller = createFlinkDeploymentController({
    ...ofJobs,
    resources,
    logFiles: options.logFiles ?? {},
    routes: createRoutes(routeStores, {
      hasRead: (type, namespace) => watches.hasRead(type, namespace),
      absence: (type, namespace) => watches.absence(type, namespace),
    }),
    sessionJobsOf: (namespace, name) =>
      sessionJobs
        .by("cluster", clusterKey(namespace, name))
        .filter((job) => !sessionJobController.hasLeft(job))
        .map(({ facts }) => facts),
  });
  const { artifacts } = options;
  const sessionJobController = createFlinkSessionJobController({
    ...ofJobs,
    resources: sessionJobs,
    submitter: createSubmitter({
      submitJar: (at, submission, signal) => submitJar(flink, artifacts, at, submission, signal),
      clock,
      onChange(key) {
        poller.poke(key);
        news(key);
      },
    }),
    jarFetcher: createSubmitter({
      submitJar: (_, submission, signal) => fetchJar(artifacts, submission, signal),
      clock,
      onChange: news,
    }),
    clusterOf: (namespace, name) => resources.get(namespace, name),
  });
  const snapshotController = createFlinkStateSnapshotController({
    ...sources,
    ...hands,
    dependents,
    snapshots,
    resolvers: {
      FlinkDeployment: deploymentResolver({ ...sources, resources }),
      FlinkSessionJob: sessionJobResolver({ ...sources, resources, sessionJobs }),
    },
  });

  const canaries = createCanaries({
    kube,
    clock,
    log,
    timeoutMs: () => config().get(operatorOptions.canaryTimeout),
    current: (namespace, name) => resources.get(namespace, name),
  });

  let followedNamespaces = namespaces();

  /** The passes that run, by key. */
  const running = new Map<string, Promise<unknown>>();

  async function process(key: string): Promise<PassResult> {
    const [namespace = "", name = ""] = key.split("/", 2);
    // What is not (or no longer) followed as a whole is not judged: to have read no Deployment yet is not to have none.
    const resource = resources.get(namespace, name);
    if (resource !== undefined && !watches.isReady(namespace)) return {};
    if (resource !== undefined && isCanary(resource)) return canaries.pass(resource);
    return followed(key, controller.reconcile(namespace, name));
  }

  async function processSessionJob(key: string): Promise<PassResult> {
    const [namespace = "", name = ""] = key.split("/", 2);
    if (sessionJobs.get(namespace, name) !== undefined && !watches.isReady(namespace)) return {};
    return followed(sessionJobKey(namespace, name), sessionJobController.reconcile(namespace, name));
  }

  function followed(key: string, pass: Promise<PassResult>): Promise<PassResult> {
    running.set(key, pass);
    return pass.finally(() => running.delete(key));
  }

  async function processSnapshot(key: string): Promise<PassResult> {
    const [namespace = "", name = ""] = key.split("/", 2);
    if (snapshots.get(namespace, name) !== undefined && !watches.isReady(namespace)) return {};
    return followed(ownerOf(namespace, name), snapshotController.reconcile(namespace, name));
  }

  /** Who follows an operation of a JobManager, by the name that the poller knows him by. */
  function wakeOwner(owner: string): void {
    const [kind, namespace = "", name = ""] = owner.split("/");
    queues.get(kind ?? "")?.add(clusterKey(namespace, name));
  }

  /** Those that wait for something of their job. */
  function wakeSnapshots(kind: string, namespace: string, name: string): void {
    for (const snapshot of snapshots.by("job", jobKey(kind, namespace, name)))
      if (isOpen(snapshot)) snapshotQueue.add(ownKey(snapshot));
  }

  const watches = createWatches({
    kube: options.kube,
    clock,
    log,
    subjects: [
      {
        type: resourceTypes.flinkDeployment,
        store: resources,
        labelSelector: config().get(operatorOptions.labelSelector),
      },
      {
        type: resourceTypes.deployment,
        store: deployments,
        trim: keepingScaleRecords,
        labelSelector: `${managedClusters},${COMPONENT_LABEL} in (${components.jobManager},${components.taskManager})`,
      },
      { type: resourceTypes.pod, store: pods, labelSelector: managedClusters },
      { type: resourceTypes.configMap, store: configMaps, labelSelector: managedConfigMaps },
      {
        type: resourceTypes.flinkSessionJob,
        store: sessionJobs,
        labelSelector: config().get(operatorOptions.labelSelector),
        optional: true,
      },
      { type: resourceTypes.flinkStateSnapshot, store: snapshots, optional: true },
      ...routeKinds.map((kind) => ({
        type: routeTypes[kind],
        store: routeStores[kind],
        labelSelector: `${COMPONENT_LABEL}=${components.ingress}`,
        optional: true,
        isFollowed: managesRoutes,
        isNeeded: (namespace: string | undefined) =>
          [...resources.values()].filter(isIn(namespace)).some(asksFor(kind)),
      })),
    ],
    onReady(namespace) {
      const known = [...resources.values()].filter(isIn(namespace));
      const where = namespace === undefined ? {} : { namespace };
      log.info({ ...where, resources: known.length }, "everything has been read; beginning to act");
      for (const resource of known) queue.add(ownKey(resource));
      for (const job of sessionJobs.values()) if (isIn(namespace)(job)) sessionJobQueue.add(ownKey(job));
      for (const snapshot of snapshots.values())
        if (isIn(namespace)(snapshot)) snapshotQueue.add(ownKey(snapshot));
    },
    async idle(namespace) {
      const passes = [...running].filter(
        ([key]) => namespace === undefined || namespaceOf(key) === namespace,
      );
      await Promise.allSettled(passes.map(([, pass]) => pass));
    },
    ...jitter,
  });

  const tellsOf = <T extends KubeObject>(kind: string, store: Pick<Store<T>, "subscribe">) =>
    store.subscribe(({ old, new: current }) => options.onResource?.(old, current, kind));

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

  /** A session cluster and its jobs look at each other's statuses: each wakes the other, also by what we wrote ourselves. */
  function wakeEachOther(): void {
    sessionJobs.subscribe(({ old, new: current, own }) => {
      const job = current ?? old;
      if (job === undefined) return;
      if (!own) sessionJobQueue.add(ownKey(job), "edit");
      if (own && isDeepStrictEqual(old?.facts, current?.facts)) return;
      for (const cluster of new Set([old, current].map((each) => each && sessionClusterOf(each))))
        if (cluster !== undefined) queue.add(cluster, "edit");
    });
    resources.subscribe(({ old, new: current }) => {
      const cluster = current ?? old;
      if (cluster !== undefined && clusterDiffers(old, current)) wakeSessionJobs(ownKey(cluster));
    });
  }

  function wakeSessionJobs(cluster: string): void {
    for (const job of sessionJobs.by("cluster", cluster)) {
      sessionJobQueue.add(ownKey(job), "edit");
      wakeSnapshots(resourceTypes.flinkSessionJob.kind, job.metadata.namespace ?? "", job.metadata.name);
    }
  }

  return {
    start() {
      wakeEachOther();
      tellsOf(resourceTypes.flinkDeployment.kind, resources);
      tellsOf(resourceTypes.flinkSessionJob.kind, sessionJobs);
      tellsOf(resourceTypes.flinkStateSnapshot.kind, snapshots);
      wakes(resources, ownKey, () => true);
      wakes(deployments, clusterOf, factsDiffer);
      wakes(pods, clusterOf, factsDiffer);
      for (const kind of routeKinds) wakes(routeStores[kind], ownKey, factsDiffer);
      // Flink renews its leader lease in them every few seconds and names each checkpoint: only their coming and going matters.
      wakes(configMaps, clusterOf, (old, current) => old.facts.deleting !== current.facts.deleting);
      snapshots.subscribe(({ old, new: current, own }) => {
        const snapshot = current ?? old;
        if (snapshot === undefined) return;
        // One that we made ourselves is not told of again: nothing else need come of the pass that made it.
        if (!own || old === undefined) snapshotQueue.add(ownKey(snapshot));
        const [cluster] = snapshotIndices.cluster(snapshot);
        if (cluster !== undefined && !isDeepStrictEqual(old?.facts, current?.facts)) news(cluster);
      });
      resources.subscribe(({ old, new: current }) => {
        const { namespace = "", name = "" } = (current ?? old)?.metadata ?? {};
        wakeSnapshots(resourceTypes.flinkDeployment.kind, namespace, name);
      });
      sessionJobs.subscribe(({ old, new: current }) => {
        const { namespace = "", name = "" } = (current ?? old)?.metadata ?? {};
        wakeSnapshots(resourceTypes.flinkSessionJob.kind, namespace, name);
      });
      watches.follow(followedNamespaces);
      for (const each of queues.values()) each.start();
    },
    reconfigured() {
      if (config().get(operatorOptions.dynamicNamespaces)) followedNamespaces = namespaces();
      watches.follow(followedNamespaces);
      for (const resource of resources.values()) queue.add(ownKey(resource), "poll");
      for (const job of sessionJobs.values()) sessionJobQueue.add(ownKey(job), "poll");
    },
    async stop() {
      watches.stop();
      canaries.stop();
      poller.stop();
      await Promise.all([...queues.values()].map((each) => each.stop()));
    },
    get synced() {
      return watches.allReady;
    },
    measured: {
      resources: () => resources.values(),
      sessionJobs: () => sessionJobs.values(),
      snapshots: () => snapshots.values(),
      queue: () => totalOf([...queues.values()].map((each) => each.stats())),
      poller: () => poller.counts(),
    },
    health: () => ({ now: clock.now(), watches: watches.health(), overdueCanaries: canaries.overdue() }),
  };
}

const sessionJobPrefix = sessionJobKey("", "").slice(0, -1);

/** Of a resource that is worked on, by the key that it runs under: it ends with namespace and name. */
const namespaceOf = (key: string): string | undefined => key.split(/[/:]/).at(-2);

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
/** What the queues of all kinds hold; the oldest of any is the oldest. */
const totalOf = (stats: readonly QueueStats[]): QueueStats =>
  stats.reduce((sum, each) => ({
    ready: sum.ready + each.ready,
    delayed: sum.delayed + each.delayed,
    running: sum.running + each.running,
    known: sum.known + each.known,
    oldestMs: Math.max(sum.oldestMs, each.oldestMs),
  }));

/** Nothing happens to one that has ended, until it is to go. */
const isOpen = ({ facts: { state, deleting } }: ProjectedSnapshot): boolean =>
  deleting || state === "TRIGGER_PENDING" || state === "IN_PROGRESS";

const asksFor =
  (kind: RouteKind) =>
  (resource: KubeObject): boolean => {
    const { ingress } = asFlinkDeployment(resource).spec;
    return ingress != null && routeKindOf(ingress) === kind;
  };

const isIn = (namespace: string | undefined) => (object: KubeObject) =>
  namespace === undefined || object.metadata.namespace === namespace;

/** Where the configuration sets no limit, there is none. */
const workers = (parallelism: number): number => (parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY);
