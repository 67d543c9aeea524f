import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../api/kubernetes.ts";
import { FINALIZER } from "../api/v1beta1/names.ts";
import type { Priority, WorkQueue } from "../runtime/queue.ts";
import { createEnqueuer, type Queues, type ReconciledKind } from "./enqueue.ts";
import { createStores, type Stores } from "./stores.ts";

let stores: Stores;
let added: string[];
let polled: string[];

const queue = (kind: ReconciledKind): WorkQueue => ({
  add: (key: string, _?: Priority) => void added.push(`${kind} ${key}`),
  addAfter: () => {},
  start: () => {},
  stop: async () => {},
  stats: () => ({ ready: 0, delayed: 0, running: 0, known: 0, oldestMs: 0 }),
});

const object = (kind: string, name: string, version: number, more: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind,
  ...more,
  metadata: { name, namespace: "ns", uid: name, resourceVersion: String(version), finalizers: [FINALIZER] },
});

beforeEach(() => {
  stores = createStores(() => 0);
  added = [];
  polled = [];
  const queues: Queues = {
    FlinkDeployment: queue("FlinkDeployment"),
    FlinkSessionJob: queue("FlinkSessionJob"),
    FlinkStateSnapshot: queue("FlinkStateSnapshot"),
    FlinkBlueGreenDeployment: queue("FlinkBlueGreenDeployment"),
  };
  createEnqueuer(stores, queues).subscribe({ pollNow: (key) => void polled.push(key) });
});

describe("session jobs", () => {
  const cluster = (version: number, status: object) =>
    object("FlinkDeployment", "session", version, { spec: { flinkVersion: "v2_1" }, status });

  beforeEach(() => {
    stores.resources.feed().applied(cluster(1, {}));
    const spec = { deploymentName: "session", job: { jarURI: "https://x/y.jar" } };
    stores.sessionJobs.feed().applied(object("FlinkSessionJob", "one", 2, { spec }));
    added.length = 0;
  });

  test.each<[string, object]>([
    ["is about to be replaced", { replacement: { generation: 2 } }],
    ["has a JobManager that answers", { jobManagerDeploymentStatus: "READY" }],
    ["has another spec deployed", { reconciliationStatus: { lastReconciledSpec: "{}" } }],
  ])("are reconciled when our own status says that their cluster %s", (_, status) => {
    stores.resources.observeWrite(cluster(3, status));
    expect(added).toEqual(["FlinkSessionJob ns/one"]);
  });

  test("are not reconciled for what they do not depend on", () => {
    stores.resources.observeWrite(cluster(3, { observedGeneration: 4 }));
    expect(added).toEqual([]);
  });
});

describe("a FlinkStateSnapshot", () => {
  const snapshot = (version: number, state: string) =>
    object("FlinkStateSnapshot", "s", version, {
      spec: { jobReference: { kind: "FlinkDeployment", name: "job" }, savepoint: {} },
      status: { state },
    });

  test("that we have created is reconciled, since no other change may follow", () => {
    stores.snapshots.feed();
    stores.snapshots.observeWrite(snapshot(2, "TRIGGER_PENDING"));
    expect(added).toContain("FlinkStateSnapshot ns/s");
  });

  test("whose status we have written is not", () => {
    stores.snapshots.feed().applied(snapshot(1, "TRIGGER_PENDING"));
    added.length = 0;
    stores.snapshots.observeWrite(snapshot(2, "IN_PROGRESS"));
    expect(added).not.toContain("FlinkStateSnapshot ns/s");
  });
});

describe("a FlinkBlueGreenDeployment and its FlinkDeployments", () => {
  const child = (version: number, generation: number, status: object = {}): KubeObject => {
    const { metadata, ...rest } = object("FlinkDeployment", "app-blue", version, { status });
    const owner = { apiVersion: "", kind: "FlinkBlueGreenDeployment", name: "app", uid: "u" };
    return { ...rest, metadata: { ...metadata, generation, ownerReferences: [owner] } };
  };
  const both = ["FlinkBlueGreenDeployment ns/app", "FlinkDeployment ns/app-blue"];

  test("follow each other, also after our own writes", () => {
    const feed = stores.resources.feed();
    stores.resources.observeWrite(child(1, 1));
    expect(added).toEqual(both);
    added.length = 0;
    stores.resources.observeWrite(child(2, 1, { lifecycleState: "STABLE" }));
    expect(added).toEqual(["FlinkBlueGreenDeployment ns/app"]);
    added.length = 0;
    stores.resources.observeWrite(child(3, 2));
    expect(added).toEqual(both);
    feed.applied(child(3, 2));
    added.length = 0;
    stores.resources.observeDelete("ns", "app-blue", "app-blue");
    expect(added).toEqual(both);
  });
});

test("an edit has its cluster reconciled and polled; our own write does not", () => {
  const resource = (version: number, image: string) =>
    object("FlinkDeployment", "job", version, { spec: { image, job: {} } });
  const feed = stores.resources.feed();
  feed.applied(resource(1, "a"));
  expect([added, polled]).toEqual([["FlinkDeployment ns/job"], ["ns/job"]]);
  stores.resources.observeWrite(resource(2, "a"));
  expect(added).toHaveLength(1);
  feed.applied(resource(3, "b"));
  expect(added).toHaveLength(2);
});
