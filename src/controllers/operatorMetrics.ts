import type { KubeObject } from "../api/kubernetes.ts";
import { lifecycleStates } from "../api/v1beta1/commonStatus.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  jobManagerDeploymentStatuses,
} from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import type { PollerCounts, PollerOptions } from "../flink/poller.ts";
import type { RequestRecord } from "../kube/transport.ts";
import type { PassReport, QueueStats } from "../runtime/queue.ts";
import { createRegistry, type Registry, type Sample } from "../telemetry/metrics/registry.ts";

/** The operator as its metrics see it, at the moment of a look. */
export interface Measured {
  resources(): Iterable<KubeObject>;
  queue(): QueueStats;
  poller(): PollerCounts;
}

export interface OperatorMetrics {
  readonly registry: Registry;
  onRequest(record: RequestRecord): void;
  onPass(report: PassReport): void;
  readonly onCall: NonNullable<PollerOptions["onCall"]>;
  /** Begins to show what is asked for at each look. */
  measure(operator: Measured, leading: () => boolean): void;
}

/** Of the operator's own pod, as the Java operator labels all it measures. */
export interface OperatorLabels {
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The Java operator's metrics, by its names and labels as Prometheus shows them (REFERENCE 1.27), and our own, which
 * begin with flink_operator_. The number of lines depends on namespaces, states and verbs, never on that of jobs.
 */
export function createOperatorMetrics(labels: OperatorLabels, config: FlinkConfig): OperatorMetrics {
  const registry = createRegistry({ ...labels });
  const system = "flink_k8soperator";
  const own = "flink_operator";

  const requests = registry.counter(
    `${own}_api_requests_total`,
    "Requests to the API server by verb, kind and class of the answer; 0xx: none came.",
  );
  const requestSeconds = registry.histogram(
    `${own}_api_request_seconds`,
    "How long requests to the API server took, but for watches.",
    seconds,
  );
  const passes = registry.counter(`${own}_passes_total`, "Passes over a resource, by how they ended.");
  const passSeconds = registry.histogram(`${own}_pass_seconds`, "How long passes took.", seconds);
  const waitSeconds = registry.histogram(
    `${own}_pass_wait_seconds`,
    "How long resources waited for their pass.",
    seconds,
  );
  const calls = registry.counter(`${own}_flink_calls_total`, "Calls to JobManagers by kind and outcome.");
  const callSeconds = registry.histogram(`${own}_flink_call_seconds`, "How long they took.", seconds);
  const kubeClient = config.get(operatorOptions.kubeClientMetrics) ? createKubeClientCounters() : undefined;

  /** Under the names of the Java operator's client. */
  function createKubeClientCounters(): (record: RequestRecord) => void {
    const slowMs = config.get(operatorOptions.kubeClientSlowRequest);
    const groups = config.get(operatorOptions.kubeClientResponseGroups);
    const counters = new Map<string, ReturnType<Registry["counter"]>>();
    const count = (name: string) => {
      const counter =
        counters.get(name) ??
        registry.counter(`${system}_KubeClient_${name}_Count`, `Of the Kubernetes client: ${name}.`);
      counters.set(name, counter);
      counter.add();
    };
    return ({ method, status, durationMs }) => {
      count("HttpRequest");
      count(`HttpRequest_${method}`);
      if (durationMs > slowMs) count("HttpRequest_Slow");
      if (status === 0) count("HttpRequest_Failed");
      else {
        count("HttpResponse");
        count(`HttpResponse_${groups ? statusClass(status) : status}`);
      }
    };
  }

  function measureResources({ resources }: Measured): void {
    /** How many resources of each namespace are in the state, also where none is. */
    const gauge = (name: string, help: string, isCounted: (resource: FlinkDeployment) => boolean) =>
      registry.gauge(`${system}_namespace_${name}`, help, () => tally(resources(), isCounted));
    if (config.get(operatorOptions.resourceMetrics)) {
      gauge("Count", "FlinkDeployments.", () => true);
      for (const state of jobManagerDeploymentStatuses) {
        gauge(
          `JmDeploymentStatus_${state}_Count`,
          `FlinkDeployments whose JobManager is ${state}.`,
          ({ status }) => (status?.jobManagerDeploymentStatus ?? "MISSING") === state,
        );
      }
    }
    if (config.get(operatorOptions.lifecycleMetrics)) {
      for (const state of lifecycleStates) {
        gauge(
          `Lifecycle_State_${state}_Count`,
          `FlinkDeployments that are ${state}.`,
          ({ status }) => (status?.lifecycleState ?? "CREATED") === state,
        );
      }
    }
  }

  function measureProcess({ queue, poller }: Measured, leading: () => boolean): void {
    const gauge = (name: string, help: string, read: () => number) =>
      registry.gauge(`${own}_${name}`, help, () => [{ value: read() }]);
    gauge("leading", "1 where this operator acts, 0 where it stands by.", () => (leading() ? 1 : 0));
    gauge("clusters", "Flink clusters that are observed.", () => poller().clusters);
    gauge("clusters_failing", "Those whose REST API does not answer.", () => poller().failing);
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
    onPass({ error, durationMs, waitedMs }) {
      passes.add({ outcome: error === undefined ? "finished" : "failed" });
      passSeconds.observe(durationMs / 1000);
      waitSeconds.observe(waitedMs / 1000);
    },
    onCall(what, outcome, ms) {
      calls.add({ what, outcome });
      callSeconds.observe(ms / 1000, { what });
    },
    measure(operator, leading) {
      measureResources(operator);
      measureProcess(operator, leading);
    },
  };
}

const statusClass = (status: number): string => `${Math.floor(status / 100)}xx`;

function tally(
  resources: Iterable<KubeObject>,
  isCounted: (resource: FlinkDeployment) => boolean,
): Iterable<Sample> {
  const counts = new Map<string, number>();
  for (const resource of resources) {
    const namespace = resource.metadata.namespace ?? "";
    counts.set(namespace, (counts.get(namespace) ?? 0) + (isCounted(asFlinkDeployment(resource)) ? 1 : 0));
  }
  return [...counts].map(([resourcens, value]) => ({
    labels: { resourcens, resourcetype: "FlinkDeployment" },
    value,
  }));
}
