import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import type { FlinkRest } from "../flink/api.ts";
import type { Artifacts } from "../flink/artifacts/api.ts";
import { checkScript, fetchJar, submitJar } from "../flink/artifacts/submitJar.ts";
import { createPoller, type PollerOptions } from "../flink/poller.ts";
import { createSubmitter } from "../flink/submitter.ts";
import type { KubeApi } from "../kube/api.ts";
import { observeOverload } from "../kube/overload.ts";
import type { Clock } from "../runtime/clock.ts";
import { createEventRecorder } from "../runtime/eventRecorder.ts";
import {
  createWorkQueue,
  type QueueStats,
  type ReconcileReport,
  type ReconcileResult,
  type WorkQueue,
} from "../runtime/queue.ts";
import type { Change, StoreReader } from "../runtime/store.ts";
import type { Logger } from "../telemetry/log.ts";
import { createClusterCapacity } from "./autoscaler/clusterCapacity.ts";
import { createEnqueuer, type Queues, type ReconciledKind } from "./enqueue.ts";
import { fenceFlink, fenceKube, type MayAct } from "./fence.ts";
import { createFlinkBlueGreenDeploymentController } from "./flinkbluegreendeployment/controller.ts";
import { isNeededByParent } from "./flinkbluegreendeployment/gather.ts";
import { createFlinkDeploymentController } from "./flinkdeployment/controller.ts";
import { clusterKey, type RestAccess } from "./flinkdeployment/gather.ts";
import { createRoutes } from "./flinkdeployment/ingressRoutes.ts";
import { createFlinkSessionJobController } from "./flinksessionjob/controller.ts";
import { withReferences } from "./flinksessionjob/references.ts";
import { createFlinkStateSnapshotController } from "./flinkstatesnapshot/controller.ts";
import { deploymentResolver } from "./flinkstatesnapshot/referredJob.ts";
import { sessionJobResolver } from "./flinkstatesnapshot/referredSessionJob.ts";
import { createCanaries, isCanary } from "./health/canary.ts";
import type { HealthFacts } from "./health/health.ts";
import { createWaves } from "./job/waves.ts";
import type { Measured } from "./metrics/operatorMetrics.ts";
import { type Reconciler, UnfinishedReconcile } from "./reconciler.ts";
import type { OnReconcilePart } from "./reconcileTiming.ts";
import type { PassRecorder } from "./recording/passRecorder.ts";
import { createStores, isIn, type OwnsNamespace, ownKey, watchedTypesOf } from "./stores.ts";
import { createWatchManager } from "./watchManager.ts";

export interface OperatorOptions {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly clock: Clock;
  readonly log: Logger;
  /** Fetches the jars of session jobs. */
  readonly artifacts: Artifacts;
  /** The current configuration of the operator. */
  config(): FlinkConfig;
  /** Default logging configuration files by name, for resources without their own. */
  readonly logFiles?: Readonly<Record<string, string>>;
  /** The jar that runs SQL scripts, in base64. Absent: SQL jobs are refused. */
  readonly sqlRunner?: string | undefined;
  /** The jar of the gate of warm upgrades, in base64. */
  readonly gate?: string | undefined;
  readonly restAccess: RestAccess;
  /** The namespaces to watch at present. Undefined, or no function: all. */
  namespaces?(): readonly string[] | undefined;
  /** Whether the operator acts for a namespace. Not asked before the start. The same from then on. Absent: for all. */
  readonly owns?: OwnsNamespace;
  /** Whether the operator may write at this moment. Absent: always. */
  readonly mayAct?: MayAct;
  /** Numbers from 0 to less than 1, for jitter. */
  readonly random?: () => number;
  /** Called after each reconcile of a resource of the kind. */
  onReconcile?(report: ReconcileReport, kind: string): void;
  readonly onReconcilePart?: OnReconcilePart;
  /** Keeps the passes of resources with a job that do something. Absent: nothing is kept. */
  readonly passes?: PassRecorder | undefined;
  /** Called when a resource of the kind was added, changed or deleted: by a watch event or by our own write. */
  onResource?(old: KubeObject | undefined, current: KubeObject | undefined, kind: string): void;
  /** Called after each of the poller's calls to a JobManager. */
  readonly onCall?: PollerOptions["onCall"];
}

export interface Operator {
  /** Starts the watches. Reconciles start as soon as everything has been read once. */
  start(): void;
  /** Applies the current configuration and enqueues every resource. */
  reconfigured(): void;
  /** Starts nothing new. Resolves when the running reconciles have ended. */
  stop(): Promise<void>;
  /** Whether everything that is watched has been read once. */
  readonly synced: boolean;
  health(): HealthFacts;
  /** How many entries each part keeps for resources and their clusters, by part. None is left of those that are gone. */
  retained(): Readonly<Record<string, number>>;
  /** The source of its metrics. */
  readonly measured: Measured;
}

/** Wires the stores, watches, poller, work queues and controllers together. */
export function createOperator(options: OperatorOptions): Operator {
  const { clock, log, config, random, mayAct, artifacts, restAccess, owns = () => true } = options;
  const { kube: observed, retryAfterMs } = observeOverload(options.kube, () => clock.now());
  const kube = mayAct === undefined ? observed : fenceKube(observed, mayAct);
  const flink = mayAct === undefined ? options.flink : fenceFlink(options.flink, mayAct);
  const jitter = random === undefined ? {} : { random };
  const namespaces = () => options.namespaces?.();
  let followedNamespaces = namespaces();

  const stores = createStores(() => clock.now());
  const { resources, sessionJobs, snapshots, blueGreen, deployments, dependents } = stores;

  /** The running reconciles. */
  const running = new Set<{ readonly namespace: string; readonly done: Promise<unknown> }>();

  const isOwn = ({ metadata }: KubeObject): boolean => owns(metadata.namespace ?? "");
  const own = <T extends KubeObject>(store: Pick<StoreReader<T>, "values">): T[] =>
    [...store.values()].filter(isOwn);

  function queueOf<T>(
    kind: ReconciledKind,
    store: Pick<StoreReader<T>, "get">,
    reconcile: (namespace: string, name: string, resource: T | undefined) => Promise<ReconcileResult>,
  ): WorkQueue {
    const queue = createWorkQueue({
      clock,
      concurrency: workers(config().get(operatorOptions.reconcileParallelism)),
      backoff: { floorMs: 500, capMs: config().get(operatorOptions.retryMaxInterval), factor: 2 },
      retryAfterMs,
      async process(key) {
        const [namespace = "", name = ""] = key.split("/", 2);
        const resource = store.get(namespace, name);
        // Only namespaces that are fully read are reconciled: a Deployment that is not read yet is not a missing one.
        if (resource !== undefined && !watches.isReady(namespace)) return {};
        const entry = { namespace, done: reconcile(namespace, name, resource) };
        running.add(entry);
        return entry.done.finally(() => running.delete(entry));
      },
      onReconcile: (report) => {
        const { key, error } = report;
        options.onReconcile?.(report, kind);
        if (error !== undefined && !(error instanceof UnfinishedReconcile))
          log.error({ key, error }, "a pass failed");
      },
      ...jitter,
    });
    return {
      ...queue,
      // The only way to a reconcile: nothing is done for the resources of another operator's namespaces.
      add(key, priority) {
        if (owns(key.slice(0, key.indexOf("/")))) queue.add(key, priority);
      },
    };
  }
  const queues: Queues = {
    FlinkDeployment: queueOf("FlinkDeployment", resources, (namespace, name, resource) =>
      resource !== undefined && isCanary(resource)
        ? canaries.reconcile(resource)
        : deploymentController.reconcile(namespace, name),
    ),
    FlinkSessionJob: queueOf("FlinkSessionJob", sessionJobs, (namespace, name) =>
      sessionJobController.reconcile(namespace, name),
    ),
    FlinkStateSnapshot: queueOf("FlinkStateSnapshot", snapshots, (namespace, name) =>
      snapshotController.reconcile(namespace, name),
    ),
    FlinkBlueGreenDeployment: queueOf("FlinkBlueGreenDeployment", blueGreen, (namespace, name) =>
      blueGreenController.reconcile(namespace, name),
    ),
  };
  const enqueuer = createEnqueuer(stores, queues);
  const waves = createWaves({ FlinkDeployment: resources, FlinkSessionJob: sessionJobs }, (kind, key) =>
    queues[kind].add(key),
  );
  const poller = createPoller({
    rest: flink,
    clock,
    onFacts: enqueuer.factsChanged,
    onOperation: enqueuer.operationChanged,
    onCollected: (key, purpose) =>
      purpose === "verification" ? enqueuer.parentChanged(key) : enqueuer.factsChanged(key),
    onError: (key, error) => log.error({ cluster: key, error }, "a JobManager's answer is not understood"),
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
    ...jitter,
  });
  const recorder = createEventRecorder({
    api: kube,
    clock,
    onError: (error, event) => log.warn({ error, reason: event.reason }, "an event could not be recorded"),
  });
  const watches = createWatchManager({
    kube: options.kube,
    clock,
    log,
    watchedTypes: watchedTypesOf(stores, config, options.owns),
    onReady(namespace) {
      if (namespace !== undefined && !owns(namespace)) return;
      const known = own(resources).filter(isIn(namespace));
      const where = namespace === undefined ? {} : { namespace };
      log.info({ ...where, resources: known.length }, "everything has been read; beginning to act");
      for (const resource of known) queues.FlinkDeployment.add(ownKey(resource));
      for (const job of sessionJobs.values())
        if (isIn(namespace)(job)) queues.FlinkSessionJob.add(ownKey(job));
      for (const snapshot of snapshots.values())
        if (isIn(namespace)(snapshot)) queues.FlinkStateSnapshot.add(ownKey(snapshot));
      for (const resource of blueGreen.values())
        if (isIn(namespace)(resource)) queues.FlinkBlueGreenDeployment.add(ownKey(resource));
    },
    async idle(namespace) {
      const inNamespace = [...running].filter(
        (each) => namespace === undefined || each.namespace === namespace,
      );
      await Promise.allSettled(inNamespace.map(({ done }) => done));
    },
    ...jitter,
  });

  const sources = { stores, poller, restAccess, operatorConfig: config };
  const clients = {
    kube,
    flink,
    recorder,
    clock,
    log,
    onReconcilePart: options.onReconcilePart,
    passes: options.passes,
  };
  const jobControllerOptions = {
    ...sources,
    ...clients,
    capacity: createClusterCapacity({ kube, clock, log, operatorConfig: config }),
    deployments,
    pods: stores.pods,
    snapshots,
    waves,
    hasSnapshots: (namespace: string) => watches.isAvailable(resourceTypes.flinkStateSnapshot, namespace),
    ...jitter,
  };
  const routes = createRoutes(stores.routes, watches);
  const jarFetcher = createSubmitter<undefined>({
    submitJar: (_, submission, signal) => fetchJar(artifacts, submission, signal),
    clock,
    onChange: enqueuer.factsChanged,
  });
  const deploymentController = createFlinkDeploymentController({
    ...jobControllerOptions,
    resources,
    logFiles: options.logFiles ?? {},
    sqlRunner: options.sqlRunner,
    gate: options.gate,
    jarFetcher,
    routes,
    isNeededByParent: (resource) => isNeededByParent(resource, blueGreen, resources),
    sessionJobsOf: (namespace, name) =>
      sessionJobs
        .by("cluster", clusterKey(namespace, name))
        .filter((job) => !sessionJobController.wasReleased(job))
        .map(({ facts }) => facts),
  });
  const sessionJobController = createFlinkSessionJobController({
    ...jobControllerOptions,
    resources: sessionJobs,
    sqlRunner: options.sqlRunner,
    submitter: createSubmitter({
      submitJar: async (at, submission, signal, report) =>
        submitJar(flink, artifacts, at, await withReferences(kube, submission, report), signal),
      clock,
      onChange(key) {
        poller.pollNow(key);
        enqueuer.factsChanged(key);
      },
    }),
    jarFetcher,
    scriptChecker: createSubmitter({
      submitJar: async (at, submission, signal) =>
        checkScript(flink, at, await withReferences(kube, submission), signal),
      clock,
      // A main method that hangs holds a thread of the JobManager, also after the request.
      onePerHost: true,
      onChange: enqueuer.factsChanged,
    }),
    clusterOf: (namespace, name) => resources.get(namespace, name),
  });
  const resolver = deploymentResolver({ ...sources, resources });
  const snapshotController = createFlinkStateSnapshotController({
    ...sources,
    ...clients,
    dependents,
    snapshots,
    resolvers: {
      FlinkDeployment: resolver,
      FlinkSessionJob: sessionJobResolver({ ...sources, resources, sessionJobs }),
    },
  });
  const blueGreenController = createFlinkBlueGreenDeploymentController({
    ...sources,
    ...clients,
    blueGreen,
    resources,
    resolver,
    routes,
  });
  const controllers: Readonly<Record<ReconciledKind, Reconciler>> = {
    FlinkDeployment: deploymentController,
    FlinkSessionJob: sessionJobController,
    FlinkStateSnapshot: snapshotController,
    FlinkBlueGreenDeployment: blueGreenController,
  };
  const canaries = createCanaries({
    kube,
    clock,
    log,
    timeoutMs: () => config().get(operatorOptions.canaryTimeout),
    current: (namespace, name) => resources.get(namespace, name),
  });

  function reportChanges(): void {
    const { onResource } = options;
    if (onResource === undefined) return;
    for (const [kind, store] of Object.entries({
      FlinkDeployment: resources,
      FlinkSessionJob: sessionJobs,
      FlinkStateSnapshot: snapshots,
    }))
      store.subscribe(({ old, new: current }: Change<KubeObject>) => {
        const resource = current ?? old;
        if (resource !== undefined && isOwn(resource)) onResource(old, current, kind);
      });
  }

  return {
    start() {
      enqueuer.subscribe(poller);
      reportChanges();
      watches.watchNamespaces(followedNamespaces);
      for (const queue of Object.values(queues)) queue.start();
    },
    reconfigured() {
      if (config().get(operatorOptions.dynamicNamespaces)) followedNamespaces = namespaces();
      watches.watchNamespaces(followedNamespaces);
      for (const resource of resources.values()) queues.FlinkDeployment.add(ownKey(resource), "poll");
      for (const job of sessionJobs.values()) queues.FlinkSessionJob.add(ownKey(job), "poll");
      for (const resource of blueGreen.values())
        queues.FlinkBlueGreenDeployment.add(ownKey(resource), "poll");
    },
    async stop() {
      watches.stop();
      canaries.stop();
      poller.stop();
      await Promise.all(Object.values(queues).map((queue) => queue.stop()));
    },
    get synced() {
      return watches.allReady;
    },
    measured: {
      resources: () => own(resources),
      sessionJobs: () => own(sessionJobs),
      snapshots: () => own(snapshots),
      blueGreen: () => own(blueGreen),
      waves: () => waves.measured(),
      autoscaled: () => [...deploymentController.autoscaled(), ...sessionJobController.autoscaled()],
      queue: () => totalOf(Object.values(queues).map((queue) => queue.stats())),
      poller: () => poller.counts(),
    },
    retained() {
      const { pods, configMaps, routes } = stores;
      const read = { resources, sessionJobs, snapshots, blueGreen, deployments, pods, configMaps, ...routes };
      return {
        ...sizes("queue of", queues, (queue) => queue.stats().known),
        ...sizes("store of", read, (store) => store.entries),
        ...sizes("controller of", controllers, ({ size }) => size),
        canaries: canaries.size,
        waves: waves.size,
        "recorded passes": options.passes?.size ?? 0,
        poller: poller.counts().entries,
        "events that are being recorded": recorder.inFlight,
      };
    },
    health: () => ({ now: clock.now(), watches: watches.health(), overdueCanaries: canaries.overdue() }),
  };
}

const sizes = <T>(
  what: string,
  parts: Readonly<Record<string, T>>,
  size: (part: T) => number,
): Record<string, number> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [`${what} ${name}`, size(part)]));

/** The statistics of all queues together. */
const totalOf = (stats: readonly QueueStats[]): QueueStats =>
  stats.reduce((sum, each) => ({
    ready: sum.ready + each.ready,
    delayed: sum.delayed + each.delayed,
    running: sum.running + each.running,
    known: sum.known + each.known,
    oldestMs: Math.max(sum.oldestMs, each.oldestMs),
  }));

/** Zero or a negative number in the configuration means no limit. */
const workers = (parallelism: number): number => (parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY);
