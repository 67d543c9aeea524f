import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { load } from "js-yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { flinkConfig } from "../../src/config/flinkConfig.ts";
import { createClusterCapacity } from "../../src/controllers/autoscaler/clusterCapacity.ts";
import { nodePermissions, rulesOf } from "../../src/controllers/permissions.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isConflict } from "../../src/kube/errors.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";

const plane = sharedControlPlane();
const rbac = (kind: string): ResourceType => ({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind,
  plural: `${kind.toLowerCase()}s`,
});
const [role, binding] = [rbac("ClusterRole"), rbac("ClusterRoleBinding")];
const account = { group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };
const gib = 2 ** 30;

let admin: KubeClient;
let namespace = "";

beforeAll(async () => {
  admin = clientOf(plane);
  namespace = await createNamespace(admin, "capacity");
});
afterAll(async () => {
  await admin.delete(resourceTypes.node, "", namespace);
  await admin.close();
});

/** A client with the rights that `rbac.nodesRule.create` gives, or with none. */
async function clientWith(name: string, rules: ReturnType<typeof rulesOf>): Promise<KubeClient> {
  const own = `${namespace}-${name}`;
  await admin.create(account, { metadata: { namespace, name } });
  await admin.create(role, { metadata: { name: own }, rules });
  await admin.create(binding, {
    metadata: { name: own },
    roleRef: { apiGroup: role.group, kind: role.kind, name: own },
    subjects: [{ kind: account.kind, name, namespace }],
  });
  const localkube = join(import.meta.dirname, "../../localkube/localkube");
  const env = { ...process.env, LOCALKUBE_NAME: plane.name };
  const created = await promisify(execFile)(
    localkube,
    ["kubectl", "create", "token", name, "-n", namespace],
    { env },
  );
  const config = load(readFileSync(plane.kubeconfig, "utf8")) as { users: { name: string }[] };
  const users = config.users.map((user) => ({ name: user.name, user: { token: created.stdout.trim() } }));
  const kubeconfig = join(mkdtempSync(join(tmpdir(), "account-")), "kubeconfig");
  writeFileSync(kubeconfig, JSON.stringify({ ...config, users }));
  return clientOf({ name: plane.name, kubeconfig });
}

async function read(kube: KubeClient) {
  const reader = createClusterCapacity({
    kube,
    clock: systemClock,
    log: createLogger({ level: "silent" }),
    operatorConfig: () =>
      flinkConfig({ "kubernetes.operator.cluster.resource-view.refresh-interval": "1 min" }),
  });
  await eventually("the nodes are read", async () => reader.current() !== "unread");
  return reader.current();
}

it("reads what nodes have free with the rights that the chart grants for it, and says which are missing", async () => {
  await admin.create(resourceTypes.node, { metadata: { name: namespace } });
  const status = {
    allocatable: { cpu: "4", memory: "8Gi" },
    conditions: [{ type: "Ready", status: "True" }],
  };
  // The controllers of Kubernetes write the new node, too.
  await eventually("the node is ready", async () => {
    const node = await admin.get(resourceTypes.node, "", namespace);
    return admin.replaceStatus(resourceTypes.node, { ...node, status }).then(
      () => true,
      (error) => {
        if (isConflict(error)) return false;
        throw error;
      },
    );
  });
  const container = { name: "a", image: "a", resources: { requests: { cpu: "1", memory: "2Gi" } } };
  await eventually("the namespace has its default account", async () =>
    admin.get(account, namespace, "default").then(
      () => true,
      () => false,
    ),
  );
  for (const [name, nodeName] of [["bound", { nodeName: namespace }] as const, ["waiting", {}] as const])
    await admin.create(resourceTypes.pod, {
      metadata: { namespace, name },
      spec: { ...nodeName, containers: [container] },
    });
  const granted = await clientWith("granted", rulesOf(nodePermissions));
  expect(await read(granted)).toEqual({ nodes: [{ cpu: 3, memoryBytes: 6 * gib }] });
  const refused = await clientWith("refused", []);
  expect(await read(refused)).toEqual({ unknown: expect.stringContaining('cannot list resource "nodes"') });
  await Promise.all([granted.close(), refused.close()]);
});
