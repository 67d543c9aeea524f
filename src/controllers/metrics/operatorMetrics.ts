import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { PollerCounts, PollerOptions } from "../../flink/poller.ts";
import type { RequestRecord } from "../../kube/transport.ts";
import type { QueueStats, ReconcileReport } from "../../runtime/queue.ts";
import { createRegistry, type Registry } from "../../telemetry/metrics/registry.ts";
import type { MeasuredAutoscaler } from "../autoscaler/autoscaler.ts";
import type { MeasuredWave } from "../job/waves.ts";
import type { OnReconcilePart } from "../reconcileTiming.ts";
import { measureAutoscaler } from "./autoscalerMetrics.ts";
import { measureBlueGreen } from "./blueGreenMetrics.ts";
import { createFrameworkMetrics } from "./frameworkMetrics.ts";
import { createKubeClientMetrics } from "./kubeClientMetrics.ts";
import { createLifecycleMetrics } from "./lifecycleMetrics.ts";
import { measureResources } from "./resourceMetrics.ts";
import { measureSnapshots } from "./snapshotMetrics.ts";
import { measureWaves } from "./waveMetrics.ts";

/** The state of the operator that gauges read at each scrape. */
export interface Measured {
  resources(): Iterable<KubeObject>;
  sessionJobs(): Iterable<KubeObject>;
  snapshots(): Iterable<KubeObject>;
  blueGreen(): Iterable<KubeObject>;
  autoscaled(): Iterable<MeasuredAutoscaler>;
  waves(): readonly MeasuredWave[];
  queue(): QueueStats;
  poller(): PollerCounts;
}

export interface OperatorMetrics {
  readonly registry: Registry;
  onRequest(record: RequestRecord): void;
  onReconcile(report: ReconcileReport, kind: string): void;
  readonly onReconcilePart: OnReconcilePart;
  onResource(old: KubeObject | undefined, current: KubeObject | undefined, kind: string): void;
  readonly onCall: NonNullable<PollerOptions["onCall"]>;
  onEventLoopDelay(ms: number): void;
  /** Registers the gauges, which are read at each scrape. */
  measure(operator: Measured, election: MeasuredElection): void;
}

export interface MeasuredElection {
  readonly shards: number;
  /** The shard that this operator acts for. Undefined: it stands by. */
  shard(): number | undefined;
}

/** The labels of the operator's own pod, which the Java operator adds to every metric. */
export interface OperatorLabels {
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The metrics of the Java operator, with its Prometheus names and labels (REFERENCE 1.27), and our own, which begin with
 * flink_operator_. The number of series depends on namespaces, states and verbs, not on the number of jobs.
 */
export function createOperatorMetrics(
  labels: OperatorLabels,
  config: FlinkConfig,
  now: () => number = Date.now,
): OperatorMetrics {
  const registry = createRegistry({ ...labels });
  const own = "flink_operator";
  const samples = Math.max(1, config.get(operatorOptions.histogramSampleSize));

  const requests = registry.counter(
    `${own}_api_requests_total`,
    "Requests to the API server by verb, kind and class of the answer; 0xx: none came.",
    ["verb", "kind", "answer"],
  );
  const requestSeconds = registry.histogram(
    `${own}_api_request_seconds`,
    "How long requests to the API server took, but for watches.",
    seconds,
    ["verb"],
  );
  const reconciles = registry.counter(`${own}_passes_total`, "Passes over a resource, by how they ended.", [
    "kind",
    "outcome",
  ]);
  const passSeconds = registry.histogram(
    `${own}_pass_seconds`,
    "How long passes took: to decide, to act, and to write the status.",
    seconds,
    ["kind"],
  );
  const decideSeconds = registry.histogram(
    `${own}_decide_seconds`,
    "How long decisions took: what to do, by what is known.",
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, ...seconds],
    ["kind"],
  );
  const actSeconds = registry.histogram(
    `${own}_act_seconds`,
    "How long the acts of a pass took, together; of passes with any.",
    seconds,
    ["kind"],
  );
  const waitSeconds = registry.histogram(
    `${own}_pass_wait_seconds`,
    "How long resources waited for their pass.",
    seconds,
    ["kind"],
  );
  const calls = registry.counter(`${own}_flink_calls_total`, "Calls to JobManagers by kind and outcome.", [
    "what",
    "outcome",
  ]);
  const callSeconds = registry.histogram(`${own}_flink_call_seconds`, "How long they took.", seconds, [
    "what",
  ]);
  const eventLoopDelay = config.get(operatorOptions.processMetrics)
    ? registry.histogram(
        `${own}_event_loop_delay_seconds`,
        "By how much timers are late, sampled ten times a second: how long anything else has to wait for the process.",
        [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
        [],
      )
    : undefined;
  const kubeClient = config.get(operatorOptions.kubeClientMetrics)
    ? createKubeClientMetrics({
        registry,
        samples,
        slowMs: config.get(operatorOptions.kubeClientSlowRequest),
        groups: config.get(operatorOptions.kubeClientResponseGroups),
        now,
      })
    : undefined;
  const framework = config.get(operatorOptions.frameworkMetrics)
    ? createFrameworkMetrics(registry, samples)
    : undefined;
  const lifecycle = config.get(operatorOptions.lifecycleMetrics)
    ? createLifecycleMetrics({
        registry,
        samples,
        byNamespace: config.get(operatorOptions.lifecycleNamespaceHistograms),
        now,
      })
    : undefined;

  function measureProcess({ queue, poller }: Measured, { shards, shard }: MeasuredElection): void {
    const gauge = (name: string, help: string, read: () => number) =>
      registry.gauge(`${own}_${name}`, help, () => [{ value: read() }]);
    gauge("leading", "1 where this operator acts, 0 where it stands by.", () =>
      shard() === undefined ? 0 : 1,
    );
    gauge("shards", "Among how many operators the namespaces are divided.", () => shards);
    registry.gauge(
      `${own}_shard`,
      "1 for the shard that this operator acts for; no series where it stands by.",
      () => {
        const acted = shard();
        return acted === undefined ? [] : [{ value: 1, labels: { shard: String(acted) } }];
      },
      ["shard"],
    );
    gauge("clusters", "Flink clusters that are observed.", () => poller().clusters);
    gauge("clusters_failing", "Those whose REST API does not answer.", () => poller().failing);
    gauge(
      "clusters_silent",
      "Those that do not answer in time: asked apart, and ever more rarely.",
      () => poller().silent,
    );
    gauge("flink_poll_lag_seconds", "By how much the most overdue cluster is.", () => poller().lagMs / 1_000);
    gauge("flink_calls_in_flight", "Calls to JobManagers that are out.", () => poller().inFlight);
    gauge("flink_calls_waiting", "Clusters that are due and wait for a place.", () => poller().waiting);
    if (config.get(operatorOptions.frameworkMetrics)) {
      gauge("queue_ready", "Resources that wait for a worker.", () => queue().ready);
      gauge("queue_delayed", "Resources that wait for their time.", () => queue().delayed);
      gauge("queue_running", "Passes that run.", () => queue().running);
      gauge(
        "queue_oldest_seconds",
        "How long the first in the queue has waited.",
        () => queue().oldestMs / 1000,
      );
    }
    if (config.get(operatorOptions.processMetrics)) {
      gauge("resident_memory_bytes", "Resident memory of the process.", () => process.memoryUsage.rss());
      gauge("uptime_seconds", "Age of the process.", () => process.uptime());
    }
  }

  return {
    registry,
    onRequest(record) {
      const { method, type, watch, status, durationMs } = record;
      const verb = watch ? "WATCH" : method;
      requests.add({ verb, kind: type.kind, answer: statusClass(status) });
      if (!watch) requestSeconds.observe(durationMs / 1000, { verb });
      kubeClient?.(record);
    },
    onReconcile(report, kind) {
      const { error, durationMs, waitedMs } = report;
      reconciles.add({ kind, outcome: error === undefined ? "finished" : "failed" });
      passSeconds.observe(durationMs / 1000, { kind });
      waitSeconds.observe(waitedMs / 1000, { kind });
      framework?.onReconcile(report, kind);
    },
    onReconcilePart(part, kind, durationMs) {
      (part === "decide" ? decideSeconds : actSeconds).observe(durationMs / 1000, { kind });
    },
    onResource(old, current, kind) {
      const { namespace = "", name } = (current ?? old)?.metadata ?? { name: "" };
      lifecycle?.(kind, `${namespace}/${name}`, namespace, current);
      framework?.onEvent(
        namespace,
        current === undefined ? "DELETED" : old === undefined ? "ADDED" : "UPDATED",
        kind,
      );
    },
    onCall(what, outcome, ms) {
      calls.add({ what, outcome });
      callSeconds.observe(ms / 1000, { what });
    },
    onEventLoopDelay: (ms) => eventLoopDelay?.observe(ms / 1000, {}),
    measure(operator, election) {
      measureResources(registry, config, operator.resources, operator.sessionJobs);
      if (config.get(operatorOptions.resourceMetrics)) {
        measureSnapshots(registry, operator.snapshots, now);
        measureBlueGreen(registry, operator.blueGreen);
        measureAutoscaler(registry, operator.autoscaled);
      }
      measureWaves(registry, operator.waves);
      measureProcess(operator, election);
    },
  };
}

const statusClass = (status: number): string => `${Math.floor(status / 100)}xx`;
