import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { type HttpServer, json, serve } from "../../../test/support/httpServer.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { Session } from "../contract.ts";
import { type Browser, type StartedDashboard, startDashboard } from "./browser.fixture.ts";
import { admin, type FakeApiServer, fakeApiServer } from "./fakeApiServer.fixture.ts";

/** The login at an identity provider, which here is one of the test. */

let api: FakeApiServer;
let provider: HttpServer;
let dashboard: StartedDashboard;
let browser: Browser;
/** What the provider puts into the id token. */
let nonce = "";
let idToken = "";
/** Its refresh token. Undefined: it gives none. */
let refreshToken: string | undefined;
/** How long the id token of a login lasts. */
let loginSeconds = 600;
/** Whose id token it gives for a refresh token, and for how long. Undefined: it refuses. */
let renewed: { readonly user: string; readonly seconds: number } | undefined;
let passedMs = 0;

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

beforeEach(async () => {
  [refreshToken, renewed, passedMs, loginSeconds] = [undefined, undefined, 0, 600];
  api = await fakeApiServer();
  provider = await serve((request, response) => {
    if (request.path === "/.well-known/openid-configuration")
      return json(response, 200, {
        issuer: provider.url,
        authorization_endpoint: `${provider.url}/authorize`,
        token_endpoint: `${provider.url}/token`,
        revocation_endpoint: `${provider.url}/revoke`,
        jwks_uri: `${provider.url}/jwks`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
      });
    if (request.path === "/revoke") return json(response, 200, {});
    const now = Math.floor(Date.now() / 1_000);
    const isRenewal = new URLSearchParams(request.body).get("grant_type") === "refresh_token";
    if (isRenewal && renewed === undefined) return json(response, 400, { error: "invalid_grant" });
    const { user, seconds } = (isRenewal ? renewed : undefined) ?? { user: "ann", seconds: loginSeconds };
    const claims = { iss: provider.url, aud: "flink", sub: user, iat: now, exp: now + seconds, nonce };
    idToken = `${encoded({ alg: "RS256" })}.${encoded(claims)}.${Buffer.from("signature").toString("base64url")}`;
    api.users.set(idToken, { ...admin, name: user });
    const tokens = { access_token: "access", token_type: "Bearer", id_token: idToken };
    return json(response, 200, { ...tokens, ...(refreshToken && { refresh_token: refreshToken }) });
  });
  const oidc = { issuer: provider.url, clientId: "flink", scopes: "openid groups" };
  const access = { server: api.url, namespace: "default" };
  dashboard = await startDashboard(
    {},
    {
      publicUrl: "http://dashboard.example",
      clusters: [{ name: "one", access, namespaces: [], oidc }],
      clock: { ...systemClock, now: () => systemClock.now() + passedMs },
    },
  );
  browser = dashboard.browser();
});

afterEach(async () => {
  await dashboard.close();
  await provider.close();
  await api.close();
});

/** Begins a login, and returns what the provider was sent. */
async function begin(): Promise<URLSearchParams> {
  const answer = await browser.request("GET", "/api/oidc/start?cluster=one");
  expect(answer.status).toBe(302);
  const { searchParams } = new URL(answer.headers.get("location") ?? "");
  nonce = searchParams.get("nonce") ?? "";
  return searchParams;
}

async function signIn(): Promise<void> {
  const state = (await begin()).get("state");
  const answer = await browser.request("GET", `/api/oidc/callback?code=c&again=1&state=${state}`);
  expect(answer.status).toBe(302);
}

const renewals = () =>
  provider.received.filter(({ body }) => new URLSearchParams(body).get("grant_type") === "refresh_token");

const session = async (): Promise<Session> =>
  (await browser.request("GET", "/api/session")).json() as Promise<Session>;

it("signs in with the id token, by PKCE, state and nonce", async () => {
  const sent = await begin();
  expect(sent.get("redirect_uri")).toBe("http://dashboard.example/api/oidc/callback");
  expect(sent.get("scope")).toBe("openid groups");
  // The browser comes from another site, without the cookie: a page sends it here again.
  const from = await dashboard
    .browser()
    .request("GET", `/api/oidc/callback?code=c&state=${sent.get("state")}`);
  const page = await from.text();
  expect(page).toContain(
    `content="0;url=/api/oidc/callback?code=c&amp;state=${sent.get("state")}&amp;again=1"`,
  );
  const answer = await browser.request("GET", `/api/oidc/callback?code=c&state=${sent.get("state")}&again=1`);
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "/"]);
  const exchanged = new URLSearchParams(provider.received.find(({ path }) => path === "/token")?.body);
  const challenge = createHash("sha256")
    .update(exchanged.get("code_verifier") ?? "")
    .digest("base64url");
  expect(challenge).toBe(sent.get("code_challenge"));
  expect((await session()).clusters).toEqual([{ name: "one", methods: ["token", "oidc"], user: "ann" }]);
  expect(dashboard.log()).not.toContain(idToken);
  expect(dashboard.log().match(/"audit":true.*/g)).toEqual([
    expect.stringMatching(/"user":"ann".*"action":"sign in","cluster":"one".*"outcome":"done"/),
  ]);
});

it("refuses an answer to another login, one with another nonce, and one twice", async () => {
  const sent = await begin();
  const answer = (state: string | null) =>
    browser.request("GET", `/api/oidc/callback?code=c&again=1&state=${state}`);
  expect((await answer("of-another-login")).status).toBe(502);
  // The attempt is over.
  expect((await answer(sent.get("state"))).status).toBe(400);
  const again = await begin();
  nonce = "another";
  expect((await answer(again.get("state"))).status).toBe(502);
  expect((await session()).clusters[0]?.user).toBeUndefined();
});

it("begins no login for another site, whose session would take the place of the browser's", async () => {
  const headers = { "sec-fetch-site": "cross-site" };
  const answer = await dashboard.browser().request("GET", "/api/oidc/start?cluster=one", { headers });
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
});

it("the page that sends the browser here again holds no markup of a query", async () => {
  const answer = await browser.request(
    "GET",
    `/api/oidc/callback?code=${encodeURIComponent('"><script>x</script>')}`,
  );
  expect(await answer.text()).not.toMatch(/<script|code="/);
});

it("shows a sentence and the way to the login where the login fails, not JSON", async () => {
  const headers = { accept: "text/html,application/xhtml+xml" };
  const path = "/api/oidc/callback?code=c&again=1&state=<script>";
  const answer = await browser.request("GET", path, { headers });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
  const page = await answer.text();
  expect(page).toContain("<p>No login has begun in this browser: start again.</p>");
  expect(page).toContain('<a href="/">');
  expect(page).not.toMatch(/<script|[{}]/);
});

describe("with a refresh token", () => {
  beforeEach(async () => {
    refreshToken = "refresh-1";
    await signIn();
  });

  it("goes on when the id token ends, with one question to the provider however many requests there are", async () => {
    const first = idToken;
    [refreshToken, renewed] = ["refresh-2", { user: "ann", seconds: 1_800 }];
    expect((await session()).clusters[0]?.user).toBe("ann");
    expect(renewals()).toHaveLength(0);
    passedMs = 9.5 * 60_000;
    await Promise.all([session(), session(), session()]);
    expect(renewals().map(({ body }) => new URLSearchParams(body).get("refresh_token"))).toEqual([
      "refresh-1",
    ]);
    api.users.delete(first);
    passedMs = 11 * 60_000;
    expect((await session()).clusters[0]?.user).toBe("ann");
    expect(renewals()).toHaveLength(1);
    expect(dashboard.log()).not.toMatch(/refresh-[12]/);
  });

  it("goes on with an old cookie: a browser may never get the answer that has the new one", async () => {
    const [first, old] = [idToken, [...browser.cookies]];
    const comeBack = () => {
      browser.cookies.clear();
      for (const [name, value] of old) browser.cookies.set(name, value);
    };
    [refreshToken, renewed] = ["refresh-2", { user: "ann", seconds: 1_800 }];
    passedMs = 9.5 * 60_000;
    await session();
    api.users.delete(first);
    comeBack();
    passedMs = 20 * 60_000;
    expect((await session()).clusters[0]?.user).toBe("ann");
    expect(renewals()).toHaveLength(1);
    // By what it was renewed with, of which the old cookie does not know.
    comeBack();
    [refreshToken, renewed] = ["refresh-3", { user: "ann", seconds: 3_600 }];
    passedMs = 29.5 * 60_000;
    expect((await session()).clusters[0]?.user).toBe("ann");
    expect(renewals().map(({ body }) => new URLSearchParams(body).get("refresh_token"))).toEqual([
      "refresh-1",
      "refresh-2",
    ]);
  });

  it("tries again in time where the provider fails once", async () => {
    const first = idToken;
    passedMs = 9.25 * 60_000;
    await session();
    await session();
    expect(renewals()).toHaveLength(1);
    renewed = { user: "ann", seconds: 1_800 };
    passedMs = 9.5 * 60_000;
    await session();
    expect(renewals()).toHaveLength(2);
    api.users.delete(first);
    passedMs = 11 * 60_000;
    expect((await session()).clusters[0]?.user).toBe("ann");
  });

  it("renews an id token that lasts less than a minute, and not with each request", async () => {
    loginSeconds = 45;
    await signIn();
    await session();
    expect(renewals()).toHaveLength(0);
    renewed = { user: "ann", seconds: 1_800 };
    passedMs = 31_000;
    await session();
    expect(renewals()).toHaveLength(1);
  });

  it("keeps the renewed id token where its refresh token does not fit into the cookie", async () => {
    const first = idToken;
    [refreshToken, renewed] = ["r".repeat(20_000), { user: "ann", seconds: 1_800 }];
    passedMs = 9.5 * 60_000;
    await session();
    api.users.delete(first);
    renewed = undefined;
    passedMs = 11 * 60_000;
    await session();
    passedMs = 13 * 60_000;
    expect((await session()).clusters[0]?.user).toBe("ann");
    expect(renewals()).toHaveLength(1);
  });

  it("ends with the id token where the provider refuses, and says so", async () => {
    passedMs = 9.5 * 60_000;
    expect((await session()).clusters[0]?.user).toBe("ann");
    api.users.delete(idToken);
    // Who a token is of is remembered for a minute.
    passedMs = 11 * 60_000;
    expect((await session()).clusters[0]).toMatchObject({ ended: expect.stringMatching(/login is over/) });
  });

  it("takes the refresh token back when the user signs out", async () => {
    browser.csrf = (await session()).csrf;
    const headers = { origin: "http://dashboard.example" };
    expect((await browser.request("POST", "/api/logout", { body: {}, headers })).status).toBe(200);
    await eventually("it is revoked", () => provider.received.some(({ path }) => path === "/revoke"));
    const { body } = provider.received.find(({ path }) => path === "/revoke") ?? {};
    expect(new URLSearchParams(body).get("token")).toBe("refresh-1");
  });

  it("takes it back also where the id token is not accepted any more", async () => {
    browser.csrf = (await session()).csrf;
    api.users.clear();
    expect((await browser.request("GET", "/api/clusters/one/namespaces/a/flinkdeployments/b")).status).toBe(
      401,
    );
    const headers = { origin: "http://dashboard.example" };
    expect((await browser.request("POST", "/api/logout", { body: {}, headers })).status).toBe(200);
    await eventually("it is revoked", () => provider.received.some(({ path }) => path === "/revoke"));
  });

  it("ends what the other windows of the session follow when the user signs out", async () => {
    browser.csrf = (await session()).csrf;
    const fleet = await browser.events("/api/fleet");
    const headers = { origin: "http://dashboard.example" };
    expect((await browser.request("POST", "/api/logout", { body: {}, headers })).status).toBe(200);
    await fleet.ended;
  });

  it("stays signed out where an answer under way gives the browser its cookie back, and renews nothing by it", async () => {
    browser.csrf = (await session()).csrf;
    const before = [...browser.cookies];
    const headers = { origin: "http://dashboard.example" };
    expect((await browser.request("POST", "/api/logout", { body: {}, headers })).status).toBe(200);
    for (const [name, value] of before) browser.cookies.set(name, value);
    passedMs = 9.5 * 60_000;
    expect((await session()).clusters).toEqual([{ name: "one", methods: ["token", "oidc"] }]);
    expect(renewals()).toHaveLength(0);
    expect((await browser.request("GET", "/api/fleet")).status).toBe(401);
  });

  it("does not become somebody else", async () => {
    renewed = { user: "bob", seconds: 1_800 };
    passedMs = 9.5 * 60_000;
    expect((await session()).clusters[0]?.user).toBe("ann");
    expect(dashboard.log()).toMatch(/could not be renewed/);
  });

  it("is over sessionHours after its beginning, however often it was renewed", async () => {
    renewed = { user: "ann", seconds: 7_200 };
    passedMs = 9.5 * 60_000;
    await session();
    passedMs = 61 * 60_000;
    expect((await session()).clusters[0]).toMatchObject({ ended: expect.stringMatching(/too long ago/) });
  });

  it("lets a stream end before the token does, so that the page opens it with a renewed one", async () => {
    passedMs = 9 * 60_000 - 3_000;
    const fleet = await browser.events("/api/fleet");
    await fleet.ended;
    renewed = { user: "ann", seconds: 1_800 };
    const next = await browser.events("/api/fleet");
    await next.until(({ name, data }) => name === "rows" && data.last);
    next.close();
    expect(renewals()).toHaveLength(1);
  });
});
