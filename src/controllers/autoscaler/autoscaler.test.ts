import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { formatUndo } from "../../core/autoscaler/undo/undoState.ts";
import { flinkDeploymentKind } from "../../core/job/model/resourceKind.ts";
import { readSettings, type Settings } from "../../core/job/model/settings.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import type { CollectedAnswers, Collection } from "../../flink/pollCollection.ts";
import { KubeError } from "../../kube/errors.ts";
import type { EventToRecord } from "../../runtime/eventRecorder.ts";
import { createLogger } from "../../telemetry/log.ts";
import { UnfinishedReconcile } from "../reconciler.ts";
import { type Autoscaler, createAutoscaler } from "./autoscaler.ts";
import type { ClusterCapacityReader } from "./clusterCapacity.ts";

const vertex = "cbc357ccb763df2852fee8c4fc7d55f2";
const key = "pipeline.jobvertex-parallelism-overrides";
const jobId = "1".repeat(32);
const enabled = { "job.autoscaler.enabled": "true" };

let stored: KubeObject | undefined;
let calls: string[];
let failures: Partial<Record<"get" | "create" | "patch", KubeError>>;
let events: EventToRecord[];
let collection: Collection | undefined;
let collected: CollectedAnswers | undefined;
let autoscaler: Autoscaler;
let capacity: ReturnType<ClusterCapacityReader["current"]>;
let asked: string[];
let isOverloaded: boolean;
let now = 0;

function call<T>(name: "get" | "create" | "patch", answer: () => T): Promise<T> {
  calls.push(name);
  const failure = failures[name];
  return failure === undefined ? Promise.resolve().then(answer) : Promise.reject(failure);
}

function created(): Autoscaler {
  const operatorConfig = flinkConfig({});
  const configurations = new Map<object, Settings>();
  return createAutoscaler(
    {
      kube: {
        get: () =>
          call("get", () => {
            if (stored === undefined) throw new KubeError(404, "NotFound", "none");
            return stored;
          }),
        create: (_, object) =>
          call("create", () => {
            stored = { ...object, metadata: { ...object.metadata, resourceVersion: "1" } };
            return stored;
          }),
        mergePatch: (_, __, ___, patch) =>
          call("patch", () => {
            const { metadata, data } = patch as { metadata: { resourceVersion: string }; data: object };
            if (metadata.resourceVersion !== stored?.metadata.resourceVersion)
              throw new KubeError(409, "Conflict", "changed");
            const next = Object.entries({ ...(stored?.data as object), ...data });
            const version = String(Number(metadata.resourceVersion) + 1);
            stored = {
              metadata: { ...(stored?.metadata ?? { name: "" }), resourceVersion: version },
              data: Object.fromEntries(next.filter(([, value]) => value !== null)),
            };
            return stored;
          }),
      },
      poller: {
        collect(_, wanted) {
          collection = wanted;
        },
        takeCollected: () => {
          const taken = collected;
          collected = undefined;
          return taken;
        },
      },
      recorder: { record: (_, event) => Promise.resolve(void events.push(event)) },
      clock: { now: () => now },
      log: createLogger({ level: "silent" }),
      capacity: {
        current() {
          asked.push("current");
          return capacity;
        },
        reserve: ({ taskManagers, cpu, memoryBytes }) =>
          void asked.push(`reserve ${taskManagers} x ${cpu} CPU, ${memoryBytes / 2 ** 30} GiB`),
      },
    },
    {
      kind: flinkDeploymentKind,
      hasTaskManagers: true,
      pollKey: (namespace, name) => `${namespace}/${name}`,
      configurationOf(resource) {
        const known = configurations.get(resource.spec);
        const settings = known ?? readSettings(deployConfig({ operatorConfig, resource }));
        configurations.set(resource.spec, settings);
        return { settings, error: undefined };
      },
      configsOf(resource) {
        const job = deployConfig({ operatorConfig, resource });
        return { job, cluster: job };
      },
    },
  );
}

interface Given {
  readonly configuration?: Record<string, string>;
  readonly deployed?: Record<string, string>;
  readonly state?: "RUNNING" | "FAILED" | "FINISHED" | "CANCELED";
  readonly reconciliation?: "DEPLOYED" | "UPGRADING";
  readonly nonce?: number;
  readonly deleting?: boolean;
}

function job(given: Given = {}): FlinkDeployment {
  const { configuration = enabled, deployed = configuration, state = "RUNNING", nonce } = given;
  const specWith = (flinkConfiguration: Record<string, string>, own: object = {}) => ({
    image: "flink",
    flinkVersion: "v1_20" as const,
    flinkConfiguration,
    jobManager: { resource: { cpu: 1, memory: "1g" } },
    taskManager: { resource: { cpu: 1, memory: "1g" } },
    job: { jarURI: "local:///a.jar", parallelism: 2, upgradeMode: "stateless" as const, ...own },
  });
  return {
    metadata: {
      namespace: "ns",
      name: "orders",
      uid: "u1",
      ...(given.deleting === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: specWith(configuration, nonce === undefined ? {} : { autoscalerResetNonce: nonce }),
    status: {
      jobStatus: { state, jobId },
      reconciliationStatus: {
        state: given.reconciliation ?? "DEPLOYED",
        lastReconciledSpec: formatLastReconciledSpec(specWith(deployed), { firstDeployment: false }),
      },
    },
  };
}

const decided = { parallelismOverrides: `${vertex}:7` };
const storedBefore = (data: Record<string, string> = decided, uid = "u1"): KubeObject => ({
  metadata: {
    name: "autoscaler-orders",
    resourceVersion: "5",
    ownerReferences: [{ apiVersion: "v1", kind: "FlinkDeployment", name: "orders", uid }],
  },
  data,
});
/** Flink does not know the job: the cycle ends with an error. */
const unknownJob: CollectedAnswers = new Map([[`/jobs/${jobId}`, { error: "Job not found" }]]);

/** A job with one source, in balance, or as busy as it can be. */
function answerOf(path: string): unknown {
  const [resource = "", query = ""] = path.split("?");
  const names = new URLSearchParams(query).get("get")?.split(",");
  const own = ["busyTimeMsPerSecond", "backPressuredTimeMsPerSecond"].concat(
    ["numRecordsInPerSecond", "numRecordsIn"].map((name) => `Source__a.${name}`),
  );
  if (resource.endsWith("metrics"))
    return (names ?? own).map((id) => {
      const value = !isOverloaded ? 1 : id.endsWith("numRecordsIn") ? now / 10 : 1_000;
      return { id, min: value, max: value, avg: value, sum: value, value: String(value) };
    });
  return {
    timestamps: { RUNNING: 1 },
    vertices: [{ id: vertex, parallelism: 2, maxParallelism: 128, status: "RUNNING", metrics: {} }],
    plan: { nodes: [{ id: vertex, inputs: [] }] },
  };
}

/** A complete round of answers, and the cycle of it. */
async function measure(resource = job()): Promise<void> {
  autoscaler.collect(await autoscaler.prepare(resource), resource.status ?? {});
  const answers = new Map<string, { body: unknown }>();
  for (let next = collection?.plan(answers).next ?? []; next.length > 0; ) {
    for (const path of next) answers.set(path, { body: answerOf(path) });
    next = collection?.plan(answers).next ?? [];
  }
  collected = answers;
  now += 15_000;
  await autoscaler.prepare(resource);
}

beforeEach(() => {
  now = 1_000_000;
  stored = undefined;
  calls = [];
  failures = {};
  events = [];
  collection = undefined;
  collected = undefined;
  capacity = undefined;
  asked = [];
  isOverloaded = false;
  autoscaler = created();
});

describe("a job that is not autoscaled", () => {
  test("costs nothing", async () => {
    const resource = job({ configuration: {} });
    const prepared = await autoscaler.prepare(resource);
    autoscaler.collect(prepared, resource.status ?? {});
    expect(prepared).toEqual({ resource, decisions: "", isReset: false, intervalMs: undefined });
    expect([calls, collection, autoscaler.size]).toEqual([[], undefined, 0]);
  });

  test("that was, has its state cleared, and its own parallelism", async () => {
    stored = storedBefore({ ...decided, mine: "kept" });
    const resource = job({ configuration: {}, deployed: { ...enabled, [key]: `${vertex}:7` } });
    expect((await autoscaler.prepare(resource)).resource).toBe(resource);
    expect(stored.data).toEqual({ mine: "kept" });
    calls = [];
    await autoscaler.prepare(resource);
    expect(calls).toEqual([]);
  });
});

describe("an autoscaled job", () => {
  test("has the stored decisions in its spec, which are read once", async () => {
    stored = storedBefore();
    const resource = job();
    const first = await autoscaler.prepare(resource);
    expect(first.resource.spec.flinkConfiguration).toEqual({ ...enabled, [key]: `${vertex}:7` });
    expect(first.decisions).not.toBe("");
    expect(resource.spec.flinkConfiguration).toEqual(enabled);
    const second = await autoscaler.prepare(resource);
    expect(second.resource.spec).toBe(first.resource.spec);
    expect(calls).toEqual(["get"]);
  });

  test("is measured while it runs as deployed, at the interval of reconciles", async () => {
    for (const [given, isMeasured] of [
      [{}, true],
      [{ state: "FAILED" }, false],
      [{ reconciliation: "UPGRADING" }, false],
      [{ deleting: true }, false],
    ] as const) {
      const resource = job(given);
      const prepared = await autoscaler.prepare(resource);
      autoscaler.collect(prepared, resource.status ?? {});
      expect({ given, isMeasured: collection !== undefined }).toEqual({ given, isMeasured });
    }
    const prepared = await autoscaler.prepare(job());
    autoscaler.collect(prepared, job().status ?? {});
    expect(collection).toMatchObject({ jobId, intervalMs: 60_000 });
    expect(collection?.plan(new Map())).toEqual({ next: [`/jobs/${jobId}`], isCold: false });
  });

  test.each([
    [{}, 1],
    [{ rescale: { startTime: 1 } }, 0],
    [
      {
        jobStatus: {
          state: "RUNNING" as const,
          jobId,
          savepointInfo: { triggerType: "UPGRADE" as const, triggerId: "t" },
        },
      },
      0,
    ],
    [{ pendingChange: { generation: 2, waitsFor: "Approval" as const } }, 0],
    [{ warmUpgrade: { clusterId: "orders-warm" } }, 0],
    [{ sqlCheck: { specHash: "a" } }, 0],
    [{}, 0, { parallelismOverrides: `${vertex}:3` }],
    [{}, 0, { parallelismOverrides: "what?" }],
  ])(
    "is measured, but nothing is decided while a change is under way or waits: %j",
    async (more, decisions, data?: Record<string, string>) => {
      if (data !== undefined) stored = storedBefore(data);
      const windows = ["stabilization.interval", "metrics.window"].map((name) => [
        `job.autoscaler.${name}`,
        "15 s",
      ]);
      const resource = job({ configuration: { ...enabled, ...Object.fromEntries(windows) } });
      const seen = { ...resource, status: { ...resource.status, ...more } };
      await measure(seen);
      await measure(seen);
      const [{ memory } = { memory: undefined }] = [...autoscaler.measured()];
      const { scalings = 0, balanced = 0 } = memory?.counters ?? {};
      expect(scalings + balanced).toBe(decisions);
      expect(memory?.evaluated).toBeDefined();
    },
  );

  describe("that does not run after its scaling", () => {
    const configuration = {
      ...enabled,
      "job.autoscaler.undo.enabled": "true",
      "job.autoscaler.undo.timeout": "5 min",
    };
    const scaled = {
      ...decided,
      undo: formatUndo({
        watched: {
          at: 0,
          generation: 0,
          before: new Map([[vertex, 2]]),
          configBefore: undefined,
          changes: new Map([[vertex, { from: 2, to: 7, load: 10 }]]),
        },
      }),
    };
    const deployed = { ...configuration, [key]: `${vertex}:7` };
    const prepareAt = async (minutes: number, more: object = {}, given: Given = {}) => {
      now = 1_000_000 + minutes * 60_000;
      const resource = job({ configuration, deployed, state: "FAILED", ...given });
      const seen = { ...resource, status: { ...resource.status, ...more } } as FlinkDeployment;
      const { resource: prepared } = await autoscaler.prepare(seen);
      return prepared.spec.flinkConfiguration?.[key];
    };

    test.each(["FINISHED", "CANCELED"] as const)("keeps it if it is %s", async (state) => {
      stored = storedBefore(scaled);
      for (const minutes of [0, 60]) expect(await prepareAt(minutes, {}, { state })).toBe(`${vertex}:7`);
      expect(calls).toEqual(["get"]);
    });

    test("gets the parallelism before, which is stored first", async () => {
      stored = storedBefore(scaled);
      expect(await prepareAt(0)).toBe(`${vertex}:7`);
      expect(await prepareAt(4.9)).toBe(`${vertex}:7`);
      expect(calls).toEqual(["get"]);
      expect(await prepareAt(5)).toBe(`${vertex}:2`);
      expect((stored.data as Record<string, string>).parallelismOverrides).toBe(`${vertex}:2`);
      expect(events.map(({ reason }) => reason)).toEqual(["ScalingUndone"]);
      calls = [];
      expect(await prepareAt(60)).toBe(`${vertex}:2`);
      expect([calls, events.length]).toEqual([[], 1]);
    });

    test("keeps what is deployed if it cannot be stored, and takes it back later", async () => {
      stored = storedBefore(scaled);
      await prepareAt(0);
      failures = { patch: new KubeError(409, "Conflict", "changed") };
      await expect(prepareAt(6)).rejects.toThrow(UnfinishedReconcile);
      failures = {};
      expect(await prepareAt(7)).toBe(`${vertex}:2`);
    });

    test("keeps it at the start of the operator, whose status may be as old as its outage", async () => {
      stored = storedBefore(scaled);
      await prepareAt(0);
      autoscaler = created();
      expect(await prepareAt(600)).toBe(`${vertex}:7`);
      expect(await prepareAt(601, {}, { state: "RUNNING" })).toBe(`${vertex}:7`);
      expect(await prepareAt(606)).toBe(`${vertex}:7`);
      expect(await prepareAt(607, {}, { reconciliation: "UPGRADING" })).toBe(`${vertex}:7`);
      expect(await prepareAt(612)).toBe(`${vertex}:7`);
      expect(events).toEqual([]);
    });

    test.each<[string, Record<string, string>, Record<string, string>, RegExp]>([
      ["what is stored makes no sense", { parallelismOverrides: "what?" }, {}, /parallelismOverrides/],
      ["an option makes no sense", {}, { "job.autoscaler.undo.timeout": "soon" }, /'soon' for key/],
    ])("keeps it, and says why, where %s", async (_, entries, options, why) => {
      stored = storedBefore({ ...scaled, ...entries });
      const wrong = {
        configuration: { ...configuration, ...options },
        deployed: { ...deployed, ...options },
      };
      expect(await prepareAt(0, {}, wrong)).toBe(`${vertex}:7`);
      expect(events).toMatchObject([
        { type: "Warning", reason: "AutoscalerError", message: expect.stringMatching(why) },
      ]);
      expect([...autoscaler.measured()]).toMatchObject([{ memory: { counters: { errors: 1 } } }]);
    });

    test.each<[string, object, Given]>([
      ["the change waits", { pendingChange: { generation: 1, waitsFor: "DisruptionWindow" } }, {}],
      ["an upgrade is under way", {}, { reconciliation: "UPGRADING" }],
      ["it is not deployed yet", {}, { deployed: { ...configuration, [key]: `${vertex}:2` } }],
      ["the job runs", {}, { state: "RUNNING" }],
    ])("keeps it while %s", async (_, more, given) => {
      stored = storedBefore(scaled);
      for (const minutes of [0, 6, 60]) await prepareAt(minutes, more, given);
      expect((stored.data as Record<string, string>).parallelismOverrides).toBe(`${vertex}:7`);
      expect(events).toEqual([]);
    });

    test("gets it back while slots are missing for a change in place", async () => {
      stored = storedBefore(scaled);
      const inPlace = { deployed: { ...configuration, [key]: `${vertex}:2` }, state: "RUNNING" as const };
      for (const minutes of [0, 6]) await prepareAt(minutes, { rescale: { startTime: 1 } }, inPlace);
      expect((stored.data as Record<string, string>).parallelismOverrides).toBe(`${vertex}:2`);
    });
  });

  describe("is explained in its status", () => {
    const windows = {
      "job.autoscaler.stabilization.interval": "15 s",
      "job.autoscaler.metrics.window": "15 s",
    };
    const explained = { ...enabled, ...windows };
    const statusOf = async (resource: FlinkDeployment) =>
      (await autoscaler.prepare(resource)).resource.status?.autoscaler;

    test("from a decision on, until another one comes out", async () => {
      const resource = job({ configuration: explained });
      expect(await statusOf(resource)).toBeUndefined();
      await measure(resource);
      await measure(resource);
      const first = await statusOf(resource);
      expect(first).toMatchObject({ outcome: "Balanced", vertices: [{ id: vertex, outcome: "Waits" }] });
      const seen = { ...resource, status: { ...resource.status, autoscaler: first } } as FlinkDeployment;
      await measure(seen);
      expect(await statusOf(seen)).toBe(first);
      autoscaler = created();
      expect(await statusOf(seen)).toBe(first);
    });

    test("not where the CRD drops it, nor once autoscaling is off", async () => {
      const resource = job({ configuration: explained });
      await measure(resource);
      await measure(resource);
      const autoscaled = await statusOf(resource);
      autoscaler.explanationStored(resource, false);
      expect(await statusOf(resource)).toBeUndefined();
      const off = job({ configuration: {}, deployed: explained });
      const { resource: prepared } = await autoscaler.prepare({
        ...off,
        status: { ...off.status, autoscaler: autoscaled },
      } as FlinkDeployment);
      expect(prepared.status).toEqual(off.status);
    });
  });

  test("has a cycle for each complete answer, whose error is an event, and counted", async () => {
    collected = unknownJob;
    await autoscaler.prepare(job());
    await autoscaler.prepare(job());
    expect(events).toMatchObject([{ type: "Warning", reason: "AutoscalerError", component: "Operator" }]);
    expect([...autoscaler.measured()]).toMatchObject([{ memory: { counters: { errors: 1 } } }]);
  });

  const rolledBack = (given: Given = {}, image = "flink"): FlinkDeployment => {
    const deployed = { ...enabled, [key]: `${vertex}:7` };
    const resource = job({ deployed, ...given });
    const { jobStatus, reconciliationStatus } = resource.status ?? {};
    const stable = job({ deployed: { ...enabled, [key]: `${vertex}:5` } });
    const { lastReconciledSpec: lastStableSpec } = stable.status?.reconciliationStatus ?? {};
    return {
      ...resource,
      spec: { ...resource.spec, image },
      status: {
        ...(jobStatus && { jobStatus }),
        reconciliationStatus: { ...reconciliationStatus, state: "ROLLED_BACK", lastStableSpec },
      },
    };
  };

  test("that is rolled back has no cycle, and the decisions of the failed spec, which is no new edit so", async () => {
    stored = storedBefore({ parallelismOverrides: `${vertex}:9` });
    collected = unknownJob;
    const prepared = await autoscaler.prepare(rolledBack());
    autoscaler.collect(prepared, rolledBack().status ?? {});
    expect(prepared.resource.spec.flinkConfiguration).toEqual({ ...enabled, [key]: `${vertex}:7` });
    expect([collection, events]).toEqual([undefined, []]);
    const reset = await autoscaler.prepare(rolledBack({ nonce: 3 }));
    expect(reset.isReset).toBe(true);
    expect(reset.resource.spec.flinkConfiguration).toEqual({ ...enabled, [key]: `${vertex}:7` });
  });

  test("that is rolled back and edited has the stored decisions", async () => {
    stored = storedBefore({ parallelismOverrides: `${vertex}:9` });
    const { spec } = (await autoscaler.prepare(rolledBack({}, "flink:2"))).resource;
    expect(spec.flinkConfiguration).toEqual({ ...enabled, [key]: `${vertex}:9` });
  });

  test("has a new state once its reset is asked for, which the status then says", async () => {
    stored = storedBefore();
    const { resource, isReset } = await autoscaler.prepare(job({ nonce: 3 }));
    expect(isReset).toBe(true);
    expect(resource.spec.flinkConfiguration).toEqual(enabled);
    const recorded = resource.status?.reconciliationStatus?.lastReconciledSpec;
    expect(readLastReconciledSpec(recorded)?.spec.job?.autoscalerResetNonce).toBe(3);
    expect(stored.data).toEqual({});
  });

  test("is not reset while that cannot be stored: the status does not say so", async () => {
    stored = storedBefore();
    failures = { patch: new KubeError(403, "Forbidden", "no") };
    const { resource, isReset } = await autoscaler.prepare(job({ nonce: 3 }));
    expect(isReset).toBe(false);
    expect(resource.spec.flinkConfiguration).toEqual({ ...enabled, [key]: `${vertex}:7` });
    expect(events).toMatchObject([{ message: "The ConfigMap autoscaler-orders cannot be written: no" }]);
  });
});

describe("what is stored", () => {
  test.each([
    ["by somebody else meanwhile", new KubeError(409, "Conflict", "changed")],
    ["perhaps: the answer is lost", new KubeError(0, "Silent", "no answer")],
    ["no more", new KubeError(404, "NotFound", "none")],
  ])("%s, is read again before anything is decided", async (_, failure) => {
    stored = storedBefore();
    failures = { patch: failure };
    await expect(autoscaler.prepare(job({ nonce: 1 }))).rejects.toThrow("write the autoscaler's ConfigMap");
    failures = {};
    await autoscaler.prepare(job({ nonce: 1 }));
    expect(calls).toEqual(["get", "patch", "get", "patch"]);
  });

  test("of a deleted resource with the same name is not used", async () => {
    stored = storedBefore(decided, "another");
    await expect(autoscaler.prepare(job())).rejects.toThrow("read the autoscaler's ConfigMap");
    stored = undefined;
    expect((await autoscaler.prepare(job())).decisions).toBe("");
  });

  test("cannot be read for now: nothing is decided", async () => {
    failures = { get: new KubeError(503, "ServiceUnavailable", "no") };
    await expect(autoscaler.prepare(job())).rejects.toThrow("read the autoscaler's ConfigMap");
    expect(events).toEqual([]);
  });

  const [theirs, forbidden] = ["of another resource with the same name", "not to be read"];
  test.each([
    [theirs, "belongs to the FlinkSessionJob orders."],
    [forbidden, "cannot be read: no"],
  ])("%s, does not hold the job up: it keeps what it has, and an event says why", async (what, why) => {
    stored = {
      metadata: {
        ...storedBefore().metadata,
        ownerReferences: [{ apiVersion: "v1", kind: "FlinkSessionJob", name: "orders", uid: "u2" }],
      },
      data: { parallelismOverrides: `${vertex}:3` },
    };
    if (what === forbidden) failures = { get: new KubeError(403, "Forbidden", "no") };
    const before = stored;
    const deployed = { ...enabled, [key]: `${vertex}:7` };
    collected = unknownJob;
    for (let reconciles = 0; reconciles < 2; reconciles++) {
      const prepared = await autoscaler.prepare(job({ deployed, nonce: 1 }));
      autoscaler.collect(prepared, job().status ?? {});
      expect(prepared.resource.spec.flinkConfiguration).toEqual(deployed);
      expect(prepared).toMatchObject({ isReset: false, intervalMs: undefined });
    }
    expect([calls, collection, stored]).toEqual([["get"], undefined, before]);
    expect(events).toMatchObject([
      {
        reason: "AutoscalerError",
        message: `The ConfigMap autoscaler-orders ${why} The job keeps the parallelism that it has.`,
        intervalMs: 1_800_000,
      },
    ]);
    stored = undefined;
    failures = {};
    now += 300_000;
    expect((await autoscaler.prepare(job({ deployed }))).intervalMs).toBe(60_000);
    expect(calls).toEqual(["get", "get"]);
  });

  test("by another resource means nothing to a job that is not autoscaled any more", async () => {
    stored = {
      ...storedBefore(),
      metadata: {
        ...storedBefore().metadata,
        ownerReferences: [{ apiVersion: "v1", kind: "FlinkSessionJob", name: "orders", uid: "u2" }],
      },
    };
    const resource = job({ configuration: { "job.autoscaler.enabled": "false" } });
    expect((await autoscaler.prepare(resource)).resource).toBe(resource);
    expect([calls, events]).toEqual([["get"], []]);
  });

  test("makes no sense: the job keeps the parallelism that it has", async () => {
    stored = storedBefore({ parallelismOverrides: "what?" });
    const deployed = { ...enabled, [key]: `${vertex}:7` };
    const { resource } = await autoscaler.prepare(job({ deployed }));
    expect(resource.spec.flinkConfiguration).toEqual(deployed);
    expect(events).toMatchObject([{ reason: "AutoscalerError" }]);
    await autoscaler.prepare(job({ deployed }));
    expect(events).toHaveLength(2);
  });

  test("is an object that belongs to the resource, and is written once for two samples", async () => {
    await measure();
    expect(stored).toMatchObject({
      metadata: {
        name: "autoscaler-orders",
        namespace: "ns",
        labels: { component: "autoscaler", app: "orders" },
        ownerReferences: [{ kind: "FlinkDeployment", name: "orders", uid: "u1" }],
      },
      data: { collectedMetrics: expect.any(String) },
    });
    const first = stored?.data;
    await autoscaler.prepare(job());
    await measure();
    expect(calls).toEqual(["get", "create"]);
    await measure();
    expect(stored?.data).not.toEqual(first);
    await measure();
    expect(calls).toEqual(["get", "create", "patch"]);
  });

  test("is forgotten with the resource", async () => {
    await autoscaler.prepare(job());
    expect(autoscaler.size).toBe(1);
    autoscaler.remove("ns", "orders");
    expect([autoscaler.size, [...autoscaler.measured()]]).toEqual([0, []]);
  });
});

describe("the free capacity of the cluster", () => {
  const roomFor = (taskManagers: number) => ({ nodes: [{ cpu: taskManagers, memoryBytes: 2 ** 40 }] });
  const resource = job({
    configuration: {
      ...enabled,
      "job.autoscaler.stabilization.interval": "15 s",
      "job.autoscaler.metrics.window": "15 s",
      "job.autoscaler.utilization.max": "0.8",
    },
  });
  const outcome = async () => {
    for (let sample = 0; sample < 4; sample++) await measure(resource);
    const { parallelismOverrides } = (stored?.data ?? {}) as Record<string, string>;
    const reasons = new Set(events.map(({ reason }) => reason));
    return [
      parallelismOverrides,
      ...[...reasons].filter((reason) => reason !== "Configuration recommendation"),
    ];
  };

  test("holds up a scaling until it is known, and takes what the scaling needs", async () => {
    isOverloaded = true;
    capacity = "unread";
    expect(await outcome()).toEqual([undefined]);
    capacity = roomFor(9);
    const [parallelism, ...reasons] = await outcome();
    expect(parallelism).toMatch(/:[3-9]$/);
    expect(reasons).toEqual(["ScalingReport"]);
    const added = Number(parallelism?.split(":")[1]) - 2;
    expect(asked.filter((each) => each !== "current")).toEqual([`reserve ${added} x 1 CPU, 1 GiB`]);
  });

  test("forbids a scaling that it has no room for", async () => {
    isOverloaded = true;
    capacity = roomFor(0);
    expect(await outcome()).toEqual([undefined, "ResourceQuotaReached"]);
    expect(new Set(asked)).toEqual(new Set(["current"]));
  });

  test("forbids nothing where it may not be read, which one event says", async () => {
    isOverloaded = true;
    capacity = { unknown: "nodes is forbidden" };
    const [parallelism, ...reasons] = await outcome();
    expect([parallelism === undefined, reasons]).toEqual([false, ["AutoscalerError", "ScalingReport"]]);
    expect(events.filter(({ reason }) => reason === "AutoscalerError")).toHaveLength(1);
  });

  test("is not asked for by a job that is not autoscaled, or not measured", async () => {
    await autoscaler.prepare(job({ configuration: {} }));
    await autoscaler.prepare(job());
    expect(asked).toEqual([]);
  });
});
