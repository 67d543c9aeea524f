import { afterAll, beforeAll, expect, it } from "vitest";
import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import { flinkBlueGreenDeployment } from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { flinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { flinkSessionJob } from "../../src/api/v1beta1/flinksessionjob.ts";
import { flinkStateSnapshot } from "../../src/api/v1beta1/flinkstatesnapshot.ts";
import type { FleetRow, ResourcePage } from "../../src/dashboard/contract.ts";
import {
  type Browser,
  type ServerEvent,
  type StartedDashboard,
  startDashboard,
} from "../../src/dashboard/server/browser.fixture.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { kubeconfigAccess } from "../../src/kube/kubeconfig.ts";
import { clientOf, createNamespace, kubectlOn, sharedControlPlane } from "../support/controlPlane.ts";
import { defineKind } from "../support/crds.ts";

/** The dashboard against a real API server: who somebody is, what they may see and do is what that says. */

const plane = sharedControlPlane();
const kubectl = (...args: string[]): Promise<string> => kubectlOn(plane, ...args);

let client: KubeClient;
let dashboard: StartedDashboard;
let [mine, other] = ["", ""];

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

/** Somebody with a role of the cluster in some namespaces. */
async function userOf(name: string, clusterRole: string, ...namespaces: string[]): Promise<string> {
  await kubectl("create", "serviceaccount", name, "-n", mine);
  for (const namespace of namespaces)
    await kubectl(
      "create",
      "rolebinding",
      name,
      "-n",
      namespace,
      `--clusterrole=${clusterRole}`,
      `--serviceaccount=${mine}:${name}`,
    );
  return kubectl("create", "token", name, "-n", mine);
}

beforeAll(async () => {
  client = clientOf(plane);
  for (const kind of [flinkDeployment, flinkSessionJob, flinkStateSnapshot, flinkBlueGreenDeployment])
    await defineKind(client, kind);
  [mine, other] = [await createNamespace(client, "dash"), await createNamespace(client, "dash")];
  for (const namespace of [mine, other])
    await client.create(resourceTypes.flinkDeployment, deployment(namespace));
  const {
    clientCertificate: _,
    clientKey: __,
    authorization: ___,
    ...access
  } = kubeconfigAccess(plane.kubeconfig);
  dashboard = await startDashboard({}, { clusters: [{ name: "real", access, namespaces: [mine, other] }] });
});

afterAll(async () => {
  await dashboard?.close();
  await client?.close();
});

const isLast = ({ name, data }: ServerEvent) => name === "rows" && data.last;
const orders = (namespace: string) => `/api/clusters/real/namespaces/${namespace}/flinkdeployments/orders`;

async function fleetOf(browser: Browser): Promise<string[]> {
  const fleet = await browser.events("/api/fleet");
  const events = await fleet.until(isLast);
  fleet.close();
  return events
    .flatMap(({ data }) => (data.rows ?? []) as FleetRow[])
    .map(({ namespace }) => namespace)
    .filter((namespace) => [mine, other].includes(namespace))
    .sort();
}

it("an editor of one namespace sees that, and suspends its job; a viewer of both may not", async () => {
  const editor = dashboard.browser();
  const viewer = dashboard.browser();
  await kubectl(
    ...["create", "clusterrole", `dash-edit-${mine}`, "--verb=get,list,watch,patch"],
    "--resource=flinkdeployments.flink.apache.org,flinksessionjobs.flink.apache.org,flinkbluegreendeployments.flink.apache.org",
  );
  await kubectl(
    ...["create", "clusterrole", `dash-view-${mine}`, "--verb=get,list,watch"],
    "--resource=flinkdeployments.flink.apache.org,flinksessionjobs.flink.apache.org,flinkbluegreendeployments.flink.apache.org",
  );
  const session = await editor.signIn("real", await userOf("ann", `dash-edit-${mine}`, mine));
  expect(session.clusters[0]?.user).toBe(`system:serviceaccount:${mine}:ann`);
  await viewer.signIn("real", await userOf("bob", `dash-view-${mine}`, mine, other));

  expect(await fleetOf(editor)).toEqual([mine]);
  expect(await fleetOf(viewer)).toEqual([mine, other].sort());
  expect((await editor.request("GET", orders(other))).status).toBe(403);

  const seen = (await (await viewer.request("GET", orders(mine))).json()) as ResourcePage;
  expect(seen.allowed).toEqual([]);
  const refused = await viewer.request("POST", `${orders(mine)}/actions`, { body: { action: "suspend" } });
  expect(refused.status).toBe(403);

  const page = (await (await editor.request("GET", orders(mine))).json()) as ResourcePage;
  expect(page.allowed).toContain("suspend");
  expect(page.remarks.join("\n")).toMatch(/pods/);
  const dryRun = await editor.request("POST", `${orders(mine)}/actions`, {
    body: { action: "suspend", dryRun: true },
  });
  expect(dryRun.status).toBe(200);
  const fleet = await editor.events("/api/fleet");
  await fleet.until(isLast);
  expect(
    (await editor.request("POST", `${orders(mine)}/actions`, { body: { action: "suspend" } })).status,
  ).toBe(200);
  await fleet.until(
    ({ name, data }) =>
      name === "changes" &&
      data.upserts[0]?.changedBy === `flink-dashboard: system:serviceaccount:${mine}:ann`,
  );
  fleet.close();
  const stored = await client.get(resourceTypes.flinkDeployment, mine, "orders");
  expect(stored.spec).toMatchObject({ job: { state: "suspended" } });
});

it("an edit is checked by the API server, with the field that is wrong", async () => {
  const editor = dashboard.browser();
  await editor.signIn("real", await kubectl("create", "token", "ann", "-n", mine));
  const page = (await (await editor.request("GET", orders(mine))).json()) as ResourcePage;
  const plan = (manifest: string) => editor.request("POST", `${orders(mine)}/plan`, { body: { manifest } });
  const wrong = await (await plan(page.manifest.replace("parallelism: 2", "paralelism: 3"))).json();
  expect(wrong).toMatchObject({ effect: "refused", summary: expect.stringMatching(/paralelism/) });
  const right = await (await plan(page.manifest.replace("parallelism: 2", "parallelism: 3"))).json();
  expect(right).toMatchObject({ errors: [] });
  const body = {
    manifest: page.manifest.replace("parallelism: 2", "parallelism: 3"),
    resourceVersion: page.resourceVersion,
  };
  expect((await editor.request("PUT", `${orders(mine)}/spec`, { body })).status).toBe(200);
  expect((await editor.request("PUT", `${orders(mine)}/spec`, { body })).status).toBe(409);
});

it("a token that is no token of the API server is refused", async () => {
  await expect(dashboard.browser().signIn("real", "nobody")).rejects.toThrow(/401/);
});
