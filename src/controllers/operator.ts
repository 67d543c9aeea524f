import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import type { FlinkRest } from "../flink/api.ts";
import type { Artifacts } from "../flink/artifacts/api.ts";
import { fetchJar, submitJar } from "../flink/artifacts/submitJar.ts";
import { createPoller, type PollerOptions } from "../flink/poller.ts";
import { createSubmitter } from "../flink/submitter.ts";
import type { KubeApi } from "../kube/api.ts";
import type { Clock } from "../runtime/clock.ts";
import { createEventRecorder } from "../runtime/eventRecorder.ts";
import {
  createWorkQueue,
  type QueueStats,
  type ReconcileReport,
  type ReconcileResult,
} from "../runtime/queue.ts";
import type { Change, StoreReader } from "../runtime/store.ts";
import type { Logger } from "../telemetry/log.ts";
import { createEnqueuer, type Queues, type ReconciledKind } from "./enqueue.ts";
import { fenceFlink, fenceKube, type MayAct } from "./fence.ts";
import { createFlinkDeploymentController } from "./flinkdeployment/controller.ts";
import { clusterKey, type RestAccess } from "./flinkdeployment/gather.ts";
import { createRoutes } from "./flinkdeployment/routes.ts";
import { createFlinkSessionJobController } from "./flinksessionjob/controller.ts";
import { createFlinkStateSnapshotController } from "./flinkstatesnapshot/controller.ts";
import { deploymentResolver } from "./flinkstatesnapshot/referredJob.ts";
import { sessionJobResolver } from "./flinkstatesnapshot/referredSessionJob.ts";
import { createCanaries, isCanary } from "./health/canary.ts";
import type { HealthFacts } from "./health/health.ts";
import type { Measured } from "./metrics/operatorMetrics.ts";
import { UnfinishedReconcile } from "./reconciler.ts";
import type { OnReconcilePart } from "./reconcileTiming.ts";
import { createStores, isIn, ownKey, subjectsOf } from "./stores.ts";
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
  onPass?(report: ReconcileReport, kind: string): void;
  readonly onPassPart?: OnReconcilePart;
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

/** The operator put together: who reads what, who wakes whom, and who acts. */
export function createOperator(options: OperatorOptions): Operator {
  const { clock, log, config, random, mayAct, artifacts, restAccess } = options;
  const kube = mayAct === undefined ? options.kube : fenceKube(options.kube, mayAct);
  const flink = mayAct === undefined ? options.flink : fenceFlink(options.flink, mayAct);
  const jitter = random === undefined ? {} : { random };
  const namespaces = () => options.namespaces?.();
  let followedNamespaces = namespaces();

  const stores = createStores(() => clock.now());
  const { resources, sessionJobs, snapshots, deployments, dependents } = stores;

  /** The passes that run. */
  const running = new Set<{ readonly namespace: string; readonly pass: Promise<unknown> }>();

  function queueOf<T>(
    kind: ReconciledKind,
    store: Pick<StoreReader<T>, "get">,
    pass: (namespace: string, name: string, resource: T | undefined) => Promise<ReconcileResult>,
  ) {
    return createWorkQueue({
      clock,
      concurrency: workers(config().get(operatorOptions.reconcileParallelism)),
      backoff: { floorMs: 500, capMs: config().get(operatorOptions.retryMaxInterval), factor: 2 },
      async process(key) {
        const [namespace = "", name = ""] = key.split("/", 2);
        const resource = store.get(namespace, name);
        // What is not (or no longer) followed as a whole is not judged: to have read no Deployment yet is not to have none.
        if (resource !== undefined && !watches.isReady(namespace)) return {};
        const entry = { namespace, pass: pass(namespace, name, resource) };
        running.add(entry);
        return entry.pass.finally(() => running.delete(entry));
      },
      onPass: (report) => {
        const { key, error } = report;
        options.onPass?.(report, kind);
        if (error !== undefined && !(error instanceof UnfinishedReconcile))
          log.error({ key, error }, "a pass failed");
      },
      ...jitter,
    });
  }
  const queues: Queues = {
    FlinkDeployment: queueOf("FlinkDeployment", resources, (namespace, name, resource) =>
      resource !== undefined && isCanary(resource)
        ? canaries.pass(resource)
        : deploymentController.reconcile(namespace, name),
    ),
    FlinkSessionJob: queueOf("FlinkSessionJob", sessionJobs, (namespace, name) =>
      sessionJobController.reconcile(namespace, name),
    ),
    FlinkStateSnapshot: queueOf("FlinkStateSnapshot", snapshots, (namespace, name) =>
      snapshotController.reconcile(namespace, name),
    ),
  };
  const wakes = createEnqueuer(stores, queues);
  const poller = createPoller({
    rest: flink,
    clock,
    onFacts: wakes.news,
    onOperation: wakes.operation,
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
    ...jitter,
  });
  const recorder = createEventRecorder({
    api: kube,
    clock,
    onError: (error, event) => log.warn({ error, reason: event.reason }, "an event could not be recorded"),
  });
  const watches = createWatches({
    kube: options.kube,
    clock,
    log,
    subjects: subjectsOf(stores, config),
    onReady(namespace) {
      const known = [...resources.values()].filter(isIn(namespace));
      const where = namespace === undefined ? {} : { namespace };
      log.info({ ...where, resources: known.length }, "everything has been read; beginning to act");
      for (const resource of known) queues.FlinkDeployment.add(ownKey(resource));
      for (const job of sessionJobs.values())
        if (isIn(namespace)(job)) queues.FlinkSessionJob.add(ownKey(job));
      for (const snapshot of snapshots.values())
        if (isIn(namespace)(snapshot)) queues.FlinkStateSnapshot.add(ownKey(snapshot));
    },
    async idle(namespace) {
      const passes = [...running].filter((each) => namespace === undefined || each.namespace === namespace);
      await Promise.allSettled(passes.map(({ pass }) => pass));
    },
    ...jitter,
  });

  const sources = { stores, poller, restAccess, operatorConfig: config };
  const clients = { kube, flink, recorder, clock, log, onPassPart: options.onPassPart };
  const ofJobs = {
    ...sources,
    ...clients,
    deployments,
    snapshots,
    hasSnapshots: (namespace: string) => watches.has(resourceTypes.flinkStateSnapshot, namespace),
    ...jitter,
  };
  const deploymentController = createFlinkDeploymentController({
    ...ofJobs,
    resources,
    logFiles: options.logFiles ?? {},
    routes: createRoutes(stores.routes, watches),
    sessionJobsOf: (namespace, name) =>
      sessionJobs
        .by("cluster", clusterKey(namespace, name))
        .filter((job) => !sessionJobController.hasLeft(job))
        .map(({ facts }) => facts),
  });
  const sessionJobController = createFlinkSessionJobController({
    ...ofJobs,
    resources: sessionJobs,
    submitter: createSubmitter({
      submitJar: (at, submission, signal) => submitJar(flink, artifacts, at, submission, signal),
      clock,
      onChange(key) {
        poller.poke(key);
        wakes.news(key);
      },
    }),
    jarFetcher: createSubmitter({
      submitJar: (_, submission, signal) => fetchJar(artifacts, submission, signal),
      clock,
      onChange: wakes.news,
    }),
    clusterOf: (namespace, name) => resources.get(namespace, name),
  });
  const snapshotController = createFlinkStateSnapshotController({
    ...sources,
    ...clients,
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

  function tellChanges(): void {
    const { onResource } = options;
    if (onResource === undefined) return;
    for (const [kind, store] of Object.entries({ ...dependents, FlinkStateSnapshot: snapshots }))
      store.subscribe(({ old, new: current }: Change<KubeObject>) => onResource(old, current, kind));
  }

  return {
    start() {
      wakes.follow(poller);
      tellChanges();
      watches.follow(followedNamespaces);
      for (const queue of Object.values(queues)) queue.start();
    },
    reconfigured() {
      if (config().get(operatorOptions.dynamicNamespaces)) followedNamespaces = namespaces();
      watches.follow(followedNamespaces);
      for (const resource of resources.values()) queues.FlinkDeployment.add(ownKey(resource), "poll");
      for (const job of sessionJobs.values()) queues.FlinkSessionJob.add(ownKey(job), "poll");
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
      resources: () => resources.values(),
      sessionJobs: () => sessionJobs.values(),
      snapshots: () => snapshots.values(),
      queue: () => totalOf(Object.values(queues).map((queue) => queue.stats())),
      poller: () => poller.counts(),
    },
    health: () => ({ now: clock.now(), watches: watches.health(), overdueCanaries: canaries.overdue() }),
  };
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

/** Where the configuration sets no limit, there is none. */
const workers = (parallelism: number): number => (parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY);
