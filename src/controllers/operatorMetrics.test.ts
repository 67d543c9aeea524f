import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { flinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import type { RequestRecord } from "../kube/transport.ts";
import { createLogger } from "../telemetry/log.ts";
import { serveMetrics } from "./metricsServer.ts";
import { createOperatorMetrics, type OperatorMetrics } from "./operatorMetrics.ts";

const labels = { host: "pod", namespace: "ops", name: "operator" };
let metrics: OperatorMetrics;
let resources: KubeObject[];

const resource = (namespace: string, status?: object): KubeObject => ({
  metadata: { namespace, name: Math.random().toString() },
  ...(status === undefined ? {} : { status }),
});

function measured(config: Record<string, string> = {}): OperatorMetrics {
  const created = createOperatorMetrics(labels, flinkConfig(config));
  const operator = {
    resources: () => resources,
    queue: () => ({ ready: 2, delayed: 3, running: 1, known: 6, oldestMs: 1_500 }),
    poller: () => ({ clusters: 4, failing: 1, inFlight: 2, waiting: 0 }),
  };
  created.measure(operator, () => true);
  return created;
}

beforeEach(() => {
  resources = [];
  metrics = measured();
});

/** The value of a line, by its name and the labels beside the common ones. */
function value(name: string, own = ""): number | undefined {
  const start = `${name}{host="pod",namespace="ops",name="operator"${own === "" ? "" : `,${own}`}} `;
  const line = metrics.registry
    .text()
    .split("\n")
    .find((each) => each.startsWith(start));
  return line === undefined ? undefined : Number(line.slice(start.length));
}

const request = (more: Partial<RequestRecord> = {}): RequestRecord => ({
  method: "PATCH",
  type: resourceTypes.deployment,
  watch: false,
  status: 200,
  durationMs: 20,
  ...more,
});

describe("resources, by the Java operator's names", () => {
  const inA = (name: string) =>
    value(`flink_k8soperator_namespace_${name}`, 'resourcens="a",resourcetype="FlinkDeployment"');

  it("are counted by namespace and state, also where there is none", () => {
    resources = [
      resource("a", { jobManagerDeploymentStatus: "READY", lifecycleState: "STABLE" }),
      resource("a", { jobManagerDeploymentStatus: "READY", lifecycleState: "UPGRADING" }),
      resource("a"),
      resource("b"),
    ];
    expect([
      inA("Count"),
      inA("JmDeploymentStatus_READY_Count"),
      inA("JmDeploymentStatus_MISSING_Count"),
    ]).toEqual([3, 2, 1]);
    expect(
      ["STABLE", "UPGRADING", "CREATED", "FAILED"].map((state) => inA(`Lifecycle_State_${state}_Count`)),
    ).toEqual([1, 1, 1, 0]);
  });

  it("are not where that is switched off", () => {
    metrics = measured({
      [operatorOptions.resourceMetrics.key]: "false",
      [operatorOptions.lifecycleMetrics.key]: "false",
      [operatorOptions.kubeClientMetrics.key]: "false",
      [operatorOptions.frameworkMetrics.key]: "false",
      [operatorOptions.processMetrics.key]: "false",
    });
    resources = [resource("a")];
    metrics.onRequest(request());
    for (const name of ["flink_k8soperator_", "_queue_", "_memory_"])
      expect(metrics.registry.text()).not.toContain(name);
  });

  it("make no more lines when there are more of them", () => {
    resources = [resource("a", { lifecycleState: "STABLE" })];
    const few = metrics.registry.text().split("\n").length;
    resources = Array.from({ length: 1_000 }, () => resource("a", { lifecycleState: "FAILED" }));
    expect(metrics.registry.text().split("\n")).toHaveLength(few);
  });
});

it("requests to the API server are counted by verb, kind and answer, and by the Java client's names", () => {
  metrics.onRequest(request());
  metrics.onRequest(request({ status: 409, durationMs: 6_000 }));
  metrics.onRequest(request({ method: "GET", watch: true, type: resourceTypes.pod }));
  metrics.onRequest(request({ status: 0 }));
  const own = "flink_operator_api_requests_total";
  expect(value(own, 'verb="PATCH",kind="Deployment",answer="2xx"')).toBe(1);
  expect(value(own, 'verb="PATCH",kind="Deployment",answer="4xx"')).toBe(1);
  expect(value(own, 'verb="WATCH",kind="Pod",answer="2xx"')).toBe(1);
  expect(value(own, 'verb="PATCH",kind="Deployment",answer="0xx"')).toBe(1);
  const theirs = (name: string) => value(`flink_k8soperator_KubeClient_${name}_Count`);
  expect(
    ["HttpRequest", "HttpRequest_PATCH", "HttpRequest_Slow", "HttpRequest_Failed", "HttpResponse_409"].map(
      theirs,
    ),
  ).toEqual([4, 3, 1, 1, 1]);
});

it("passes and calls to JobManagers are counted and timed", () => {
  metrics.onPass({ key: "a/b", waitedMs: 100, durationMs: 30, failures: 0 });
  metrics.onPass({ key: "a/b", waitedMs: 100, durationMs: 30, failures: 1, error: new Error("no") });
  metrics.onCall("jobs", "timeout", 10_000);
  expect(value("flink_operator_passes_total", 'outcome="failed"')).toBe(1);
  expect(value("flink_operator_pass_seconds_sum")).toBeCloseTo(0.06);
  expect(value("flink_operator_pass_wait_seconds_count")).toBe(2);
  expect(value("flink_operator_flink_calls_total", 'what="jobs",outcome="timeout"')).toBe(1);
});

it("the queue, the poller and the process are shown as they are", () => {
  expect(value("flink_operator_queue_ready")).toBe(2);
  expect(value("flink_operator_queue_oldest_seconds")).toBe(1.5);
  expect(value("flink_operator_clusters_failing")).toBe(1);
  expect(value("flink_operator_leading")).toBe(1);
  expect(value("flink_operator_resident_memory_bytes")).toBeGreaterThan(1_000_000);
});

it("Prometheus gets all of it at /metrics", async () => {
  const server = serveMetrics(0, metrics.registry, createLogger({ level: "silent" }));
  await once(server, "listening");
  const ask = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const answer = await ask("/metrics");
  expect(answer.headers.get("content-type")).toContain("version=0.0.4");
  expect(await answer.text()).toContain("# TYPE flink_operator_queue_ready gauge");
  expect((await ask("/other")).status).toBe(404);
  server.close();
});
