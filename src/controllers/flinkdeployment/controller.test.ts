import { beforeEach, describe, expect, test, vi } from "vitest";
import { fakeClock } from "../../../test/support/fakeClock.ts";
import type { FlinkFacts } from "../../api/flinkFacts.ts";
import type { KubeObject, ResourceType } from "../../api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import {
  aJobId,
  aSnapshot,
  aStatus,
  flinkFacts,
  lately,
  withJobSpec,
} from "../../core/job/situation.fixture.ts";
import type { FlinkRest } from "../../flink/api.ts";
import type { Poller } from "../../flink/poller.ts";
import type { KubeApi } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import type { EventToRecord } from "../../runtime/eventRecorder.ts";
import { createStore } from "../../runtime/store.ts";
import { createLogger } from "../../telemetry/log.ts";
import { UnfinishedReconcile } from "../reconciler.ts";
import { createFlinkDeploymentController } from "./controller.ts";
import { type ClusterIndex, clusterKey } from "./gather.ts";
import { createRoutes, type ProjectedRoute, projectRoute } from "./ingressRoutes.ts";
import {
  type ProjectedConfigMap,
  type ProjectedDeployment,
  type ProjectedPod,
  type ProjectedSnapshot,
  projectConfigMap,
  projectDeployment,
  projectPod,
  projectSnapshot,
} from "./project.ts";

const spec = withJobSpec(
  { upgradeMode: "stateless" },
  {
    jobManager: { resource: { cpu: 1, memory: "1024m" } },
    taskManager: { resource: { cpu: 1, memory: "1024m" } },
  },
);
const resource = (
  more: { metadata?: object; spec?: object; status?: object | undefined } = {},
): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: {
    name: "job",
    namespace: "ns",
    uid: "u",
    generation: 1,
    resourceVersion: "1",
    finalizers: [FINALIZER],
    ...more.metadata,
  },
  spec: more.spec ?? spec,
  ...(more.status === undefined ? {} : { status: more.status }),
});

/** The calls of a first launch, whose status waits for the next change. */
const launch = [
  "patch FlinkDeployment",
  "status",
  "apply Service",
  "apply ConfigMap",
  "create Deployment",
  "apply Service",
];

const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "job",
    namespace: "ns",
    uid: "deployment-1",
    resourceVersion: "1",
    labels: { app: "job", component: "jobmanager" },
    annotations: { "flinkdeployment.flink.apache.org/generation": "1" },
  },
};
const jobManagerPod = (status: object): KubeObject => ({
  kind: "Pod",
  metadata: {
    name: "job-abc",
    namespace: "ns",
    uid: "p",
    resourceVersion: "1",
    labels: { app: "job", component: "jobmanager" },
  },
  status,
});
const readyPod = jobManagerPod({ podIP: "10.0.0.1", conditions: [{ type: "Ready", status: "True" }] });

let version: number;
let calls: string[];
let statuses: FlinkDeploymentStatus[];
let events: EventToRecord[];
let failures: Record<string, Error>;
/** A field of the status that the installed CRD does not have. */
let pruned: string | undefined;

/** A controller over stores that hold `objects`. Calls to the API server are recorded, and fail if a test says so. */
function world(objects: readonly KubeObject[], facts?: FlinkFacts, logs = "") {
  const clock = fakeClock();
  const now = () => clock.now();
  const byCluster = {
    cluster: ({ metadata }: KubeObject) => [clusterKey(metadata.namespace ?? "", metadata.labels?.app ?? "")],
  };
  const resources = createStore<KubeObject>({ now });
  const stores = {
    deployments: createStore<ProjectedDeployment>({ project: projectDeployment, now }),
    pods: createStore<ProjectedPod, ClusterIndex>({ project: projectPod, indices: byCluster, now }),
    configMaps: createStore<ProjectedConfigMap, ClusterIndex>({
      project: projectConfigMap,
      indices: byCluster,
      now,
    }),
    snapshots: createStore<ProjectedSnapshot, ClusterIndex>({ project: projectSnapshot, now }),
  };
  const feeds = {
    FlinkDeployment: resources.feed(),
    Deployment: stores.deployments.feed(),
    Pod: stores.pods.feed(),
    ConfigMap: stores.configMaps.feed(),
  } as const;
  for (const kind of ["FlinkDeployment", "Deployment", "Pod", "ConfigMap"] as const) {
    const relist = feeds[kind].relist();
    for (const each of objects.filter((object) => object.kind === kind)) relist.applied(each);
    relist.commit("1");
  }
  const note = <Answer>(call: string, answer: () => Answer): Promise<Answer> => {
    calls.push(call);
    const failure = failures[call];
    return failure === undefined ? Promise.resolve(answer()) : Promise.reject(failure);
  };
  const written = (object: KubeObject, kind: string): KubeObject => {
    version += 1;
    return { ...object, kind, metadata: { ...object.metadata, resourceVersion: String(version) } };
  };
  const kube = {
    apply: (type: ResourceType, object: KubeObject) =>
      note(`apply ${type.kind}`, () =>
        written({ ...object, metadata: { ...object.metadata, uid: "applied" } }, type.kind),
      ),
    create: (type: ResourceType, object: KubeObject) =>
      note(`create ${type.kind}`, () =>
        written({ ...object, metadata: { ...object.metadata, uid: "new" } }, type.kind),
      ),
    get: (type: ResourceType) => note(`get ${type.kind}`, () => deployment),
    delete: (type: ResourceType) => note(`delete ${type.kind}`, () => undefined),
    mergePatch: (type: ResourceType, _: string, name: string, patch: { metadata: object }) =>
      note(`patch ${type.kind}`, () => {
        const found = resources.get("ns", name) ?? resource();
        return written({ ...found, metadata: { ...found.metadata, ...patch.metadata } }, type.kind);
      }),
    jsonPatch: (type: ResourceType, _: string, name: string) =>
      note(`patch ${type.kind}`, () => {
        const found = resources.get("ns", name) ?? resource();
        const finalizers = (found.metadata.finalizers ?? []).filter((each) => each !== FINALIZER);
        const patched = { ...found, metadata: { ...found.metadata, finalizers } };
        // Without any, the API server deletes it, and answers with the version that it had before.
        return finalizers.length === 0 ? patched : written(patched, type.kind);
      }),
    replaceStatus: (type: ResourceType, object: KubeObject) =>
      note("status", () => {
        statuses.push(object.status as FlinkDeploymentStatus);
        const status = Object.entries(object.status ?? {}).filter(([field]) => field !== pruned);
        return written({ ...object, status: Object.fromEntries(status) }, type.kind);
      }),
    list: () => note("list", () => ({ resourceVersion: "1", items: [] })),
    podLog: (_: string, __: string, { tailLines }: { tailLines: number }) =>
      note("log", () => logs.split("\n").slice(-tailLines).join("\n")),
  } as unknown as KubeApi;
  const routeStores = {
    Ingress: createStore<ProjectedRoute>({ project: projectRoute, now }),
    HTTPRoute: createStore<ProjectedRoute>({ project: projectRoute, now }),
  };
  for (const store of Object.values(routeStores)) store.feed().relist().commit("1");
  const flink = {
    cancel: () => note("cancel", () => "accepted"),
    stopWithSavepoint: () => note("stop", () => undefined),
  } as unknown as FlinkRest;
  const plan = vi.fn<Poller["plan"]>();
  const pollNow = vi.fn<Poller["pollNow"]>();
  const controller = createFlinkDeploymentController({
    kube,
    flink,
    poller: {
      plan,
      pollNow,
      facts: () => facts,
      follow: () => {},
      followed: () => undefined,
    } as unknown as Poller,
    recorder: { record: (_, event) => Promise.resolve(void events.push(event)) },
    clock,
    log: createLogger({ level: "silent" }),
    restAccess: "pod",
    deployments: stores.deployments,
    pods: stores.pods,
    snapshots: stores.snapshots,
    sessionJobsOf: () => [],
    routes: createRoutes(routeStores, { hasRead: () => true, unavailableReason: () => undefined }),
    operatorConfig: () => operatorConfig,
    logFiles: {},
    resources,
    stores,
    random: () => 0,
  });
  const reconcile = () => controller.reconcile("ns", "job");
  return {
    controller,
    resources,
    routeStores,
    stores,
    plan,
    clock,
    reconcile,
    /** Reconciles, and lets the time pass until the next one is due. */
    async attempt() {
      const result = await reconcile();
      await clock.advance(result.requeueAfterMs ?? 0);
      return result;
    },
    /** Changes the resource as a user does. */
    edit(metadata: object, editedSpec: object = resources.get("ns", "job")?.spec as object) {
      const found = resources.get("ns", "job") as KubeObject;
      resources.feed().applied({
        ...found,
        metadata: { ...found.metadata, ...metadata, resourceVersion: String(++version) },
        spec: editedSpec,
      });
    },
  };
}
const operatorConfig = flinkConfig({});

beforeEach(() => {
  version = 10;
  calls = [];
  statuses = [];
  events = [];
  failures = {};
  pruned = undefined;
});

/** The status as it is written, without undefined fields. */
const stored = (status: FlinkDeploymentStatus): FlinkDeploymentStatus => JSON.parse(JSON.stringify(status));
const conflict = new KubeError(409, "Conflict", "changed");

describe("a reconcile", () => {
  test("acts, then writes the status once, then records events", async () => {
    const { reconcile } = world([resource({ metadata: { finalizers: [] } })]);
    expect(await reconcile()).toEqual({ requeueAfterMs: 0 });
    expect(calls).toEqual(["patch FlinkDeployment", "status"]);
    expect(statuses[0]).toMatchObject({ lifecycleState: "UPGRADING" });
  });

  test("sees what the one before wrote, before the watch delivers it", async () => {
    const { reconcile, resources } = world([resource({ metadata: { finalizers: [] } })]);
    await reconcile();
    expect(resources.get("ns", "job")?.metadata.finalizers).toEqual([FINALIZER]);
    await reconcile();
    expect(calls).toEqual(launch);
    expect(events.map(({ reason }) => reason)).toEqual(["Submit"]);
  });

  describe("after a launch", () => {
    const launched = { jobManagerDeploymentStatus: "DEPLOYING", reconciliationStatus: { state: "DEPLOYED" } };
    async function launchedWorld(facts?: FlinkFacts) {
      const made = world([resource({ metadata: { finalizers: [] } })], facts);
      await made.reconcile();
      await made.reconcile();
      return made;
    }

    test("begins with its status, which is written when ten seconds have passed", async () => {
      const { reconcile, clock } = await launchedWorld();
      await clock.advance(4_000);
      expect((await reconcile())?.requeueAfterMs).toBeLessThanOrEqual(6_000);
      expect(calls).toEqual(launch);
      await clock.advance(6_000);
      await reconcile();
      expect(calls).toEqual([...launch, "status"]);
      expect(statuses[1]).toMatchObject(launched);
      await reconcile();
      expect(calls).toEqual([...launch, "status"]);
    });

    test("writes its status together with what is not progress alone", async () => {
      const { reconcile, resources } = await launchedWorld();
      const found = resources.get("ns", "job");
      if (found === undefined) throw new Error("the resource is gone");
      const { metadata } = found;
      resources.observeWrite({
        ...found,
        spec: { ...spec, flinkVersion: "v9_9" },
        metadata: { ...metadata, generation: 2, resourceVersion: "90" },
      });
      await reconcile();
      expect(calls).toEqual([...launch, "status"]);
      expect(statuses[1]).toMatchObject({ ...launched, error: expect.stringContaining("flinkVersion") });
    });

    test("takes up the launch again if somebody else has written the status since", async () => {
      const { reconcile, resources } = await launchedWorld();
      const found = resources.get("ns", "job");
      if (found === undefined) throw new Error("the resource is gone");
      resources.observeWrite({
        ...found,
        status: { ...(found.status as object), error: "of somebody else" },
        metadata: { ...found.metadata, resourceVersion: "90" },
      });
      await reconcile();
      expect(calls).toEqual([...launch, "apply Service", "status"]);
      expect(statuses[1]).toMatchObject(launched);
      expect(statuses[1]?.error).toBeUndefined();
    });
  });

  test("of a settled resource makes no request and no event", async () => {
    const running = flinkFacts("RUNNING", {
      config: { flinkVersion: "2.3.0", flinkRevision: "abc" },
      taskManagers: { at: 1, list: [{ id: "t", slots: 1, freeSlots: 0 }] },
    });
    const settled = [deployment, readyPod];
    const first = world([resource({ status: aStatus(spec) }), ...settled], running);
    await first.reconcile();
    const second = world([resource({ status: statuses.at(-1) }), ...settled], running);
    calls = [];
    events = [];
    await second.reconcile();
    expect([calls, events]).toEqual([[], []]);
  });

  test("of a change of the parallelism whose record the CRD drops upgrades instead, and says why", async () => {
    pruned = "rescale";
    const flinkConfiguration = {
      "jobmanager.scheduler": "adaptive",
      "state.savepoints.dir": "file:///savepoints",
      "state.checkpoints.dir": "file:///checkpoints",
    };
    const withParallelism = (parallelism: number) =>
      withJobSpec({ upgradeMode: "savepoint", parallelism }, { ...spec, flinkConfiguration });
    const vertex = { id: "v", name: "v", parallelism: 1, maxParallelism: 128, running: 1 };
    const running = flinkFacts("RUNNING", {
      config: { flinkVersion: "2.3.0", flinkRevision: "abc" },
      checkpoints: {
        ...lately,
        jobId: aJobId,
        isRequested: true,
        statistics: {
          completedCount: 1,
          inProgressCount: 0,
          latestCompleted: aSnapshot(1),
          latestSavepoint: undefined,
          latestRestored: undefined,
        },
      },
      parallelism: {
        jobId: aJobId,
        at: 1,
        requirements: { v: { parallelism: { lowerBound: 1, upperBound: 1 } } },
        vertices: [vertex],
      },
    });
    const edited = resource({
      metadata: { generation: 2 },
      spec: withParallelism(4),
      status: aStatus(withParallelism(1)),
    });
    const { attempt } = world([edited, deployment, readyPod], running);
    for (let pass = 0; pass < 4; pass++) await attempt();
    expect(statuses.filter(({ rescale }) => rescale !== undefined)).toHaveLength(1);
    const { savepointInfo } = statuses.at(-1)?.jobStatus ?? {};
    expect(savepointInfo?.triggerType).toBe("UPGRADE");
    const why = events.find(({ reason }) => reason === "Scaling")?.message;
    expect(why).toContain("the CRD that is installed drops status.rescale");
  });

  test("does not rewrite a status because of nulls that the Java operator left in it", async () => {
    const first = world([resource({ status: aStatus(spec) }), deployment, readyPod], flinkFacts("RUNNING"));
    await first.reconcile();
    const status = { ...stored(statuses.at(-1) ?? {}), error: null };
    calls = [];
    await world([resource({ status }), deployment, readyPod], flinkFacts("RUNNING")).reconcile();
    expect(calls).toEqual([]);
  });

  test("of a deleted resource drops its facts", async () => {
    const { reconcile, plan } = world([]);
    expect(await reconcile()).toEqual({});
    expect(plan).toHaveBeenCalledWith("ns/job", undefined);
    expect(calls).toEqual([]);
  });

  test("records no events if the status could not be written", async () => {
    failures = { status: conflict };
    const { reconcile } = world([resource({ metadata: { finalizers: [] } })]);
    await expect(reconcile()).rejects.toThrow(UnfinishedReconcile);
    expect(events).toEqual([]);
  });

  test("that removes the last finalizer writes no status", async () => {
    const { reconcile } = world([
      resource({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: aStatus(spec) }),
    ]);
    await reconcile();
    expect(calls).toEqual(["patch FlinkDeployment"]);
  });

  test("does nothing after the last finalizer was removed, although the store still holds the resource", async () => {
    const { reconcile } = world([
      resource({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: aStatus(spec) }),
    ]);
    await reconcile();
    calls = [];
    expect(await reconcile()).toEqual({});
    expect(calls).toEqual([]);
  });

  test("writes nothing to a resource that the garbage collector keeps for a while without our finalizer", async () => {
    const finalizers = [FINALIZER, "foregroundDeletion"];
    const { reconcile, resources } = world([
      resource({
        metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers },
        status: aStatus(spec),
      }),
    ]);
    await reconcile();
    expect(resources.get("ns", "job")?.metadata.finalizers).toEqual(["foregroundDeletion"]);
    expect(await reconcile()).toEqual({});
    expect(calls).toEqual(["patch FlinkDeployment"]);
  });

  test("succeeds if the resource is deleted before its finalizer is removed", async () => {
    failures = { "patch FlinkDeployment": new KubeError(404, "NotFound", "gone") };
    const { reconcile } = world([
      resource({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: aStatus(spec) }),
    ]);
    expect(await reconcile()).toEqual({});
  });
});

describe("a failed action", () => {
  const intended = () =>
    aStatus(withJobSpec({ ...spec.job, state: "suspended" }, spec), {
      state: "UPGRADING",
      observedGeneration: 1,
      job: { state: "RECONCILING" },
    });

  test("is reported in the status and in one event; retries back off, and the status has the time of the next one", async () => {
    failures = { "create Deployment": new KubeError(403, "Forbidden", "quota exceeded") };
    const { attempt, clock } = world([resource({ status: intended() })]);
    const startedAt = clock.now();
    expect(await attempt()).toEqual({ requeueAfterMs: 5_000 });
    expect(statuses[0]?.error).toContain("quota exceeded");
    expect(statuses[0]?.retry).toEqual({
      failures: 1,
      nextTime: new Date(startedAt + 5_000).toISOString(),
    });
    expect(statuses[0]?.reconciliationStatus?.state).toBe("UPGRADING");
    expect(events).toMatchObject([{ type: "Warning", reason: "Forbidden", message: "quota exceeded" }]);
    expect(await attempt()).toEqual({ requeueAfterMs: 7_500 });
    expect(statuses[1]?.retry?.failures).toBe(2);
    for (let more = 3; more < 15; more++) await attempt();
    expect(await attempt()).toEqual({ requeueAfterMs: 40_000 });
    expect(events).toHaveLength(1);
    expect([await attempt(), await attempt()]).toEqual([
      { requeueAfterMs: 900_000 },
      { requeueAfterMs: 900_000 },
    ]);
    expect(events.slice(1)).toMatchObject([{ reason: "RetriesExhausted" }]);
  });

  test("is retried with the retry settings of its resource", async () => {
    failures = { "create Deployment": new KubeError(403, "Forbidden", "quota exceeded") };
    const flinkConfiguration = {
      "kubernetes.operator.retry.initial.interval": "1 s",
      "kubernetes.operator.retry.interval.multiplier": "3",
      "kubernetes.operator.retry.max.interval": "6 s",
    };
    const own = { ...spec, flinkConfiguration };
    const status = aStatus(withJobSpec({ ...own.job, state: "suspended" }, own), {
      state: "UPGRADING",
      observedGeneration: 1,
      job: { state: "RECONCILING" },
    });
    const { attempt } = world([resource({ spec: own, status })]);
    expect([await attempt(), await attempt(), await attempt()]).toEqual([
      { requeueAfterMs: 1_000 },
      { requeueAfterMs: 3_000 },
      { requeueAfterMs: 4_000 },
    ]);
  });

  test("continues the count of failures after a restart of the operator", async () => {
    failures = { "create Deployment": new KubeError(403, "Forbidden", "quota exceeded") };
    const retry = { failures: 9, nextTime: "2026-01-01T00:00:00Z" };
    const { reconcile } = world([resource({ status: { ...intended(), retry } })]);
    expect(await reconcile()).toEqual({ requeueAfterMs: 40_000 });
    expect(statuses[0]?.retry?.failures).toBe(10);
  });

  test("of a new edit is the first one, whatever became of the edit before", async () => {
    failures = { "create Deployment": new KubeError(422, "Invalid", "no such service account") };
    const running = resource({ spec: { ...spec, image: "flink:2.2.1" }, status: aStatus(spec) });
    const { attempt, edit, reconcile } = world([running, deployment, readyPod], flinkFacts("RUNNING"));
    await attempt();
    await reconcile();
    expect(statuses.at(-1)?.retry?.failures).toBe(2);
    edit({ generation: 2 }, { ...spec, image: "flink:2.2.2" });
    await reconcile();
    expect(statuses.at(-1)?.retry?.failures).toBe(1);
  });

  test("is not repeated by reconciles before the next attempt is due, except for a change of the resource", async () => {
    failures = { "create Deployment": new KubeError(422, "Invalid", "no such service account") };
    const running = resource({ spec: { ...spec, image: "flink:2.2.1" }, status: aStatus(spec) });
    const { reconcile, clock, edit } = world([running, deployment, readyPod], flinkFacts("RUNNING"));
    const attempts = () => calls.filter((call) => call === "create Deployment").length;
    await reconcile();
    const { retry, error } = statuses.at(-1) ?? {};
    await clock.advance(2_000);
    expect(await reconcile()).toEqual({ requeueAfterMs: 3_000 });
    expect(attempts()).toBe(1);
    expect(statuses.at(-1)).toMatchObject({ retry, error });
    expect(events.filter(({ type }) => type === "Warning")).toHaveLength(1);
    edit({ annotations: { "example.com/try": "again" } });
    await reconcile();
    expect(attempts()).toBe(2);
  });

  test("that is transient is reported only if it persists", async () => {
    failures = { "create Deployment": new KubeError(500, "InternalError", "a webhook does not answer") };
    const { reconcile } = world([resource({ status: intended() })]);
    const fail = () => expect(reconcile()).rejects.toThrow(UnfinishedReconcile);
    for (let time = 1; time <= 5; time += 1) await fail();
    expect(events).toEqual([]);
    expect(statuses.at(-1)?.retry).toBeUndefined();
    await reconcile();
    expect(statuses.at(-1)?.retry?.failures).toBe(6);
    expect(events).toMatchObject([{ message: "a webhook does not answer" }]);
  });

  test("keeps the poll plan of the observed status: facts about what did not happen would requeue at once", async () => {
    failures = { "create Deployment": new KubeError(422, "Invalid", "no such service account") };
    const flinkConfiguration = {
      "state.checkpoints.dir": "file:///checkpoints",
      "state.savepoints.dir": "file:///savepoints",
    };
    const old = withJobSpec({ ...spec.job, upgradeMode: "savepoint" }, { ...spec, flinkConfiguration });
    const next = { ...old, image: "flink:2.2.1" };
    const { reconcile, plan } = world(
      [resource({ spec: next, status: aStatus(old) }), deployment, readyPod],
      flinkFacts("RUNNING"),
    );
    await reconcile();
    expect(statuses.at(-1)?.error).toContain("no such service account");
    expect(plan).toHaveBeenCalledOnce();
    expect(plan.mock.calls[0]?.[1]).toMatchObject({ want: { savepoint: undefined } });
  });

  test("is cleared from the status by a later success", async () => {
    failures = { "create Deployment": new KubeError(403, "Forbidden", "quota exceeded") };
    const { attempt } = world([resource({ status: intended() })]);
    await attempt();
    failures = {};
    await attempt();
    expect(statuses.at(-1)?.error).toBeUndefined();
    expect(statuses.at(-1)?.retry).toBeUndefined();
    expect(statuses.at(-1)?.reconciliationStatus?.state).toBe("DEPLOYED");
  });
});

describe("the log of a container that crashes", () => {
  const crashed = jobManagerPod({
    containerStatuses: [
      {
        name: "flink-main-container",
        restartCount: 1,
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
      },
    ],
  });

  test("is read once for each restart, and the cause is reported", async () => {
    const { reconcile } = world(
      [resource({ status: aStatus(spec) }), deployment, crashed],
      undefined,
      "Caused by: a.b.X: no such class",
    );
    await reconcile();
    expect(statuses.at(-1)?.error).toContain("a.b.X: no such class");
    await reconcile();
    expect(calls.filter((call) => call === "log")).toHaveLength(1);
    expect(events.filter(({ reason }) => reason === "CrashLoopBackOff")).toHaveLength(1);
  });

  test("is forgotten with the resource", async () => {
    const { controller, reconcile, resources } = world(
      [resource({ status: aStatus(spec) }), deployment, crashed],
      undefined,
      "Caused by: a.b.X: no such class",
    );
    await reconcile();
    expect(controller.size).toBeGreaterThan(0);
    resources.feed().deleted(resources.get("ns", "job") as KubeObject);
    await reconcile();
    expect(controller.size).toBe(0);
  });

  test("is read beyond the stack traces that Flink prints as it goes down", async () => {
    const frames = Array.from(
      { length: 400 },
      (_, line) => `\n\tat a.b.C.method${line}(C.java:${line})`,
    ).join("");
    const { reconcile } = world(
      [resource({ status: aStatus(spec) }), deployment, crashed],
      undefined,
      `Caused by: a.b.X: no such class${frames}\nGoing down.`,
    );
    await reconcile();
    expect(statuses.at(-1)?.error).toContain("a.b.X: no such class");
  });

  test("may be unavailable", async () => {
    failures = { log: new KubeError(403, "Forbidden", "no logs") };
    const { reconcile } = world([resource({ status: aStatus(spec) }), deployment, crashed]);
    await reconcile();
    expect(statuses.at(-1)?.error).toContain("CrashLoop - back-off");
  });
});

describe("the Ingress of a running job", () => {
  const routed = { ...spec, ingress: { template: "a.example.com", labels: { team: "x" } } };
  const aWorld = () =>
    world(
      [resource({ spec: routed, status: aStatus(routed) }), deployment, readyPod],
      flinkFacts("RUNNING", { config: { flinkVersion: "2.3.0", flinkRevision: "abc" } }),
    );

  test("is applied once, and again if it differs or is deleted", async () => {
    const { reconcile, routeStores } = aWorld();
    await reconcile();
    expect(calls).toEqual(["apply Ingress", "status"]);
    calls = [];
    await reconcile();
    expect(calls).toEqual([]);
    const applied = routeStores.Ingress.get("ns", "job");
    routeStores.Ingress.observeWrite({
      metadata: { ...applied?.metadata, name: "job", resourceVersion: "90" },
    });
    await reconcile();
    expect(calls).toEqual(["apply Ingress"]);
    expect(events).toEqual([]);
  });

  test("that cannot be applied is reported once, and tried again after ten seconds", async () => {
    failures = { "apply Ingress": new KubeError(403, "Forbidden", "you may not") };
    const { reconcile, clock } = aWorld();
    expect(await reconcile()).toMatchObject({ requeueAfterMs: expect.any(Number) });
    expect(statuses[0]?.error).toContain("spec.ingress: the Ingress cannot be applied: you may not");
    expect(statuses[0]?.conditions).toContainEqual(
      expect.objectContaining({ type: "Stalled", status: "True", reason: "IngressManagement" }),
    );
    await reconcile();
    expect([statuses.length, events.map(({ reason }) => reason)]).toEqual([1, ["IngressManagement"]]);
    const tries = () => calls.filter((call) => call === "apply Ingress").length;
    expect(tries()).toBe(1);
    failures = {};
    await clock.advance(10_000);
    await reconcile();
    expect(tries()).toBe(2);
    expect(statuses.at(-1)?.error).toBeUndefined();
  });

  test("is retried soon after a transient error, without a report", async () => {
    failures = { "apply Ingress": new KubeError(503, "Unavailable", "busy") };
    const { reconcile } = aWorld();
    await expect(reconcile()).rejects.toThrow(UnfinishedReconcile);
    expect([calls, events, statuses[0]?.error]).toEqual([["apply Ingress", "status"], [], undefined]);
  });

  test("is applied although the upgrade of the cluster is refused", async () => {
    failures = { "create Deployment": new KubeError(422, "Invalid", "no such class") };
    const edited = { ...routed, image: "other" };
    const { reconcile } = world(
      [
        resource({ spec: edited, metadata: { generation: 2 }, status: aStatus(routed) }),
        deployment,
        readyPod,
      ],
      flinkFacts("RUNNING"),
    );
    await reconcile();
    expect(calls).toEqual(["create Deployment", "apply Ingress", "status"]);
    expect(statuses[0]?.error).toContain("no such class");
  });
});
