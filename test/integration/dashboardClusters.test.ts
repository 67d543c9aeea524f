import { afterAll, beforeAll, expect, it } from "vitest";
import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import { flinkBlueGreenDeployment } from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { flinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { flinkSessionJob } from "../../src/api/v1beta1/flinksessionjob.ts";
import { flinkStateSnapshot } from "../../src/api/v1beta1/flinkstatesnapshot.ts";
import type { FleetRow, Session } from "../../src/dashboard/contract.ts";
import {
  type Browser,
  type ServerEvent,
  type StartedDashboard,
  startDashboard,
} from "../../src/dashboard/server/browser.fixture.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { kubeconfigAccess } from "../../src/kube/kubeconfig.ts";
import {
  type ControlPlane,
  clientOf,
  createNamespace,
  kubectlOn,
  restartApiServer,
  sharedControlPlane,
  startControlPlane,
  stopControlPlane,
} from "../support/controlPlane.ts";
import { defineKind } from "../support/crds.ts";
import { type HttpFaultProxy, httpFaultProxy } from "../support/httpFaultProxy.ts";

/** One dashboard for two clusters. What each API server is sent goes through a proxy that writes down the credentials. */

interface Member {
  readonly plane: ControlPlane;
  readonly client: KubeClient;
  readonly proxy: HttpFaultProxy;
  readonly namespace: string;
  readonly token: string;
}

const members = new Map<string, Member>();
let dashboard: StartedDashboard;
let browser: Browser;

const member = (name: string): Member => {
  const found = members.get(name);
  if (found === undefined) throw new Error(`there is no cluster ${name}`);
  return found;
};

const deployment = (namespace: string): KubeObject => ({
  metadata: { namespace, name: "orders" },
  spec: {
    image: "flink:2.2",
    flinkVersion: "v2_2",
    serviceAccount: "flink",
    jobManager: { resource: { memory: "1024m", cpu: 1 } },
    taskManager: { resource: { memory: "1024m", cpu: 1 } },
    job: { jarURI: "local:///job.jar", parallelism: 2, upgradeMode: "stateless", state: "running" },
  },
});

async function prepare(plane: ControlPlane, user: string): Promise<Member> {
  const client = clientOf(plane);
  for (const kind of [flinkDeployment, flinkSessionJob, flinkStateSnapshot, flinkBlueGreenDeployment])
    await defineKind(client, kind);
  const namespace = await createNamespace(client, "dash");
  await client.create(resourceTypes.flinkDeployment, deployment(namespace));
  const kubectl = (...args: string[]) => kubectlOn(plane, "-n", namespace, ...args);
  await kubectl("create", "serviceaccount", user);
  const account = `--serviceaccount=${namespace}:${user}`;
  await kubectl("create", "role", user, "--verb=*", "--resource=*.flink.apache.org");
  await kubectl("create", "rolebinding", user, `--role=${user}`, account);
  const token = await kubectl("create", "token", user);
  const { server, ca } = kubeconfigAccess(plane.kubeconfig);
  const proxy = await httpFaultProxy({ server, namespace: "default", ...(ca === undefined ? {} : { ca }) });
  return { plane, client, proxy, namespace, token };
}

beforeAll(async () => {
  const [mine, other] = [sharedControlPlane(), await startControlPlane(`other-${process.pid}`)];
  members.set("a", await prepare(mine, "ann"));
  members.set("b", await prepare(other, "bob"));
  dashboard = await startDashboard(
    {},
    {
      clusters: [...members].map(([name, { proxy, namespace }]) => ({
        name,
        access: { server: proxy.url, namespace: "default" },
        namespaces: [namespace],
      })),
    },
  );
  browser = dashboard.browser();
});

afterAll(async () => {
  await dashboard?.close();
  for (const { proxy, client } of members.values()) {
    await proxy.close();
    await client.close();
  }
  const { plane } = members.get("b") ?? {};
  if (plane !== undefined) await stopControlPlane(plane.name);
});

const pathOf = (name: string) =>
  `/api/clusters/${name}/namespaces/${member(name).namespace}/flinkdeployments/orders`;

/** The clusters of which the fleet has rows, when all are complete. */
async function clustersInFleet(...expected: string[]): Promise<string[]> {
  const fleet = await browser.events("/api/fleet");
  const rows: FleetRow[] = [];
  for (const _ of expected) {
    const events = await fleet.until(({ name, data }: ServerEvent) => name === "rows" && data.last);
    rows.push(...events.flatMap(({ data }) => (data.rows ?? []) as FleetRow[]));
  }
  fleet.close();
  return [...new Set(rows.map(({ cluster }) => cluster))].sort();
}

const statusOf = async (name: string) => (await browser.request("GET", pathOf(name))).status;

const usersOf = ({ clusters }: Session) => clusters.map(({ user }) => user?.split(":").at(-1));

it("each cluster has its own login, and is never sent the credential of another", async () => {
  const [a, b] = [member("a"), member("b")];
  expect(usersOf(await browser.signIn("a", a.token))).toEqual(["ann", undefined]);
  expect(await clustersInFleet("a")).toEqual(["a"]);
  expect([await statusOf("a"), await statusOf("b")]).toEqual([200, 401]);
  expect(b.proxy.requests).toEqual([]);

  expect(usersOf(await browser.signIn("b", b.token))).toEqual(["ann", "bob"]);
  expect(await clustersInFleet("a", "b")).toEqual(["a", "b"]);
  for (const name of ["a", "b"]) {
    expect(await statusOf(name)).toBe(200);
    const body = { action: "suspend", dryRun: true };
    expect((await browser.request("POST", `${pathOf(name)}/actions`, { body })).status).toBe(200);
  }
  expect([...a.proxy.authorizations]).toEqual([`Bearer ${a.token}`]);
  expect([...b.proxy.authorizations]).toEqual([`Bearer ${b.token}`]);

  const left = await browser.request("POST", "/api/logout", { body: { cluster: "a" } });
  const session = (await left.json()) as Session;
  browser.csrf = session.csrf;
  expect(usersOf(session)).toEqual([undefined, "bob"]);
  expect(await clustersInFleet("b")).toEqual(["b"]);
  expect(dashboard.log()).not.toContain(a.token);
});

it("an open fleet and an open page go on by themselves after their API server was killed", async () => {
  const { plane, client, namespace, token } = member("b");
  await browser.signIn("b", token);
  const fleet = await browser.events("/api/fleet");
  await fleet.until(({ name, data }) => name === "rows" && data.last);
  const page = await browser.events(`${pathOf("b")}/events`);
  await page.until(({ name }) => name === "page");
  await restartApiServer(plane);
  await expect
    .poll(
      () => client.mergePatch(resourceTypes.flinkDeployment, namespace, "orders", labelled).catch(() => ""),
      { timeout: 30_000 },
    )
    .not.toBe("");
  const [changed] = (await page.until(({ data }) => data.row?.labels.after === "restart", 60_000)).slice(-1);
  expect(changed?.name).toBe("page");
  await fleet.until(
    ({ name, data }) => name === "changes" && data.upserts[0]?.labels.after === "restart",
    60_000,
  );
  for (const each of [fleet, page]) each.close();
});

const labelled = { metadata: { labels: { after: "restart" } } };
