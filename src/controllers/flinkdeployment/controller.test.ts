import { beforeEach, describe, expect, test, vi } from "vitest";
import { fakeClock } from "../../../test/support/fakeClock.ts";
import type { FlinkFacts } from "../../api/flinkFacts.ts";
import type { KubeObject, ResourceType } from "../../api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { aStatus, flinkFacts, withJobSpec } from "../../core/job/situation.fixture.ts";
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
import { createRoutes, type ProjectedRoute, projectRoute } from "./routes.ts";

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

/** A controller over stores that hold `objects`; each call to the API server is noted, and fails where a test says so. */
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
        const patched = { ...found, metadata: { ...found.metadata, ...patch.metadata } };
        const { deletionTimestamp, finalizers = [] } = patched.metadata;
        // The API server deletes it then, and answers with the version that it had before.
        const goes = deletionTimestamp !== undefined && finalizers.length === 0;
        return goes ? patched : written(patched, type.kind);
      }),
    replaceStatus: (type: ResourceType, object: KubeObject) =>
      note("status", () => {
        statuses.push(object.status as FlinkDeploymentStatus);
        return written(object, type.kind);
      }),
    list: () => note("list", () => ({ resourceVersion: "1", items: [] })),
    podLog: () => note("log", () => logs),
  } as unknown as KubeApi;
  const routeStores = {
    Ingress: createStore<ProjectedRoute>({ project: projectRoute, now }),
    HTTPRoute: createStore<ProjectedRoute>({ project: projectRoute, now }),
  };
  for (const store of Object.values(routeStores)) store.feed().relist().commit("1");
  const flink = { cancel: () => note("cancel", () => "accepted") } as unknown as FlinkRest;
  const plan = vi.fn<Poller["plan"]>();
  const poke = vi.fn<Poller["poke"]>();
  const controller = createFlinkDeploymentController({
    kube,
    flink,
    poller: {
      plan,
      poke,
      facts: () => facts,
      follow: () => {},
      followed: () => undefined,
    } as unknown as Poller,
    recorder: { record: (_, event) => Promise.resolve(void events.push(event)) },
    clock,
    log: createLogger({ level: "silent" }),
    restAccess: "pod",
    deployments: stores.deployments,
    snapshots: stores.snapshots,
    sessionJobsOf: () => [],
    routes: createRoutes(routeStores, { hasRead: () => true, absence: () => undefined }),
    operatorConfig: () => operatorConfig,
    logFiles: {},
    resources,
    stores,
    random: () => 0,
  });
  return {
    controller,
    resources,
    routeStores,
    stores,
    plan,
    clock,
    pass: () => controller.reconcile("ns", "job"),
  };
}
const operatorConfig = flinkConfig({});

beforeEach(() => {
  version = 10;
  calls = [];
  statuses = [];
  events = [];
  failures = {};
});

/** As it is written: without fields that are undefined. */
const stored = (status: FlinkDeploymentStatus): FlinkDeploymentStatus => JSON.parse(JSON.stringify(status));
const conflict = new KubeError(409, "Conflict", "changed");

describe("a pass", () => {
  test("acts, then writes the status once, then tells", async () => {
    const { pass } = world([resource({ metadata: { finalizers: [] } })]);
    expect(await pass()).toEqual({ requeueAfterMs: 0 });
    expect(calls).toEqual(["patch FlinkDeployment", "status"]);
    expect(statuses[0]).toMatchObject({ lifecycleState: "UPGRADING" });
  });

  test("after another one sees what that one wrote, before any watch tells of it", async () => {
    const { pass, resources } = world([resource({ metadata: { finalizers: [] } })]);
    await pass();
    expect(resources.get("ns", "job")?.metadata.finalizers).toEqual([FINALIZER]);
    await pass();
    expect(calls).toEqual([
      "patch FlinkDeployment",
      "status",
      "apply Service",
      "apply ConfigMap",
      "create Deployment",
      "apply Service",
      "status",
    ]);
    expect(statuses[1]).toMatchObject({
      jobManagerDeploymentStatus: "DEPLOYING",
      reconciliationStatus: { state: "DEPLOYED" },
    });
    expect(events.map(({ reason }) => reason)).toEqual(["Submit"]);
  });

  test("at rest makes no request and no event", async () => {
    const running = flinkFacts("RUNNING", {
      config: { flinkVersion: "2.3.0", flinkRevision: "abc" },
      taskManagers: { at: 1, list: [{ id: "t", slots: 1, freeSlots: 0 }] },
    });
    const settled = [deployment, readyPod];
    const first = world([resource({ status: aStatus(spec) }), ...settled], running);
    await first.pass();
    const second = world([resource({ status: statuses.at(-1) }), ...settled], running);
    calls = [];
    events = [];
    await second.pass();
    expect([calls, events]).toEqual([[], []]);
  });

  test("does not rewrite a status for the nulls that the Java operator left in it", async () => {
    const first = world([resource({ status: aStatus(spec) }), deployment, readyPod], flinkFacts("RUNNING"));
    await first.pass();
    const status = { ...stored(statuses.at(-1) ?? {}), error: null };
    calls = [];
    await world([resource({ status }), deployment, readyPod], flinkFacts("RUNNING")).pass();
    expect(calls).toEqual([]);
  });

  test("of a resource that is gone forgets it", async () => {
    const { pass, plan } = world([]);
    expect(await pass()).toEqual({});
    expect(plan).toHaveBeenCalledWith("ns/job", undefined);
    expect(calls).toEqual([]);
  });

  test("tells nothing that it could not write", async () => {
    failures = { status: conflict };
    const { pass } = world([resource({ metadata: { finalizers: [] } })]);
    await expect(pass()).rejects.toThrow(UnfinishedReconcile);
    expect(events).toEqual([]);
  });

  test("of a resource that goes with its last finalizer writes no status to it", async () => {
    const { pass } = world([
      resource({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: aStatus(spec) }),
    ]);
    await pass();
    expect(calls).toEqual(["list", "patch FlinkDeployment"]);
  });

  test("of a resource that went with its last finalizer does nothing more, though the store shows it still", async () => {
    const { pass } = world([
      resource({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: aStatus(spec) }),
    ]);
    await pass();
    calls = [];
    expect(await pass()).toEqual({});
    expect(calls).toEqual([]);
  });

  test("to remove the finalizer of what is gone already has nothing to do", async () => {
    failures = { "patch FlinkDeployment": new KubeError(404, "NotFound", "gone") };
    const { pass } = world([
      resource({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: aStatus(spec) }),
    ]);
    expect(await pass()).toEqual({});
  });
});

describe("an act that fails", () => {
  const intended = () =>
    aStatus(withJobSpec({ ...spec.job, state: "suspended" }, spec), {
      state: "UPGRADING",
      observedGeneration: 1,
      job: { state: "RECONCILING" },
    });

  test("is told in the status and in one event; the pass comes back ever later, and the status says when", async () => {
    failures = { "create Deployment": new KubeError(403, "Forbidden", "quota exceeded") };
    const { pass, clock } = world([resource({ status: intended() })]);
    expect(await pass()).toEqual({ requeueAfterMs: 5_000 });
    expect(statuses[0]?.error).toContain("quota exceeded");
    expect(statuses[0]?.retry).toEqual({
      failures: 1,
      nextTime: new Date(clock.now() + 5_000).toISOString(),
    });
    expect(statuses[0]?.reconciliationStatus?.state).toBe("UPGRADING");
    expect(events).toMatchObject([{ type: "Warning", reason: "Forbidden", message: "quota exceeded" }]);
    expect(await pass()).toEqual({ requeueAfterMs: 7_500 });
    expect(statuses[1]?.retry?.failures).toBe(2);
    for (let more = 3; more < 15; more++) await pass();
    expect(await pass()).toEqual({ requeueAfterMs: 40_000 });
    expect(events).toHaveLength(1);
    expect([await pass(), await pass()]).toEqual([{ requeueAfterMs: 900_000 }, { requeueAfterMs: 900_000 }]);
    expect(events.slice(1)).toMatchObject([{ reason: "RetriesExhausted" }]);
  });

  test("comes back at the pace that its resource asks for", async () => {
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
    const { pass } = world([resource({ spec: own, status })]);
    expect([await pass(), await pass(), await pass()]).toEqual([
      { requeueAfterMs: 1_000 },
      { requeueAfterMs: 3_000 },
      { requeueAfterMs: 4_000 },
    ]);
  });

  test("goes on counting where the operator was restarted meanwhile", async () => {
    failures = { "create Deployment": new KubeError(403, "Forbidden", "quota exceeded") };
    const retry = { failures: 9, nextTime: "2026-01-01T00:00:00Z" };
    const { pass } = world([resource({ status: { ...intended(), retry } })]);
    expect(await pass()).toEqual({ requeueAfterMs: 40_000 });
    expect(statuses[0]?.retry?.failures).toBe(10);
  });

  test("and may pass is told only if it stays", async () => {
    failures = { "create Deployment": new KubeError(500, "InternalError", "a webhook does not answer") };
    const { pass } = world([resource({ status: intended() })]);
    const fail = () => expect(pass()).rejects.toThrow(UnfinishedReconcile);
    for (let time = 1; time <= 5; time += 1) await fail();
    expect(events).toEqual([]);
    expect(statuses.at(-1)?.retry).toBeUndefined();
    await pass();
    expect(statuses.at(-1)?.retry?.failures).toBe(6);
    expect(events).toMatchObject([{ message: "a webhook does not answer" }]);
  });

  test("has the poller watch for nothing of what did not happen: the news of that would bring the next pass at once", async () => {
    failures = { "create Deployment": new KubeError(422, "Invalid", "no such service account") };
    const flinkConfiguration = {
      "state.checkpoints.dir": "file:///checkpoints",
      "state.savepoints.dir": "file:///savepoints",
    };
    const old = withJobSpec({ ...spec.job, upgradeMode: "savepoint" }, { ...spec, flinkConfiguration });
    const next = { ...old, image: "flink:2.2.1" };
    const { pass, plan } = world(
      [resource({ spec: next, status: aStatus(old) }), deployment, readyPod],
      flinkFacts("RUNNING"),
    );
    await pass();
    expect(statuses.at(-1)?.error).toContain("no such service account");
    expect(plan).toHaveBeenCalledOnce();
    expect(plan.mock.calls[0]?.[1]).toMatchObject({ want: { savepoint: undefined } });
  });

  test("but succeeds later is history", async () => {
    failures = { "create Deployment": new KubeError(403, "Forbidden", "quota exceeded") };
    const { pass } = world([resource({ status: intended() })]);
    await pass();
    failures = {};
    await pass();
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

  test("is read once for each restart, and its cause told", async () => {
    const { pass } = world(
      [resource({ status: aStatus(spec) }), deployment, crashed],
      undefined,
      "Caused by: a.b.X: no such class",
    );
    await pass();
    expect(statuses.at(-1)?.error).toContain("a.b.X: no such class");
    await pass();
    expect(calls.filter((call) => call === "log")).toHaveLength(1);
    expect(events.filter(({ reason }) => reason === "CrashLoopBackOff")).toHaveLength(1);
  });

  test("may be out of reach", async () => {
    failures = { log: new KubeError(403, "Forbidden", "no logs") };
    const { pass } = world([resource({ status: aStatus(spec) }), deployment, crashed]);
    await pass();
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

  test("is applied once, and again when it differs or is gone", async () => {
    const { pass, routeStores } = aWorld();
    await pass();
    expect(calls).toEqual(["apply Ingress", "status"]);
    calls = [];
    await pass();
    expect(calls).toEqual([]);
    const applied = routeStores.Ingress.get("ns", "job");
    routeStores.Ingress.observeWrite({
      metadata: { ...applied?.metadata, name: "job", resourceVersion: "90" },
    });
    await pass();
    expect(calls).toEqual(["apply Ingress"]);
    expect(events).toEqual([]);
  });

  test("that cannot be applied is told once, and the pass stands", async () => {
    failures = { "apply Ingress": new KubeError(403, "Forbidden", "you may not") };
    const { pass } = aWorld();
    expect(await pass()).toMatchObject({ requeueAfterMs: expect.any(Number) });
    expect(statuses[0]?.error).toContain("spec.ingress: the Ingress cannot be applied: you may not");
    expect(statuses[0]?.conditions).toContainEqual(
      expect.objectContaining({ type: "Stalled", status: "True", reason: "IngressManagement" }),
    );
    await pass();
    expect([statuses.length, events.map(({ reason }) => reason)]).toEqual([1, ["IngressManagement"]]);
    failures = {};
    await pass();
    expect(statuses.at(-1)?.error).toBeUndefined();
  });

  test("that meets a busy server is tried again soon, without a word", async () => {
    failures = { "apply Ingress": new KubeError(503, "Unavailable", "busy") };
    const { pass } = aWorld();
    await expect(pass()).rejects.toThrow(UnfinishedReconcile);
    expect([calls, events, statuses[0]?.error]).toEqual([["apply Ingress", "status"], [], undefined]);
  });

  test("is kept though the upgrade of the cluster is refused", async () => {
    failures = { "create Deployment": new KubeError(422, "Invalid", "no such class") };
    const edited = { ...routed, image: "other" };
    const { pass } = world(
      [
        resource({ spec: edited, metadata: { generation: 2 }, status: aStatus(routed) }),
        deployment,
        readyPod,
      ],
      flinkFacts("RUNNING"),
    );
    await pass();
    expect(calls).toEqual(["create Deployment", "apply Ingress", "status"]);
    expect(statuses[0]?.error).toContain("no such class");
  });
});
