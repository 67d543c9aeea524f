import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { systemClock } from "../../../runtime/clock.ts";
import type { ResourcePage, Series } from "../../contract.ts";
import { type Browser, type StartedDashboard, startDashboard } from "../browser.fixture.ts";
import { admin, type FakeApiServer, fakeApiServer } from "../fakeApiServer.fixture.ts";

/** The page of a resource and what it loads beside, over HTTP. */

let api: FakeApiServer;
let dashboard: StartedDashboard;
let browser: Browser;

const jobId = "0123456789abcdef0123456789abcdef";
const orders = "/api/clusters/one/namespaces/team/flinkdeployments/orders";
const page = async (path = orders): Promise<ResourcePage> =>
  (await (await browser.request("GET", path)).json()) as ResourcePage;

const spec = {
  image: "flink:2.2",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  jobManager: { resource: { memory: "1024m", cpu: 1 } },
  taskManager: { resource: { memory: "1024m", cpu: 1 } },
  job: { sql: { script: "INSERT INTO a SELECT * FROM b;" }, parallelism: 2, upgradeMode: "stateless" },
};

const deployment: KubeObject = {
  kind: "FlinkDeployment",
  metadata: { namespace: "team", name: "orders", uid: "u1", generation: 1 },
  spec,
  status: {
    lifecycleState: "STABLE",
    observedGeneration: 1,
    jobStatus: { state: "RUNNING", jobId },
    conditions: [{ type: "Ready", status: "True", reason: "Running", message: "password=hunter2" }],
    decisions: [
      {
        time: "2026-01-02T00:00:00Z",
        act: "Upgrade",
        reason: "the spec changed",
        stoppedAt: "2026-01-02T00:00:10Z",
        runningAt: "2026-01-02T00:00:25Z",
      },
    ],
  },
};

const sendJson = (value: unknown) => (response: { end(text: string): unknown }) =>
  void response.end(JSON.stringify(value));

beforeEach(async () => {
  api = await fakeApiServer();
  api.users.set("token", admin);
  api.put("flinkdeployments", deployment);
  const owned = (name: string, uid: string, owner: string): KubeObject => ({
    metadata: {
      namespace: "team",
      name,
      uid,
      labels: { app: "orders" },
      ownerReferences: [{ apiVersion: "v1", kind: "x", name: "x", uid: owner }],
    },
  });
  const replicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "orders-5d", uid: "rs" };
  api.put("deployments", {
    ...owned("orders", "d1", "u1"),
    spec: { replicas: 1 },
    status: { readyReplicas: 1 },
  });
  api.put("pods", {
    metadata: {
      namespace: "team",
      name: "orders-5d-x",
      uid: "p1",
      labels: { app: "orders" },
      ownerReferences: [replicaSet],
    },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        { name: "flink-main-container", ready: true, restartCount: 2, state: { running: {} } },
      ],
    },
  });
  api.put("flinkstatesnapshots", {
    metadata: { namespace: "team", name: "nightly" },
    spec: { jobReference: { kind: "FlinkDeployment", name: "orders" }, savepoint: {} },
    status: { state: "FAILED", error: "no space", triggerTimestamp: "2026-01-03T00:00:00Z" },
  });
  api.flink.set(
    `/jobs/${jobId}`,
    sendJson({
      state: "RUNNING",
      vertices: [
        { id: "v1", name: "Source", parallelism: 2, status: "RUNNING" },
        { id: "v2", name: "Sink", parallelism: 2, status: "RUNNING" },
      ],
      plan: { nodes: [{ id: "v1" }, { id: "v2", inputs: [{ id: "v1", ship_strategy: "HASH" }] }] },
    }),
  );
  api.flink.set(
    `/jobs/${jobId}/checkpoints`,
    sendJson({
      counts: { completed: 3, failed: 1, restored: 0 },
      history: [
        {
          id: 4,
          status: "FAILED",
          trigger_timestamp: 4_000,
          state_size: 0,
          end_to_end_duration: 9,
          failure_message: "token=abc expired",
        },
        {
          id: 3,
          status: "COMPLETED",
          trigger_timestamp: 3_000,
          state_size: 30,
          end_to_end_duration: 8,
          is_savepoint: false,
        },
      ],
    }),
  );
  api.flink.set(
    `/jobs/${jobId}/exceptions`,
    sendJson({
      exceptionHistory: {
        entries: [
          {
            exceptionName: "java.io.IOException",
            stacktrace: "at a\nat b",
            timestamp: 5_000,
            taskName: "Sink",
          },
        ],
      },
    }),
  );
  dashboard = await startDashboard({ one: api.url });
  browser = dashboard.browser();
  await browser.signIn("one", "token");
});

afterEach(async () => {
  await dashboard.close();
  await api.close();
});

it("has the decisions, objects, snapshots and Flink's own words, without secrets", async () => {
  const shown = await page();
  expect(shown.timeline).toContainEqual({
    at: "2026-01-02T00:00:00Z",
    kind: "upgrade",
    reason: "Upgrade",
    message: "the spec changed",
    warning: false,
    downtimeMs: 15_000,
  });
  expect(shown.timeline.find(({ kind }) => kind === "snapshot")).toMatchObject({
    reason: "FAILED",
    warning: true,
  });
  expect(shown.snapshots).toContainEqual(
    expect.objectContaining({ name: "nightly", kind: "savepoint", wouldRestore: false }),
  );
  expect(shown.objects).toEqual([
    expect.objectContaining({
      kind: "Deployment",
      ready: true,
      state: "1 of 1 ready",
      children: [
        expect.objectContaining({
          name: "orders-5d-x",
          state: "Ready",
          containers: [{ name: "flink-main-container", ready: true, restarts: 2, state: "running" }],
        }),
      ],
    }),
  ]);
  expect(shown.graph?.edges).toEqual([{ from: "v1", to: "v2", ship: "HASH" }]);
  expect(shown.checkpoints).toMatchObject({ completed: 3, failed: 1 });
  expect(shown.row).toMatchObject({ checkpointBytes: 30, checkpointAt: "1970-01-01T00:00:03.000Z" });
  expect(shown.exceptions).toEqual([
    { at: "1970-01-01T00:00:05.000Z", name: "java.io.IOException", stack: "at a\nat b", task: "Sink" },
  ]);
  expect(shown.script).toEqual({ language: "sql", text: "INSERT INTO a SELECT * FROM b;" });
  expect(shown.explanation.length).toBeGreaterThan(0);
  expect(JSON.stringify(shown)).not.toMatch(/hunter2|token=abc/);
});

it("stays readable when the cluster is gone: what the status knows, and a remark", async () => {
  api.flink.clear();
  const shown = await page();
  expect(shown.timeline.map(({ reason }) => reason)).toContain("Upgrade");
  expect(shown.graph).toBeUndefined();
  expect(shown.remarks.join("\n")).toMatch(/graph/);
});

it("is sent again when the resource changes, and ends with it", async () => {
  const events = await browser.events(`${orders}/events`);
  await events.until(({ name }) => name === "page");
  api.put("flinkdeployments", {
    ...deployment,
    status: { ...(deployment.status as object), lifecycleState: "FAILED", conditions: [] },
  });
  await events.until(({ name, data }) => name === "page" && data.row.health === "Stalled");
  api.remove("flinkdeployments", "team", "orders");
  const [ended] = (await events.until(({ name }) => name === "ended")).slice(-1);
  expect(ended?.data.message).toBe("The resource is gone.");
});

describe("an open page at rest", () => {
  /** Twenty times as fast. */
  const began = Date.now();
  const clock = {
    ...systemClock,
    now: () => began + (Date.now() - began) * 20,
    after: (ms: number, then: () => void) => systemClock.after(ms / 20, then),
  };
  const asked = (path: RegExp) => api.received.filter((each) => path.test(each.path)).length;
  const ofPods = /\/namespaces\/team\/pods$/;
  let events: Awaited<ReturnType<Browser["events"]>>;

  beforeEach(async () => {
    await dashboard.close();
    dashboard = await startDashboard({ one: api.url }, { clock });
    browser = dashboard.browser();
    await browser.signIn("one", "token");
    events = await browser.events(`${orders}/events`);
    await events.until(({ name }) => name === "page");
  });

  afterEach(() => events.close());

  it("asks Flink, and lists nothing until a minute has passed or something was done", async () => {
    const ofFlink = /\/proxy\/jobs\/[0-9a-f]+$/;
    await eventually("the page is at rest", async () => api.watches === 1);
    const ofResource = /\/flinkdeployments\/orders$/;
    const [lists, flink, gets] = [asked(ofPods), asked(ofFlink), asked(ofResource)];
    await eventually("Flink is asked again", async () => asked(ofFlink) >= flink + 2);
    expect(asked(ofPods)).toBe(lists);
    // By the watch: in half a minute nobody asks each two seconds whether the resource has changed.
    expect(asked(ofResource) - gets).toBeLessThan(10);
    const body = { action: "savepoint" };
    expect((await browser.request("POST", `${orders}/actions`, { body })).status).toBe(200);
    const taken = await events.until(({ data }) =>
      JSON.stringify(data.snapshots ?? []).includes("savepoint-x"),
    );
    expect(taken.at(-1)?.name).toBe("page");
    expect(asked(ofPods)).toBeGreaterThan(lists);
  });

  it("sends a page when the resource changes, and none when nothing does", async () => {
    await expect(events.until(({ name }) => name === "page", 1_500)).rejects.toThrow("no such event");
    api.put("flinkdeployments", { ...deployment, metadata: { ...deployment.metadata, labels: { a: "b" } } });
    const [page] = (await events.until(({ name }) => name === "page")).slice(-1);
    expect(page?.data.row.labels).toEqual({ a: "b" });
  });

  it("ends where the right to get the resource is taken away, though the watch goes on", async () => {
    await eventually("the page is at rest", async () => api.watches === 1);
    api.users.set("token", { ...admin, may: (verb) => verb !== "get" });
    const seen = await events.until(({ name }) => name === "ended");
    expect(seen.at(-1)?.data.message).toBe("You may not read the resource any more.");
    await events.ended;
  });

  it("lists pods again after a minute, whose changes the resource may not show", async () => {
    const [pod] = [api.get("pods", "team", "orders-5d-x") as KubeObject];
    await eventually("the page is at rest", async () => api.watches === 1);
    api.put("pods", { ...pod, status: { phase: "Failed", containerStatuses: [] } });
    await events.until(({ data }) => JSON.stringify(data.objects ?? []).includes('"state":"Failed"'));
  });
});

it("has plots of Flink's history of checkpoints", async () => {
  const series = (await (await browser.request("GET", `${orders}/series`)).json()) as Series[];
  expect(series.find(({ metric }) => metric === "checkpointBytes")).toMatchObject({
    unit: "bytes",
    points: [[3, 30]],
  });
  expect((await browser.request("GET", `${orders}/series?metric=other`)).status).toBe(400);
});

it("asks for a snapshot, and says why another action makes no sense", async () => {
  const act = (body: object) => browser.request("POST", `${orders}/actions`, { body });
  expect(await (await act({ action: "savepoint", dryRun: true })).json()).toMatchObject({
    effect: "nothing",
  });
  expect(api.get("flinkstatesnapshots", "team", "orders-savepoint-x")).toBeUndefined();
  expect((await act({ action: "savepoint" })).status).toBe(200);
  expect(api.get("flinkstatesnapshots", "team", "orders-savepoint-x")?.spec).toEqual({
    jobReference: { kind: "FlinkDeployment", name: "orders" },
    savepoint: {},
  });
  for (const body of [
    { action: "resume" },
    { action: "rollback" },
    { action: "approve" },
    { action: "promote" },
  ])
    expect([body, (await act(body)).status]).toEqual([body, 409]);
  expect((await act({ action: "rescale", parallelism: 0 })).status).toBe(400);
  expect((await act({ action: "rescale", parallelism: 3 })).status).toBe(200);
  expect(api.get("flinkdeployments", "team", "orders")?.spec).toMatchObject({ job: { parallelism: 3 } });
});

it("approves and promotes the generation that was shown alone", async () => {
  const pendingChange = {
    generation: 1,
    waitsFor: "Approval",
    effect: "restart",
    changes: ["spec.image"],
    steps: ["stop"],
  };
  api.put("flinkdeployments", { ...deployment, status: { ...(deployment.status as object), pendingChange } });
  expect((await page()).pendingChange).toEqual({
    reason: "Approval",
    generation: 1,
    summary: "restart: spec.image",
  });
  const approve = (generation: number, dryRun = false) =>
    browser.request("POST", `${orders}/actions`, { body: { action: "approve", generation, dryRun } });
  expect(await (await approve(1, true)).json()).toMatchObject({
    message: "The change (spec.image) is carried out: stop.",
    restarts: true,
  });
  expect((await approve(2)).status).toBe(409);
  expect((await approve(1)).status).toBe(200);
  expect(api.get("flinkdeployments", "team", "orders")?.metadata.annotations).toEqual({
    "flink.apache.org/approved-generation": "1",
  });
});

it("promotes the generation that was shown alone", async () => {
  api.put("flinkbluegreendeployments", {
    metadata: { namespace: "team", name: "bg", uid: "bg", generation: 4 },
    spec: { template: { spec } },
    status: {
      blueGreenState: "TRANSITIONING_TO_GREEN",
      observedGeneration: 4,
      verification: { verifiedTime: "2026-01-01T00:00:00Z" },
    },
  });
  const bg = "/api/clusters/one/namespaces/team/flinkbluegreendeployments/bg";
  expect((await page(bg)).generation).toBe(4);
  const promote = async (body: object) =>
    (await browser.request("POST", `${bg}/actions`, { body: { action: "promote", ...body } })).status;
  expect([await promote({}), await promote({ generation: 3 })]).toEqual([400, 409]);
  expect(api.get("flinkbluegreendeployments", "team", "bg")?.metadata.annotations).toBeUndefined();
  expect(await promote({ generation: 4 })).toBe(200);
});

it("has the vertices of the autoscaler's last decision by their names, with the chain that led to it", async () => {
  const autoscaler = {
    outcome: "Scaled",
    vertices: [
      {
        id: "v1",
        name: "Source",
        parallelism: 2,
        target: 4,
        outcome: "Scaled",
        chain: ["measured: busy 95 % of the time", "target 4"],
      },
      { id: "v2", parallelism: 2, outcome: "Kept" },
    ],
  };
  api.put("flinkdeployments", { ...deployment, status: { ...(deployment.status as object), autoscaler } });
  expect((await page()).autoscaler).toEqual([
    {
      id: "v1",
      name: "Source",
      parallelism: 4,
      chain: ["measured: busy 95 % of the time", "target 4"],
      history: [],
    },
    { id: "v2", name: "v2", parallelism: 2, chain: [], history: [] },
  ]);
});

it("plans an edit of a FlinkBlueGreenDeployment as the operator carries it out", async () => {
  api.put("flinkbluegreendeployments", {
    metadata: { namespace: "team", name: "bg", uid: "bg", generation: 1 },
    spec: { template: { spec } },
  });
  const bg = "/api/clusters/one/namespaces/team/flinkbluegreendeployments/bg";
  const { manifest } = await page(bg);
  const plan = await browser.request("POST", `${bg}/plan`, {
    body: { manifest: manifest.replace("parallelism: 2", "parallelism: 3") },
  });
  expect(await plan.json()).toMatchObject({
    effect: "start",
    text: expect.stringMatching(/create the FlinkDeployment bg-blue/),
    errors: [],
  });
});

it("acts and stores an edit although the operator writes the status at the same time", async () => {
  const written = (): KubeObject => api.get("flinkdeployments", "team", "orders") as KubeObject;
  let [writes, change] = [0, (object: KubeObject): KubeObject => object];
  api.users.set("token", {
    name: "admin",
    may(verb) {
      if (verb === "patch" && writes > 0) {
        writes -= 1;
        api.put("flinkdeployments", change(written()));
      }
      return true;
    },
  });
  const rescale = async (parallelism: number) =>
    (await browser.request("POST", `${orders}/actions`, { body: { action: "rescale", parallelism } })).status;
  writes = 1;
  expect(await rescale(3)).toBe(200);
  const { manifest, resourceVersion } = await page();
  writes = 2;
  const body = { manifest: manifest.replace("parallelism: 3", "parallelism: 5"), resourceVersion };
  expect((await browser.request("PUT", `${orders}/spec`, { body })).status).toBe(200);
  expect(written().spec).toMatchObject({ job: { parallelism: 5 } });
  // Not if it is the spec.
  change = (object) => ({ ...object, spec: { ...(object.spec as object), image: "flink:2.3" } });
  writes = 1;
  expect(await rescale(6)).toBe(409);
  expect(written().spec).toMatchObject({ image: "flink:2.3", job: { parallelism: 5 } });
});

it("says to all that the login is over when a page finds it", async () => {
  const events = await browser.events(`${orders}/events`);
  await events.until(({ name }) => name === "page");
  api.users.delete("token");
  const [ended] = (await events.until(({ name }) => name === "ended")).slice(-1);
  expect(ended?.data.message).toMatch(/sign in again/);
  const before = api.received.length;
  expect((await browser.request("GET", orders)).status).toBe(401);
  expect(api.received.length).toBe(before);
});

it("shows both sides of a FlinkBlueGreenDeployment, and the schema of a kind", async () => {
  const owner = {
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkBlueGreenDeployment",
    name: "bg",
    uid: "bg",
  };
  api.put("flinkbluegreendeployments", {
    metadata: { namespace: "team", name: "bg", uid: "bg", generation: 1 },
    spec: { template: { spec } },
    status: { blueGreenState: "TRANSITIONING_TO_GREEN" },
  });
  for (const side of ["blue", "green"])
    api.put("flinkdeployments", {
      ...deployment,
      metadata: {
        namespace: "team",
        name: `bg-${side}`,
        uid: side,
        ownerReferences: [owner],
        labels: { app: `bg-${side}` },
      },
    });
  const shown = await page("/api/clusters/one/namespaces/team/flinkbluegreendeployments/bg");
  expect(shown.sides).toEqual([
    { side: "blue", active: true, row: expect.objectContaining({ name: "bg-blue" }) },
    { side: "green", active: false, row: expect.objectContaining({ name: "bg-green" }) },
  ]);
  expect(shown.unavailable.suspend).toMatch(/side/);
  const green = await page("/api/clusters/one/namespaces/team/flinkdeployments/bg-green");
  expect(green.unavailable.suspend).toMatch(/is a side of the FlinkBlueGreenDeployment bg/);
  const schema = await browser.request("GET", "/api/clusters/one/schemas/flinkdeployments");
  expect(await schema.json()).toMatchObject({
    properties: { spec: { properties: { job: expect.anything() } } },
  });
});
