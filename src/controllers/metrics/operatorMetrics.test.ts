import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, it, test } from "vitest";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { RequestRecord } from "../../kube/transport.ts";
import { createLogger } from "../../telemetry/log.ts";
import { serveMetrics } from "./metricsServer.ts";
import { createOperatorMetrics, type OperatorMetrics } from "./operatorMetrics.ts";

const labels = { host: "pod", namespace: "ops", name: "operator" };
let metrics: OperatorMetrics;
let resources: KubeObject[];
let sessionJobs: KubeObject[];
let snapshots: KubeObject[];
let now = 0;
let shard: number | undefined;

const resource = (namespace: string, status?: object): KubeObject => ({
  metadata: { namespace, name: Math.random().toString() },
  ...(status === undefined ? {} : { status }),
});

function measured(config: Record<string, string> = {}): OperatorMetrics {
  const created = createOperatorMetrics(labels, flinkConfig(config), () => now);
  const operator = {
    resources: () => resources,
    sessionJobs: () => sessionJobs,
    snapshots: () => snapshots,
    blueGreen: () => [
      resource("a", { blueGreenState: "ACTIVE_BLUE", jobStatus: { state: "RUNNING" } }),
      resource("a", { blueGreenState: "ACTIVE_GREEN", jobStatus: { state: "RUNNING" } }),
    ],
    autoscaled: () => [],
    waves: () => [{ namespace: "prod", disrupted: 2, failed: 1, waiting: 5 }],
    queue: () => ({ ready: 2, delayed: 3, running: 1, known: 6, oldestMs: 1_500 }),
    poller: () => ({ clusters: 4, failing: 1, inFlight: 2, waiting: 0, silent: 1, lagMs: 250, entries: 9 }),
  };
  created.measure(operator, { shards: 3, shard: () => shard });
  return created;
}

beforeEach(() => {
  now = 0;
  shard = 2;
  resources = [];
  sessionJobs = [];
  snapshots = [];
  metrics = measured();
});

let text = "";

const scrape = async (): Promise<void> => {
  text = await metrics.registry.text();
};

const sorted = (labels: string): string => (labels.match(/\w+="[^"]*"/g) ?? []).toSorted().join(",");

/** The value in the last scrape, by the name and the labels other than the common ones. */
function value(name: string, own = ""): number | undefined {
  const labels = sorted(`host="pod",namespace="ops",name="operator",${own}`);
  for (const [, each, has = "", found] of text.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm))
    if (each === name && sorted(has) === labels) return Number(found);
  return undefined;
}

const request = (more: Partial<RequestRecord> = {}): RequestRecord => ({
  method: "PATCH",
  type: resourceTypes.deployment,
  watch: false,
  status: 200,
  durationMs: 20,
  ...more,
});

test("FlinkBlueGreenDeployments are counted by state, under the names of the Java operator", async () => {
  await scrape();
  const count = (name: string) =>
    value(
      `flink_k8soperator_namespace_${name}_Count`,
      'resourcens="a",resourcetype="FlinkBlueGreenDeployment"',
    );
  expect(count("BlueGreenState_ACTIVE_BLUE")).toBe(1);
  expect(count("BlueGreenState_SAVEPOINTING_BLUE")).toBe(0);
  expect(count("JobStatus_RUNNING")).toBe(2);
});

describe("resources, under the names of the Java operator", () => {
  const inA = (name: string) =>
    value(`flink_k8soperator_namespace_${name}`, 'resourcens="a",resourcetype="FlinkDeployment"');

  it("are counted by namespace and state, also if there is none", async () => {
    resources = [
      resource("a", { jobManagerDeploymentStatus: "READY", lifecycleState: "STABLE" }),
      resource("a", { jobManagerDeploymentStatus: "READY", lifecycleState: "UPGRADING" }),
      resource("a"),
      resource("b"),
    ];
    await scrape();
    expect([
      inA("Count"),
      inA("JmDeploymentStatus_READY_Count"),
      inA("JmDeploymentStatus_MISSING_Count"),
    ]).toEqual([3, 2, 1]);
    expect(
      ["STABLE", "UPGRADING", "CREATED", "FAILED"].map((state) => inA(`Lifecycle_State_${state}_Count`)),
    ).toEqual([1, 1, 1, 0]);
  });

  it("are not counted if that is switched off", async () => {
    metrics = measured({
      [operatorOptions.resourceMetrics.key]: "false",
      [operatorOptions.lifecycleMetrics.key]: "false",
      [operatorOptions.kubeClientMetrics.key]: "false",
      [operatorOptions.frameworkMetrics.key]: "false",
      [operatorOptions.processMetrics.key]: "false",
    });
    resources = [resource("a")];
    metrics.onRequest(request());
    await scrape();
    for (const name of ["flink_k8soperator_", "_queue_", "_memory_"]) expect(text).not.toContain(name);
  });

  it("are counted by their part in the wave of their namespace", async () => {
    await scrape();
    const inProd = (name: string) => value(`flink_operator_wave_${name}`, 'resourcens="prod"');
    expect([inProd("disrupted"), inProd("failed"), inProd("waiting")]).toEqual([2, 1, 5]);
  });

  it("are counted by version, and their usage is summed", async () => {
    resources = [
      resource("a", {
        clusterInfo: { "flink-version": "1.20.1", "total-cpu": "2.5", "total-memory": "100" },
      }),
      resource("a", { clusterInfo: { "flink-version": "2.3.0", "total-cpu": "0.5" } }),
      resource("a"),
    ];
    await scrape();
    expect([
      inA("FlinkVersion_1_20_1_Count"),
      inA("FlinkMinorVersion_2_3_Count"),
      inA("FlinkMinorVersion_UNKNOWN_Count"),
      inA("ResourceUsage_Cpu"),
      inA("ResourceUsage_Memory"),
    ]).toEqual([1, 1, 1, 3, 100]);
  });

  it("add no series if there are 10,000 of them, unless that is switched on", async () => {
    const lines = async () => (await metrics.registry.text()).split("\n").length;
    const crowd = () =>
      Array.from({ length: 10_000 }, (_, index) => ({
        metadata: { namespace: "a", name: `job-${index}` },
        status: { lifecycleState: "FAILED" },
      }));
    const see = () => {
      for (const each of resources) {
        const { namespace = "", name } = each.metadata;
        metrics.onResource(undefined, each, "FlinkDeployment");
        metrics.onReconcile(
          { key: `${namespace}/${name}`, waitedMs: 0, durationMs: 1, failures: 0 },
          "FlinkDeployment",
        );
      }
    };
    resources = crowd().slice(0, 1);
    see();
    const few = await lines();
    resources = crowd();
    see();
    expect(await lines()).toBe(few);
    metrics = measured({ [operatorOptions.perResourceMetrics.key]: "true" });
    expect(await lines()).toBeGreaterThan(10_000);
  });

  it("have their transitions measured", async () => {
    const seen = (at: number, lifecycleState: string) => {
      now = at * 1_000;
      const seenNow = { metadata: { namespace: "a", name: "b" }, status: { lifecycleState } };
      metrics.onResource(undefined, seenNow, "FlinkDeployment");
    };
    seen(0, "STABLE");
    seen(100, "STABLE");
    seen(101, "UPGRADING");
    seen(105, "DEPLOYED");
    seen(110, "DEPLOYED");
    seen(125, "STABLE");
    const whole = (name: string) =>
      value(`flink_k8soperator_FlinkDeployment_Lifecycle_${name}_TimeSeconds`, 'quantile="0.5"');
    await scrape();
    expect([
      whole("Transition_Suspend"),
      whole("Transition_Submission"),
      whole("Transition_Stabilization"),
      whole("Transition_Upgrade"),
      whole("State_DEPLOYED"),
    ]).toEqual([1, 4, 20, 25, 5]);
    expect(
      value(
        "flink_k8soperator_namespace_Lifecycle_Transition_Upgrade_TimeSeconds_count",
        'resourcens="a",resourcetype="FlinkDeployment"',
      ),
    ).toBe(1);
  });
});

it("a resource of a deleted one's name begins its lifecycle anew", async () => {
  const seen = (lifecycleState: string): KubeObject => ({
    metadata: { namespace: "a", name: "b" },
    status: { lifecycleState },
  });
  metrics.onResource(undefined, seen("UPGRADING"), "FlinkDeployment");
  metrics.onResource(seen("UPGRADING"), undefined, "FlinkDeployment");
  now = 100_000;
  metrics.onResource(undefined, seen("DEPLOYED"), "FlinkDeployment");
  metrics.onResource(seen("DEPLOYED"), seen("STABLE"), "FlinkDeployment");
  await scrape();
  const times = (name: string) =>
    value(`flink_k8soperator_FlinkDeployment_Lifecycle_Transition_${name}_TimeSeconds_count`);
  expect([times("Submission"), times("Stabilization")]).toEqual([undefined, 1]);
});

describe("session jobs, under the names of the Java operator", () => {
  const ofJobs = 'resourcens="a",resourcetype="FlinkSessionJob"';

  it("are counted by namespace and state, separately from FlinkDeployments", async () => {
    resources = [resource("a", { lifecycleState: "STABLE" })];
    sessionJobs = [resource("a", { lifecycleState: "STABLE" }), resource("a"), resource("b")];
    const inA = (name: string) => value(`flink_k8soperator_namespace_${name}_Count`, ofJobs);
    await scrape();
    expect(
      ["", "Lifecycle_State_STABLE_", "Lifecycle_State_FAILED_"].map((name) =>
        value(`flink_k8soperator_namespace_${name}Count`, ofJobs),
      ),
    ).toEqual([2, 1, 0]);
    expect(inA("Lifecycle_State_CREATED")).toBe(1);
    expect(inA("JmDeploymentStatus_MISSING")).toBeUndefined();
    const ofDeployments = 'resourcens="a",resourcetype="FlinkDeployment"';
    expect(value("flink_k8soperator_namespace_Count", ofDeployments)).toBe(1);
  });

  it("have their transitions measured, separately from a FlinkDeployment of the same name", async () => {
    const seen = (at: number, lifecycleState: string, kind: string) => {
      now = at * 1_000;
      const each = { metadata: { namespace: "a", name: "b" }, status: { lifecycleState } };
      metrics.onResource(undefined, each, kind);
    };
    seen(0, "DEPLOYED", "FlinkSessionJob");
    seen(1, "STABLE", "FlinkDeployment");
    seen(5, "STABLE", "FlinkSessionJob");
    const count = (kind: string) =>
      value(`flink_k8soperator_${kind}_Lifecycle_State_DEPLOYED_TimeSeconds_count`);
    await scrape();
    expect([count("FlinkSessionJob"), count("FlinkDeployment")]).toEqual([1, undefined]);
    const inNamespace = "flink_k8soperator_namespace_Lifecycle_State_DEPLOYED_TimeSeconds_count";
    expect(value(inNamespace, ofJobs)).toBe(1);
  });

  it("and snapshots have their reconciles and changes counted under the framework's names", async () => {
    for (const kind of ["FlinkSessionJob", "FlinkStateSnapshot"]) {
      const report = { key: "a/b", waitedMs: 0, durationMs: 30, failures: 0 };
      metrics.onReconcile({ ...report, error: new Error("no") }, kind);
      metrics.onReconcile(report, kind);
      metrics.onReconcile(report, kind);
      metrics.onResource(undefined, resource("a"), kind);
      metrics.onResource(resource("a"), undefined, kind);
      const of = (name: string) =>
        value(
          `flink_k8soperator_namespace_resource_JOSDK_${name}_Count`,
          `resourcens="a",resourcetype="${kind}"`,
        );
      await scrape();
      expect(
        ["Reconciliation", "Reconciliation_retries", "Resource_Event_ADDED", "Resource_Event_DELETED"].map(
          of,
        ),
      ).toEqual([3, 1, 1, 1]);
    }
  });

  it("add no series if there are 10,000 of them", async () => {
    const lines = async () => (await metrics.registry.text()).split("\n").length;
    sessionJobs = [resource("a")];
    const few = await lines();
    sessionJobs = Array.from({ length: 10_000 }, () => resource("a"));
    expect(await lines()).toBe(few);
  });
});

it("snapshots are counted by state and by age", async () => {
  const snapshot = (spec: object, status: object): KubeObject => ({
    metadata: { namespace: "a", name: Math.random().toString() },
    spec,
    status,
  });
  now = Date.parse("2026-01-03T00:00:00Z");
  snapshots = [
    snapshot({ savepoint: {} }, { state: "COMPLETED", resultTimestamp: "2026-01-01T12:00:00Z" }),
    snapshot({ savepoint: {} }, { state: "FAILED" }),
    snapshot({ checkpoint: {} }, { state: "COMPLETED", resultTimestamp: "2026-01-02T23:30:00Z" }),
  ];
  const inA = (name: string) =>
    value(`flink_k8soperator_namespace_${name}_Count`, 'resourcens="a",resourcetype="FlinkStateSnapshot"');
  await scrape();
  expect([inA("Savepoint"), inA("Savepoint_State_FAILED"), inA("Checkpoint_State_FAILED")]).toEqual([
    2, 1, 0,
  ]);
  const aged = (kind: string, age: string) =>
    value("flink_operator_snapshots", `kind="${kind}",age="${age}"`);
  expect([aged("Savepoint", "7d"), aged("Savepoint", "1d"), aged("Checkpoint", "1h")]).toEqual([1, 0, 1]);
});

it("reconciles and changes are counted under the names of the Java operator's framework", async () => {
  const report = (error?: Error) =>
    metrics.onReconcile(
      { key: "a/b", waitedMs: 0, durationMs: 30, failures: 0, ...(error ? { error } : {}) },
      "FlinkDeployment",
    );
  report(new Error("no"));
  report();
  metrics.onReconcile({ key: "a/s", waitedMs: 0, durationMs: 30, failures: 0 }, "FlinkStateSnapshot");
  metrics.onResource(undefined, resource("a"), "FlinkDeployment");
  const sdk = (name: string) =>
    value(
      `flink_k8soperator_namespace_resource_JOSDK_${name}_Count`,
      'resourcens="a",resourcetype="FlinkDeployment"',
    );
  await scrape();
  expect(
    [
      "Reconciliation",
      "Reconciliation_retries",
      "Reconciliation_finished",
      "Reconciliation_failed",
      "Resource_Event_ADDED",
    ].map(sdk),
  ).toEqual([2, 1, 1, 1, 1]);
});

it("every served label is declared", async () => {
  resources = [resource("a", { clusterInfo: { "flink-version": "2.3.0" } })];
  metrics.onRequest(request());
  metrics.onCall("jobs", "ok", 1);
  metrics.onReconcile({ key: "a/b", waitedMs: 0, durationMs: 1, failures: 0 }, "FlinkDeployment");
  metrics.onResource(undefined, resource("a"), "FlinkDeployment");
  await scrape();
  const declared = metrics.registry.families();
  for (const line of text.split("\n")) {
    const [, name = "", labels = ""] = /^(\w+)\{(.*)\} /.exec(line) ?? [];
    if (name === "") continue;
    const family = declared.find(({ name: each }) =>
      new RegExp(`^${each.replace(/<\w+>/, "\\w+")}(_bucket|_sum|_count)?$`).test(name),
    );
    const known = ["host", "namespace", "name", "le", "quantile", ...(family?.labels ?? [])];
    for (const [, label] of labels.matchAll(/(\w+)="/g)) expect(known, line).toContain(label);
  }
});

it("requests to the API server are counted by verb, kind and status, and under the Java client's names", async () => {
  metrics.onRequest(request());
  metrics.onRequest(request({ status: 409, durationMs: 6_000 }));
  metrics.onRequest(request({ method: "GET", watch: true, type: resourceTypes.pod }));
  metrics.onRequest(request({ status: 0 }));
  const own = "flink_operator_api_requests_total";
  await scrape();
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
  expect([theirs("HttpResponse"), theirs("HttpResponse_0")]).toEqual([3, undefined]);
  now = 2_000;
  await scrape();
  expect(value("flink_k8soperator_KubeClient_HttpRequest_NumPerSecond")).toBe(2);
  expect(value("flink_k8soperator_KubeClient_HttpResponse_TimeNanos", 'quantile="0.5"')).toBe(2e7);
});

it("reconciles and calls to JobManagers are counted and timed", async () => {
  metrics.onReconcile({ key: "a/b", waitedMs: 100, durationMs: 30, failures: 0 }, "FlinkDeployment");
  metrics.onReconcile(
    { key: "a/b", waitedMs: 100, durationMs: 30, failures: 1, error: new Error("no") },
    "FlinkDeployment",
  );
  metrics.onReconcilePart("decide", "FlinkDeployment", 0.2);
  metrics.onReconcilePart("act", "FlinkDeployment", 25);
  metrics.onCall("jobs", "timeout", 10_000);
  await scrape();
  expect(value("flink_operator_passes_total", 'kind="FlinkDeployment",outcome="failed"')).toBe(1);
  expect(value("flink_operator_pass_seconds_sum", 'kind="FlinkDeployment"')).toBeCloseTo(0.06);
  expect(value("flink_operator_decide_seconds_bucket", 'kind="FlinkDeployment",le="0.00025"')).toBe(1);
  expect(value("flink_operator_act_seconds_sum", 'kind="FlinkDeployment"')).toBeCloseTo(0.025);
  expect(value("flink_operator_pass_wait_seconds_count", 'kind="FlinkDeployment"')).toBe(2);
  expect(value("flink_operator_flink_calls_total", 'what="jobs",outcome="timeout"')).toBe(1);
});

it("the gauges show the queue, the poller and the process", async () => {
  await scrape();
  expect(value("flink_operator_queue_ready")).toBe(2);
  expect(value("flink_operator_queue_oldest_seconds")).toBe(1.5);
  expect(value("flink_operator_clusters_failing")).toBe(1);
  expect(value("flink_operator_clusters_silent")).toBe(1);
  expect(value("flink_operator_flink_poll_lag_seconds")).toBe(0.25);
  expect(value("flink_operator_leading")).toBe(1);
  expect(value("flink_operator_shards")).toBe(3);
  expect(value("flink_operator_shard", 'shard="2"')).toBe(1);
  expect(value("flink_operator_resident_memory_bytes")).toBeGreaterThan(1_000_000);
});

it("an operator that stands by has no shard", async () => {
  shard = undefined;
  await scrape();
  expect([value("flink_operator_leading"), value("flink_operator_shards")]).toEqual([0, 3]);
  expect(value("flink_operator_shard", 'shard="2"')).toBeUndefined();
});

it("Prometheus gets all metrics at /metrics", async () => {
  const server = serveMetrics(0, metrics.registry, createLogger({ level: "silent" }));
  await once(server, "listening");
  const ask = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const answer = await ask("/metrics");
  expect(answer.headers.get("content-type")).toContain("version=0.0.4");
  expect(await answer.text()).toContain("# TYPE flink_operator_queue_ready gauge");
  expect((await ask("/other")).status).toBe(404);
  server.close();
});

it("Prometheus gets an error if a gauge cannot be read, and the operator continues", async () => {
  metrics.registry.gauge("broken", "Broken.", () => {
    throw new Error("no such count");
  });
  const logged: string[] = [];
  const log = createLogger({ destination: { write: (line) => logged.push(line) } });
  const server = serveMetrics(0, metrics.registry, log);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(500);
  expect(logged.join("")).toContain("no such count");
  server.close();
});
