import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { ApiError, FleetRow, ResourcePage, Session } from "../contract.ts";
import { parseRange } from "./addresses.ts";
import { type Browser, type ServerEvent, type StartedDashboard, startDashboard } from "./browser.fixture.ts";
import { admin, type FakeApiServer, fakeApiServer, ofNamespaces } from "./fakeApiServer.fixture.ts";

/** The whole dashboard over real HTTP, against an API server of the test. */

let api: FakeApiServer;
let dashboard: StartedDashboard;
let browser: Browser;

const deployment = (namespace: string, name: string, fields: object = {}): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { namespace, name, generation: 1, labels: { team: namespace } },
  spec: {
    image: "flink:2.2",
    flinkVersion: "v2_2",
    serviceAccount: "flink",
    jobManager: { resource: { memory: "1024m", cpu: 1 } },
    taskManager: { resource: { memory: "1024m", cpu: 1 } },
    job: { jarURI: "local:///job.jar", parallelism: 2, upgradeMode: "stateless", state: "running" },
  },
  status: { lifecycleState: "STABLE", observedGeneration: 1, jobStatus: { state: "RUNNING" } },
  ...fields,
});

const rowsIn = (events: readonly ServerEvent[]): FleetRow[] =>
  events.flatMap(({ data }) => [...(data.rows ?? []), ...(data.upserts ?? [])]);
const isLast = ({ name, data }: ServerEvent) => name === "rows" && data.last;
const a1 = "/api/clusters/one/namespaces/team-a/flinkdeployments/a1";
const errorOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { message: string }).message;

beforeEach(async () => {
  api = await fakeApiServer();
  api.users.set("admin-token", admin);
  api.users.set("team-a-token", ofNamespaces("ann", "team-a"));
  for (const namespace of ["team-a", "team-b"]) api.put("namespaces", { metadata: { name: namespace } });
  api.put("flinkdeployments", deployment("team-a", "a1"));
  api.put("flinkdeployments", deployment("team-b", "b1"));
  dashboard = await startDashboard({ one: api.url });
  browser = dashboard.browser();
});

afterEach(async () => {
  await dashboard.close();
  await api.close();
});

describe("the way of a user", () => {
  it("signs in, sees the fleet and a page, and suspends a job", async () => {
    const session = await browser.signIn("one", "admin-token");
    expect(session.clusters).toEqual([{ name: "one", methods: ["token"], user: "admin" }]);

    const fleet = await browser.events("/api/fleet");
    const rows = rowsIn(await fleet.until(isLast));
    expect(rows.map(({ id }) => id).sort()).toEqual([
      "one/flinkdeployments/team-a/a1",
      "one/flinkdeployments/team-b/b1",
    ]);
    expect(rows[0]).toMatchObject({
      health: "Ready",
      jobState: "RUNNING",
      flinkVersion: "v2_2",
      parallelism: 2,
    });

    const page = (await (await browser.request("GET", a1)).json()) as ResourcePage;
    expect(page.manifest).toContain("jarURI: local:///job.jar");
    expect(page.allowed).toContain("suspend");
    expect(page.unavailable.resume).toBe("it is to run already");

    const dryRun = await browser.request("POST", `${a1}/actions`, {
      body: { action: "suspend", dryRun: true },
    });
    expect(await dryRun.json()).toMatchObject({ effect: expect.any(String), restarts: expect.any(Boolean) });
    expect(api.get("flinkdeployments", "team-a", "a1")?.spec).toMatchObject({ job: { state: "running" } });

    const answer = await browser.request("POST", `${a1}/actions`, { body: { action: "suspend" } });
    expect(answer.status).toBe(200);
    expect(api.get("flinkdeployments", "team-a", "a1")?.spec).toMatchObject({ job: { state: "suspended" } });
    expect(dashboard.log()).toMatch(/"user":"admin".*"action":"suspend".*"name":"a1".*"outcome":"done"/);
    // What the fleet then shows as "by".
    const stored = api.received.findLast(({ method, query }) => method === "PATCH" && !query.has("dryRun"));
    expect(stored?.query.get("fieldManager")).toBe("flink-dashboard: admin");
    expect(dashboard.log()).not.toContain("admin-token");
    fleet.close();
  });

  it("is told what changes, and not what changes nothing of a row", async () => {
    await browser.signIn("one", "admin-token");
    const fleet = await browser.events("/api/fleet");
    await fleet.until(isLast);
    api.put(
      "flinkdeployments",
      deployment("team-b", "b1", {
        status: { ...(deployment("team-b", "b1").status as object), reconciliationStatus: {} },
      }),
    );
    api.put("flinkdeployments", deployment("team-a", "a2"));
    api.remove("flinkdeployments", "team-a", "a1");
    const [changes] = (await fleet.until(({ name }) => name === "changes")).slice(-1);
    expect(changes?.data.upserts.map(({ name }: FleetRow) => name)).toEqual(["a2"]);
    expect(changes?.data.deletes).toEqual(["one/flinkdeployments/team-a/a1"]);
    fleet.close();
  });
});

describe("what it refuses", () => {
  it("who is not signed in, with one clear error and nothing of a stack", async () => {
    for (const path of ["/api/fleet", a1, `${a1}/logs?pod=x`, `${a1}/flink/overview`]) {
      const answer = await browser.request("GET", path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await errorOf(answer)).toMatch(/sign in/);
    }
    expect((await browser.request("GET", "/api/nothing")).status).toBe(404);
    expect((await browser.request("DELETE", "/api/session")).status).toBe(405);
  });

  it("a token that the API server does not accept", async () => {
    await expect(browser.signIn("one", "stolen")).rejects.toThrow(/401 .*does not accept this token/);
    await expect(browser.signIn("one", "a\nb: c")).rejects.toThrow(/400 .*no token/);
    expect(dashboard.log()).not.toContain("stolen");
  });

  it("a forged cookie, and one that was tampered with", async () => {
    await browser.signIn("one", "admin-token");
    const [name = "", value = ""] = [...browser.cookies][0] ?? [];
    const middle = Math.floor(value.length / 2);
    const flipped = value[middle] === "a" ? "b" : "a";
    for (const forged of [
      "Fe26.2*1*x*y*z",
      `${value.slice(0, middle)}${flipped}${value.slice(middle + 1)}`,
    ]) {
      const other = dashboard.browser();
      other.cookies.set(name, forged);
      expect((await other.request("GET", a1)).status).toBe(401);
    }
    expect(value).not.toContain("admin-token");
  });

  it("a write from another site, without the CSRF token, or with another's", async () => {
    await browser.signIn("one", "admin-token");
    const body = { action: "suspend" };
    const attempts: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "x-csrf-token": "" },
      { "x-csrf-token": "ä".repeat(16) },
    ];
    for (const headers of attempts)
      expect([headers, (await browser.request("POST", `${a1}/actions`, { body, headers })).status]).toEqual([
        headers,
        403,
      ]);
    const other = dashboard.browser();
    await other.signIn("one", "admin-token");
    browser.csrf = other.csrf;
    expect((await browser.request("POST", `${a1}/actions`, { body })).status).toBe(403);
    expect(api.get("flinkdeployments", "team-a", "a1")?.spec).toMatchObject({ job: { state: "running" } });
  });

  it("a path that leads out of Flink's REST API, or that acts", async () => {
    await browser.signIn("one", "admin-token");
    const before = api.received.length;
    const paths = [
      "..%2f..%2fsecrets",
      "jobs/..%5c..%5csecrets",
      "a%252f..%252fb",
      "jobs//x",
      "http:%2f%2fevil.example",
      "%00",
      "%zz",
    ];
    for (const path of paths)
      expect([path, (await browser.request("GET", `${a1}/flink/${path}`)).status]).toEqual([path, 400]);
    for (const path of [
      "jobs/0123/yarn-cancel",
      "jobs/0123/YARN-STOP",
      "v1/jobs/0123/yarn-cancel",
      "jobs/0123/yarn-cancel/",
      "jars/x/plan",
      "jars",
    ])
      expect([path, (await browser.request("GET", `${a1}/flink/${path}`)).status]).toEqual([path, 403]);
    expect((await browser.request("POST", `${a1}/flink/jars/upload`, { body: {} })).status).toBe(405);
    expect(api.received.slice(before).filter(({ path }) => path.includes("/proxy"))).toEqual([]);
  });

  it("a body that is too large, no JSON, or of another type", async () => {
    await browser.signIn("one", "admin-token");
    const post = (body: unknown, headers = {}) => browser.request("POST", `${a1}/actions`, { body, headers });
    expect((await post({ action: "x".repeat(3 * 1024 * 1024) })).status).toBe(413);
    expect((await post("{")).status).toBe(400);
    expect((await post("[]")).status).toBe(400);
    expect((await post({ action: "suspend" }, { "content-type": "text/plain" })).status).toBe(415);
    expect(await errorOf(await post({ action: "edit" }))).toMatch(/action must be one of suspend/);
  });

  it("too many attempts to sign in", async () => {
    browser.csrf = ((await (await browser.request("GET", "/api/session")).json()) as { csrf: string }).csrf;
    const attempt = () => browser.request("POST", "/api/login", { body: { cluster: "one", token: "guess" } });
    const statuses = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await attempt()).status);
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("what a caller may see", () => {
  it("is what Kubernetes lets them: one namespace, found without the right to list namespaces", async () => {
    await browser.signIn("one", "team-a-token");
    const fleet = await browser.events("/api/fleet");
    const events = await fleet.until(({ name }) => name === "rows");
    expect(rowsIn(events).map(({ namespace }) => namespace)).toEqual(["team-a"]);
    expect((await browser.request("GET", a1)).status).toBe(200);
    const other = await browser.request("GET", "/api/clusters/one/namespaces/team-b/flinkdeployments/b1");
    expect(other.status).toBe(403);
    fleet.close();
  });

  it("comes from one watch, whoever looks, and goes on with another's credential", async () => {
    api.users.set("second-token", { ...admin, name: "second" });
    const second = dashboard.browser();
    await browser.signIn("one", "admin-token");
    await second.signIn("one", "second-token");
    const first = await browser.events("/api/fleet");
    await first.until(isLast);
    const fleet = await second.events("/api/fleet");
    await fleet.until(isLast);
    expect(api.watches).toBe(3);
    first.close();
    // The watch is opened again, and is not listed again.
    api.put("flinkdeployments", deployment("team-a", "a3"));
    await eventually("the watch of the second caller", () =>
      Promise.resolve(
        api.received.some(
          ({ query, headers }) => query.has("watch") && headers.authorization === "Bearer second-token",
        ),
      ),
    );
    api.put("flinkdeployments", deployment("team-a", "a4"));
    const seen = rowsIn(
      await fleet.until(
        ({ name, data }) => name === "changes" && data.upserts.some((row: FleetRow) => row.name === "a4"),
      ),
    );
    expect(seen.map(({ name }) => name)).toContain("a4");
    fleet.close();
  });

  it("is nothing any more once the token has expired: the page answers 401, the fleet says that it has ended", async () => {
    await browser.signIn("one", "admin-token");
    const fleet = await browser.events("/api/fleet");
    await fleet.until(isLast);
    api.users.delete("admin-token");
    const answer = await browser.request("GET", a1);
    expect([answer.status, await errorOf(answer)]).toEqual([401, expect.stringMatching(/sign in again/)]);
    const [ended] = (await fleet.until(({ name }) => name === "ended")).slice(-1);
    expect(ended?.data.cluster).toBe("one");
    const session = (await (await browser.request("GET", "/api/session")).json()) as Session;
    expect(session.clusters[0]).toEqual({
      name: "one",
      methods: ["token"],
      ended: expect.stringMatching(/over/),
    });
    fleet.close();
  });

  it("goes on after ten minutes in which the caller does nothing but look", async () => {
    let passed = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + passed };
    const other = await startDashboard({ one: api.url }, { clock });
    const [looking, another] = [other.browser(), other.browser()];
    api.users.set("second-token", { ...admin, name: "second" });
    await looking.signIn("one", "admin-token");
    const events = await looking.events(`${a1}/events`);
    await events.until(({ name }) => name === "page");
    passed = 11 * 60_000;
    await another.signIn("one", "second-token");
    api.put("flinkdeployments", deployment("team-a", "a1", { status: { lifecycleState: "FAILED" } }));
    await events.until(({ name, data }) => name === "page" && data.row.lifecycleState === "FAILED");
    events.close();
    await other.close();
  });

  it("is not refused for long because of one 401, and not at all once the token was accepted again", async () => {
    const user = api.users.get("admin-token") ?? admin;
    await browser.signIn("one", "admin-token");
    api.users.delete("admin-token");
    expect((await browser.request("GET", a1)).status).toBe(401);
    api.users.set("admin-token", user);
    // Refused without a question to the API server.
    expect((await browser.request("GET", a1)).status).toBe(401);
    const other = dashboard.browser();
    await other.signIn("one", "admin-token");
    for (const each of [other, browser]) expect((await each.request("GET", a1)).status).toBe(200);
  });

  it("ends sessionHours after the login, however often the cookie was sealed anew", async () => {
    let passed = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + passed };
    const other = await startDashboard({ one: api.url, two: api.url }, { clock, sessionHours: 1 });
    const user = other.browser();
    await user.signIn("one", "admin-token");
    passed = 40 * 60_000;
    await user.signIn("two", "admin-token");
    passed = 61 * 60_000;
    expect((await user.request("GET", a1)).status).toBe(401);
    expect((await user.request("GET", a1.replace("one", "two"))).status).toBe(200);
    const session = (await (await user.request("GET", "/api/session")).json()) as Session;
    expect(session.clusters.map(({ user: name, ended }) => name ?? ended)).toEqual([
      expect.stringMatching(/too long ago/),
      "admin",
    ]);
    await other.close();
  });

  it("stays signed in when another site opens a path that would begin a session", async () => {
    await browser.signIn("one", "admin-token");
    // SameSite=Strict: the browser sends no cookie from another site.
    const stranger = dashboard.browser();
    for (const path of ["/api/session", "/api/oidc/callback?again=1&code=c"]) {
      const answer = await stranger.request("GET", path, { headers: { "sec-fetch-site": "cross-site" } });
      expect([path, answer.headers.getSetCookie()]).toEqual([path, []]);
    }
  });

  it("a token of one cluster never reaches another", async () => {
    const two = await fakeApiServer();
    two.users.set("two-token", admin);
    const both = await startDashboard({ one: api.url, two: two.url });
    const user = both.browser();
    await user.signIn("one", "admin-token");
    await user.signIn("two", "two-token");
    const fleet = await user.events("/api/fleet");
    await fleet.until(({ name, data }) => name === "rows" && data.last && data.cluster === "two");
    await user.request("GET", a1);
    const tokensAt = ({ received }: FakeApiServer) => [
      ...new Set(received.map(({ headers }) => headers.authorization)),
    ];
    expect(tokensAt(api)).toEqual(["Bearer admin-token"]);
    expect(tokensAt(two)).toEqual(["Bearer two-token"]);
    fleet.close();
    await both.close();
    await two.close();
  });

  it("ends in all windows with a sign-out, also in one from before another login of the session", async () => {
    const two = await fakeApiServer();
    two.users.set("two-token", admin);
    const both = await startDashboard({ one: api.url, two: two.url });
    const user = both.browser();
    await user.signIn("one", "admin-token");
    const page = await user.events(`${a1}/events`);
    await user.signIn("two", "two-token");
    const kept = both.browser();
    await kept.signIn("one", "admin-token");
    const other = await kept.events("/api/fleet");
    expect((await user.request("POST", "/api/logout", { body: { cluster: "one" } })).status).toBe(200);
    await page.ended;
    expect((await user.request("GET", a1)).status).toBe(401);
    // What is signed out of is a login, not its token.
    await other.until(isLast);
    expect((await kept.request("GET", a1)).status).toBe(200);
    other.close();
    await both.close();
    await two.close();
  });

  it("a header that claims to be a user counts from a trusted proxy alone", async () => {
    const header = { "x-forwarded-access-token": "admin-token" };
    const loginHeader = "x-forwarded-access-token";
    for (const [trusted, status] of [
      ["10.0.0.0/8", 401],
      ["127.0.0.1", 200],
    ] as const) {
      const other = await startDashboard(
        { one: api.url },
        { loginHeader, trustedProxies: [parseRange(trusted)] },
      );
      const ask = async () => (await other.browser().request("GET", a1, { headers: header })).status;
      expect([trusted, await ask()]).toEqual([trusted, status]);
      // The proxy brings it anew each time: an answer of the API server is none for later.
      api.users.delete("admin-token");
      expect(await ask()).toBe(401);
      api.users.set("admin-token", admin);
      expect([trusted, await ask()]).toEqual([trusted, status]);
      await other.close();
    }
    expect((await browser.request("GET", a1, { headers: header })).status).toBe(401);
  });
});

describe("the audit lines", () => {
  const lines = (): object[] =>
    dashboard
      .log()
      .split("\n")
      .filter((line) => line.includes('"audit":true'))
      .map((line) => JSON.parse(line));

  it("name who signs in and out", async () => {
    await browser.signIn("one", "admin-token");
    await browser.request("POST", "/api/logout", { body: {} });
    await expect(browser.signIn("one", "stolen")).rejects.toThrow(/401/);
    expect(lines()).toEqual([
      expect.objectContaining({ user: "admin", action: "sign in", cluster: "one", outcome: "done" }),
      expect.objectContaining({ user: "admin", action: "sign out", cluster: "one", outcome: "done" }),
      expect.objectContaining({
        user: "unknown",
        action: "sign in",
        cluster: "one",
        outcome: expect.stringMatching(/^refused: 401 /),
      }),
    ]);
  });

  it("have the writes that are refused before anything is written, and no dry run", async () => {
    const mayPatch = api.users.get("team-a-token")?.may;
    api.users.set("team-a-token", {
      name: "ann",
      may: (verb, plural, namespace) => verb !== "patch" && mayPatch?.(verb, plural, namespace) === true,
    });
    await browser.signIn("one", "team-a-token");
    const act = (path: string, body: object, headers = {}) =>
      browser.request("POST", `${path}/actions`, { body, headers });
    await act(a1, { action: "suspend", dryRun: true });
    await act(a1, { action: "suspend" });
    await act(a1, { action: "nothing" });
    await act(a1, { action: "suspend" }, { "x-csrf-token": "wrong" });
    await act(a1.replaceAll("team-a", "team-b"), { action: "suspend" });
    await browser.request("PUT", `${a1}/spec`, { body: {} });
    const others = lines().slice(1) as { user: string; action: string; outcome: string; namespace: string }[];
    expect(
      others.map(({ user, namespace, action, outcome }) => [
        user,
        namespace,
        action,
        /refused: \d+/.exec(outcome)?.[0],
      ]),
    ).toEqual([
      ["ann", "team-a", "suspend", "refused: 403"],
      ["ann", "team-a", "act", "refused: 400"],
      ["ann", "team-a", "act", "refused: 403"],
      ["ann", "team-b", "suspend", "refused: 403"],
      ["ann", "team-a", "edit", "refused: 400"],
    ]);
  });
});

describe("an editor", () => {
  it("stores an edit although the status was written since, and not if the spec was", async () => {
    await browser.signIn("one", "admin-token");
    const page = (await (await browser.request("GET", a1)).json()) as ResourcePage;
    const manifest = page.manifest.replace("parallelism: 2", "parallelism: 3");
    const put = (resourceVersion: string, text = manifest) =>
      browser.request("PUT", `${a1}/spec`, { body: { manifest: text, resourceVersion } });
    const present = () => api.get("flinkdeployments", "team-a", "a1") as KubeObject;
    api.put("flinkdeployments", {
      ...present(),
      status: { ...(present().status as object), observedGeneration: 1 },
    });

    const plan = await browser.request("POST", `${a1}/plan`, { body: { manifest } });
    expect([plan.status, await plan.json()]).toEqual([
      200,
      expect.objectContaining({ errors: [], text: expect.any(String) }),
    ]);
    expect(present().spec).toMatchObject({ job: { parallelism: 2 } });

    expect((await put(page.resourceVersion)).status).toBe(200);
    expect(present().spec).toMatchObject({ job: { parallelism: 3, jarURI: "local:///job.jar" } });
    const late = await put(page.resourceVersion);
    expect([late.status, await errorOf(late)]).toEqual([409, expect.stringMatching(/changed since/)]);
  });

  it("is told that aliases are to be written out, which a few bytes could make any size of", async () => {
    await browser.signIn("one", "admin-token");
    const page = (await (await browser.request("GET", a1)).json()) as ResourcePage;
    const { manifest, resourceVersion } = page;
    const edited = `${manifest}  podTemplate: &a {metadata: {labels: {b: c}}}\n  flinkConfiguration: *a\n`;
    for (const answer of [
      await browser.request("POST", `${a1}/plan`, { body: { manifest: edited } }),
      await browser.request("PUT", `${a1}/spec`, { body: { manifest: edited, resourceVersion } }),
    ])
      expect([answer.status, await answer.json()]).toEqual([
        400,
        {
          field: "manifest",
          message: expect.stringMatching(/^The manifest has an alias in line \d+: write its value out\.$/),
        },
      ]);
  });

  it("is told which field of a manifest is wrong", async () => {
    await browser.signIn("one", "admin-token");
    for (const [manifest, field] of [
      ["a: [", "manifest"],
      ["kind: Pod", "kind"],
      [
        "apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nmetadata: {name: other}",
        "metadata.name",
      ],
      [
        "apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nmetadata: {name: a1, namespace: team-b}",
        "metadata.namespace",
      ],
    ]) {
      const answer = await browser.request("POST", `${a1}/plan`, { body: { manifest } });
      expect([answer.status, ((await answer.json()) as ApiError).field]).toEqual([400, field]);
    }
  });
});

it("counts no stream of a client that leaves before it begins", async () => {
  await browser.signIn("one", "admin-token");
  let release: () => void = () => {};
  api.held = new Promise((resolve) => {
    release = resolve;
  });
  const before = api.received.length;
  const leaving = new AbortController();
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const attempts = Array.from({ length: 20 }, () =>
    fetch(`${dashboard.url}${a1}/events`, { headers: { cookie }, signal: leaving.signal }).catch(() => {}),
  );
  await eventually("the first reads of all", async () => api.received.length >= before + 8);
  leaving.abort();
  await Promise.all(attempts);
  await new Promise((resolve) => setTimeout(resolve, 100));
  api.held = undefined;
  release();
  // All attempts have had their answers by then.
  await eventually("the reads", async () => api.received.length >= before + 20);
  const events = await browser.events(`${a1}/events`);
  await events.until(({ name }) => name === "page");
  events.close();
});

describe("what is passed on", () => {
  const pod = (name: string, app: string): KubeObject => ({
    metadata: { namespace: "team-a", name, labels: { app } },
  });

  it("the end of a log, bounded, as plain text, of a pod of the resource alone", async () => {
    await browser.signIn("one", "admin-token");
    api.put("pods", pod("a1-jm", "a1"));
    api.put("pods", pod("other-jm", "other"));
    api.log = (response) => {
      const line = `<script>alert(1)</script> ${"x".repeat(1000)}\n`;
      for (let count = 0; count < 4_000; count += 1) response.write(line);
      response.end();
    };
    const answer = await browser.request("GET", `${a1}/logs?pod=a1-jm`);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await answer.arrayBuffer()).byteLength).toBe(1024 * 1024);
    expect(api.received.at(-1)?.query.get("limitBytes")).toBe("1048576");
    expect((await browser.request("GET", `${a1}/logs?pod=other-jm`)).status).toBe(404);
    for (const wrong of ["pod=..%2Fsecrets", "pod=a1-jm&container=A%2FB", "pod=a1-jm&tail=-1", ""])
      expect([wrong, (await browser.request("GET", `${a1}/logs?${wrong}`)).status]).toEqual([wrong, 400]);
  });

  it("Flink's answers, in a sandbox, without cookies or headers of its own", async () => {
    await browser.signIn("one", "admin-token");
    api.flink.set("/overview", (response) => {
      response.writeHead(200, { "content-type": "text/html", "set-cookie": "a=b", "x-own": "1" });
      response.end("<script>fetch('/api/session')</script>");
    });
    api.flink.set(
      "/jobs/overview",
      (response) => void response.writeHead(302, { location: "https://evil.example" }).end(),
    );
    const answer = await browser.request("GET", `${a1}/flink/overview`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-security-policy")).toMatch(/sandbox allow-scripts;/);
    expect(answer.headers.get("content-security-policy")).not.toContain("allow-same-origin");
    // What it shows is sent to nobody else.
    expect(answer.headers.get("content-security-policy")).toMatch(/default-src 'none'.*connect-src 'self'/);
    expect(answer.headers.get("content-security-policy")).not.toMatch(/https?:|\*/);
    expect([answer.headers.get("set-cookie"), answer.headers.get("x-own")]).toEqual([null, null]);
    const sent = api.received.findLast(({ path }) => path.endsWith("/proxy/overview"));
    expect(sent?.headers.cookie).toBeUndefined();
    const moved = await browser.request("GET", `${a1}/flink/jobs/overview`);
    expect([moved.status, moved.headers.get("location")]).toEqual([502, null]);
  });

  it("Flink's UI by a ticket, which ends with the login", async () => {
    await browser.signIn("one", "admin-token");
    api.flink.set("/", (response) => void response.end("the UI"));
    const redirect = await browser.request("GET", `${a1}/flink/`);
    const location = redirect.headers.get("location") ?? "";
    expect([redirect.status, location]).toEqual([302, expect.stringMatching(/^\/api\/flink\/[\w-]{32}\/$/)]);
    const sandbox = dashboard.browser();
    const answer = await sandbox.request("GET", location);
    expect([answer.status, await answer.text()]).toEqual([200, "the UI"]);
    // The view of logs asks for what is not cached, which a browser asks about first.
    const asked = await sandbox.request("OPTIONS", `${location}jobmanager/log`, {
      headers: {
        origin: "null",
        "access-control-request-method": "GET",
        "access-control-request-headers": "cache-control",
      },
    });
    expect([asked.status, asked.headers.get("access-control-allow-headers")]).toEqual([
      204,
      expect.stringContaining("cache-control"),
    ]);
    expect((await browser.request("OPTIONS", a1)).status).toBe(405);
    expect((await sandbox.request("GET", "/api/flink/guessed-ticket/")).status).toBe(403);
    await browser.request("POST", "/api/logout", { body: {} });
    expect((await sandbox.request("GET", location)).status).toBe(403);
    expect((await browser.request("GET", a1)).status).toBe(401);
  });

  it("Flink's UI by a ticket that reads the resource anew, and is not logged", async () => {
    await browser.signIn("one", "admin-token");
    api.put("flinksessionjobs", {
      metadata: { namespace: "team-a", name: "s1" },
      spec: { deploymentName: "a1" },
    });
    const redirect = await browser.request(
      "GET",
      `${a1.replace(/flinkdep.*/, "flinksessionjobs/s1")}/flink/`,
    );
    const location = redirect.headers.get("location") ?? "";
    const status = async () => (await dashboard.browser().request("GET", location)).status;
    api.flink.set("/", (response) => void response.end("the UI"));
    expect(await status()).toBe(200);
    // No API server has such a name: an error of the program.
    api.put("flinksessionjobs", {
      metadata: { namespace: "team-a", name: "s1" },
      spec: { deploymentName: "\ud800" },
    });
    expect(await status()).toBe(500);
    expect(dashboard.log()).toContain('"path":"/api/flink/:ticket/"');
    expect(dashboard.log()).not.toContain(location.split("/")[3]);
    api.remove("flinksessionjobs", "team-a", "s1");
    expect(await status()).toBe(404);
  });

  it("the front end: immutable assets, pages for its own paths, a strict policy", async () => {
    const page = await browser.request("GET", "/clusters/one/team-a");
    expect([page.status, page.headers.get("cache-control")]).toEqual([200, "no-cache"]);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    const asset = await browser.request("GET", "/assets/main-abc.js");
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(asset.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect((await browser.request("GET", "/assets/none.js")).status).toBe(404);
    expect((await browser.request("GET", "/healthz")).status).toBe(200);
  });
});

it("shows ten thousand resources in parts, and sends nothing at rest", { timeout: 120_000 }, async () => {
  for (let at = 0; at < 10_000; at += 1)
    api.put("flinkdeployments", deployment(`team-${at % 50}`, `job-${at}`));
  await browser.signIn("one", "admin-token");
  const fleet = await browser.events("/api/fleet");
  const seen = new Set<string>();
  while (seen.size < 10_002) {
    const events = await fleet.until(({ name }) => name === "rows" || name === "changes", 60_000);
    for (const { data } of events) expect(data.rows?.length ?? 0).toBeLessThanOrEqual(500);
    for (const { id } of rowsIn(events)) seen.add(id);
  }
  // Two intervals of changes.
  await expect(fleet.until(({ name }) => name === "changes", 2_500)).rejects.toThrow(/no such event/);
  fleet.close();
});
