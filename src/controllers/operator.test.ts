import { beforeEach, describe, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import { noArtifacts } from "../../test/support/noArtifacts.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../api/kubernetes.ts";
import { emptyConfig, type FlinkConfig, flinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { withJobSpec } from "../core/job/situation.fixture.ts";
import type { FlinkRest } from "../flink/api.ts";
import type { KubeApi, WatchEvent, WatchOptions } from "../kube/api.ts";
import { createLogger } from "../telemetry/log.ts";
import { createOperator, type Operator } from "./operator.ts";

const spec = withJobSpec(
  { upgradeMode: "stateless" },
  {
    jobManager: { resource: { cpu: 1, memory: "1024m" } },
    taskManager: { resource: { cpu: 1, memory: "1024m" } },
  },
);

let clock: FakeClock;
let calls: string[];
let resources: KubeObject[];
/** Writes wait for this promise. */
let gate: PromiseWithResolvers<void>;
let mayAct: boolean;
let config: FlinkConfig;
let namespaces: string[] | undefined;
let owns: ((namespace: string) => boolean) | undefined;
/** The watches that were opened. */
let opened: string[];
/** What was reported to the metrics. */
let reported: string[];
let operator: Operator;
/** Other objects, by kind, and the later events of a watch of the kind. */
let others: Partial<Record<string, KubeObject>>;
let news: PromiseWithResolvers<KubeObject>;
/** The reconciles, by kind and resource. */
let reconciles: string[];
/** The parts of the reconciles. */
let parts: string[];

beforeEach(() => {
  clock = fakeClock();
  calls = [];
  gate = Promise.withResolvers();
  gate.resolve();
  mayAct = true;
  config = emptyConfig;
  namespaces = undefined;
  owns = undefined;
  opened = [];
  reported = [];
  others = {};
  news = Promise.withResolvers();
  reconciles = [];
  parts = [];
  resources = ["a", "b"].map((namespace) => ({
    metadata: { name: "job", namespace, uid: namespace, generation: 1, resourceVersion: "1" },
    spec,
  }));
});

async function* watch(
  type: ResourceType,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  opened.push(`${type.kind} ${options.namespace ?? "*"}`);
  const isSelected = ({ metadata }: KubeObject) =>
    options.namespace === undefined || metadata.namespace === options.namespace;
  if (type === resourceTypes.flinkDeployment)
    for (const object of resources.filter(isSelected)) yield { type: "ADDED", object };
  const other = others[type.kind];
  if (other !== undefined && isSelected(other)) yield { type: "ADDED", object: other };
  yield { type: "BOOKMARK", resourceVersion: "5", initialEventsEnd: true };
  if (other !== undefined && type === resourceTypes.flinkStateSnapshot)
    yield { type: "MODIFIED", object: await news.promise };
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}

function start(): void {
  let version = 10;
  const write = async (what: string, namespace = "", object: KubeObject = { metadata: { name: "" } }) => {
    calls.push(`${what} ${namespace}`);
    await gate.promise;
    version += 1;
    const known = resources.find(({ metadata }) => metadata.namespace === namespace);
    return {
      ...known,
      ...object,
      metadata: { ...known?.metadata, ...object.metadata, resourceVersion: String(version) },
    };
  };
  const kube = {
    watch,
    newestVersion: async () => "5",
    mergePatch: (_: ResourceType, namespace: string, __: string, patch: unknown) =>
      write("patch", namespace, patch as KubeObject),
    replaceStatus: (_: ResourceType, object: KubeObject) =>
      write("status", object.metadata.namespace, object),
    create: (type: ResourceType, object: KubeObject) =>
      write(`create ${type.kind}`, object.metadata.namespace, object),
    apply: (type: ResourceType, object: KubeObject) =>
      write(`apply ${type.kind}`, object.metadata.namespace, object),
    delete: async () => {},
  } as unknown as KubeApi;
  operator = createOperator({
    artifacts: noArtifacts,
    kube,
    flink: {} as FlinkRest,
    clock,
    log: createLogger({ level: "silent" }),
    config: () => config,
    namespaces: () => namespaces,
    ...(owns && { owns }),
    mayAct: () => mayAct,
    restAccess: "pod",
    random: () => 0.5,
    onReconcile: ({ key }, kind) => reconciles.push(`${kind} ${key}`),
    onReconcilePart: (part, kind) => parts.push(`${kind} ${part}`),
    onResource: (old, current, kind) => reported.push(`${kind} ${(current ?? old)?.metadata.namespace}`),
  });
  operator.start();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await clock.settle();
}

describe("stop", () => {
  beforeEach(async () => {
    namespaces = ["a"];
    gate = Promise.withResolvers();
    start();
    await settle();
    expect(calls).toEqual(["patch a"]);
  });

  it("completes a running reconcile and starts no other", async () => {
    let ended = false;
    const stopping = operator.stop().then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    gate.resolve();
    await stopping;
    // The status of the running reconcile is written. The launch of the next reconcile does not start.
    expect(calls.filter((call) => !call.includes("Event"))).toEqual(["patch a", "status a"]);
    await clock.advance(60_000);
    expect(calls.filter((call) => !call.includes("Event"))).toHaveLength(2);
  });

  it("writes nothing once it may not act, not even in a running reconcile", async () => {
    mayAct = false;
    gate.resolve();
    await operator.stop();
    await clock.advance(60_000);
    expect(calls).toEqual(["patch a"]);
  });
});

describe("the watched namespaces", () => {
  const actedIn = (namespace: string) => calls.some((call) => call.endsWith(` ${namespace}`));

  it("are the only ones in which it acts", async () => {
    namespaces = ["b"];
    start();
    await settle();
    expect([operator.synced, actedIn("a"), actedIn("b")]).toEqual([true, false, true]);
    expect(parts.slice(0, 2)).toEqual(["FlinkDeployment decide", "FlinkDeployment act"]);
  });

  it.each([
    ["change while it runs where that is allowed", "true", true],
    ["stay what they were at the start otherwise", "false", false],
  ])("%s", async (_, allowed, follows) => {
    config = flinkConfig({ [operatorOptions.dynamicNamespaces.key]: allowed });
    namespaces = ["a"];
    start();
    await settle();
    namespaces = ["b"];
    operator.reconfigured();
    await settle();
    expect([actedIn("a"), actedIn("b")]).toEqual([true, follows]);
  });
});

describe("the namespaces of another shard", () => {
  const metadata = { name: "job", namespace: "a", uid: "other", resourceVersion: "2" };
  const labels = { app: "job", component: "jobmanager" };

  beforeEach(() => {
    owns = (namespace) => namespace === "b";
    others = {
      FlinkSessionJob: { metadata, spec: { deploymentName: "job" } },
      FlinkStateSnapshot: { metadata, spec: { jobReference: { kind: "FlinkDeployment", name: "job" } } },
      FlinkBlueGreenDeployment: { metadata, spec: {} },
      Deployment: { metadata: { ...metadata, labels } },
      Pod: { metadata: { ...metadata, labels } },
      ConfigMap: { metadata: { ...metadata, labels } },
    };
  });

  it("are left alone: no reconcile, no write, no metric", async () => {
    start();
    await settle();
    operator.reconfigured();
    await clock.advance(600_000);
    expect(new Set(reconciles)).toEqual(new Set(["FlinkDeployment b/job"]));
    expect(calls.filter((call) => !call.endsWith(" b"))).toEqual([]);
    expect(new Set(reported)).toEqual(new Set(["FlinkDeployment b"]));
    const { resources, sessionJobs, snapshots } = operator.measured;
    expect([...resources()].map((each) => each.metadata.namespace)).toEqual(["b"]);
    expect([[...sessionJobs()], [...snapshots()]]).toEqual([[], []]);
  });

  it("are known by their resources, which say which snapshots are needed, and by nothing else", async () => {
    owns = () => false;
    start();
    await settle();
    const retained = operator.retained();
    const kept = Object.keys(retained).filter(
      (part) => part.startsWith("store of") && (retained[part] ?? 0) > 0,
    );
    expect(kept).toEqual([
      "store of resources",
      "store of sessionJobs",
      "store of snapshots",
      "store of blueGreen",
    ]);
  });

  it("are not watched further, where namespaces are named", async () => {
    namespaces = ["a", "b"];
    start();
    await settle();
    expect(opened.filter((each) => each.endsWith(" a"))).toEqual([
      "FlinkDeployment a",
      "FlinkSessionJob a",
      "FlinkStateSnapshot a",
      "FlinkBlueGreenDeployment a",
    ]);
    expect(opened).toContain("Pod b");
    expect(operator.synced).toBe(true);
    expect(reconciles).toContain("FlinkDeployment b/job");
  });
});

it("starts and stops to manage Ingresses without a restart", async () => {
  const applied = () => calls.filter((call) => call.startsWith("apply Ingress"));
  const manage = (value: string) => {
    config = flinkConfig({ [operatorOptions.ingressManage.key]: value });
    operator?.reconfigured();
  };
  resources = resources.map((each) => ({ ...each, spec: { ...spec, ingress: { template: "a.b" } } }));
  namespaces = ["a"];
  config = flinkConfig({ [operatorOptions.ingressManage.key]: "false" });
  start();
  await clock.advance(60_000);
  expect(applied()).toEqual([]);
  manage("true");
  await clock.advance(60_000);
  expect(applied()).toEqual(["apply Ingress a"]);
  manage("false");
  await clock.advance(60_000);
  expect(applied()).toHaveLength(1);
});

it.each(["FlinkDeployment", "FlinkSessionJob"])(
  "a %s is looked at when a snapshot of its job changes",
  async (kind) => {
    namespaces = ["b"];
    const metadata = {
      name: "job",
      namespace: "b",
      uid: "s",
      resourceVersion: "1",
      deletionTimestamp: "now",
    };
    const snapshot = (state: string, resourceVersion: string): KubeObject => ({
      metadata: { name: "snapshot", namespace: "b", uid: "snapshot", resourceVersion },
      spec: { jobReference: { kind, name: "job" }, savepoint: {} },
      status: { state },
    });
    others = { FlinkSessionJob: { metadata, spec: {} }, FlinkStateSnapshot: snapshot("IN_PROGRESS", "2") };
    start();
    await settle();
    reconciles = [];
    news.resolve(snapshot("COMPLETED", "6"));
    await settle();
    expect(reconciles).toContain(`${kind} b/job`);
  },
);
