import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { nodeFlags } from "../../images/operator.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { CANARY_LABEL } from "../../src/api/v1beta1/names.ts";
import { shardOf } from "../../src/core/shardOf.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isAlreadyExists } from "../../src/kube/errors.ts";
import { shardLeaseName } from "../../src/runtime/leaderElection/chooseShard.ts";
import { specOf } from "../../src/runtime/leaderElection/lease.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";
import { type OperatorProcess, residentMiB, startOperator } from "../support/operatorProcess.ts";
import { customResourceDefinition } from "../support/widgets.ts";

/**
 * The operator's process on a real API server: leader election, shutdown, permissions, configuration. Its canaries show that
 * it reconciles: it changes each of them repeatedly.
 */

const root = join(import.meta.dirname, "../..");
const plane = sharedControlPlane();
let client: KubeClient;
let operators: OperatorProcess[] = [];

const role: ResourceType = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
};
const binding: ResourceType = { ...role, kind: "RoleBinding", plural: "rolebindings" };
const account: ResourceType = { group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };

beforeAll(async () => {
  client = clientOf(plane);
  const crd = load(
    readFileSync(
      join(root, "charts/flink-kubernetes-operator/crds/flinkdeployments.flink.apache.org-v1.yaml"),
      "utf8",
    ),
  ) as KubeObject;
  await client.create(customResourceDefinition, crd).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  await eventually("FlinkDeployments are served", async () => {
    await client.list(resourceTypes.flinkDeployment);
    return true;
  });
});

afterEach(async () => {
  await Promise.all(operators.map((operator) => operator.end("SIGKILL")));
  operators = [];
});

afterAll(() => client.close());

async function start(
  identity: string,
  config: Record<string, string>,
  more: { kubeconfig?: string; env?: Record<string, string>; program?: readonly string[] } = {},
): Promise<OperatorProcess> {
  const operator = await startOperator({ kubeconfig: plane.kubeconfig, identity, config, ...more });
  operators.push(operator);
  return operator;
}

const createCanary = (namespace: string): Promise<KubeObject> =>
  client.create(resourceTypes.flinkDeployment, {
    metadata: { name: "canary", namespace, labels: { [CANARY_LABEL]: "true" } },
    spec: {},
  });

const generation = async (namespace: string): Promise<number> =>
  (await client.get(resourceTypes.flinkDeployment, namespace, "canary")).metadata.generation ?? 0;

/** Waits until an operator changes the canary of the namespace. */
async function waitForReconcileIn(namespace: string): Promise<void> {
  const before = await generation(namespace);
  await eventually(
    `an operator reconciles in ${namespace}`,
    async () => (await generation(namespace)) > before,
    60_000,
  );
}

const canaryEverySecond = { "kubernetes.operator.health.canary.resource.timeout": "1 s" };

const election = {
  ...canaryEverySecond,
  "kubernetes.operator.leader-election.enabled": "true",
  "kubernetes.operator.leader-election.lease-name": "flink-operator-lease",
};

describe("two operators", () => {
  const holderIn = async (namespace: string) =>
    specOf(await client.get(resourceTypes.lease, namespace, "flink-operator-lease")).holderIdentity;

  it("one is the leader, the other takes over: at once after a graceful shutdown, after the lease duration when it was killed", async () => {
    const namespace = await createNamespace(client, "election");
    await createCanary(namespace);
    const env = { OPERATOR_NAMESPACE: namespace, WATCH_NAMESPACES: namespace };
    const first = await start("pod-1", election, { env });
    await eventually("the first is the leader", async () => (await holderIn(namespace)) === "pod-1", 60_000);
    const second = await start("pod-2", election, { env });
    await eventually("the second is on standby", () => second.logged("standing by"), 60_000);
    await waitForReconcileIn(namespace);
    expect(await second.probe("/ready")).toBe(200);
    expect(second.logged("beginning to act")).toBe(false);

    expect(await first.end("SIGTERM")).toBeLessThan(10_000);
    expect(first.child.exitCode).toBe(0);
    const released = performance.now();
    await eventually("the second is the leader", async () => (await holderIn(namespace)) === "pod-2", 60_000);
    // A lease that was not released would have lasted 15 s more.
    expect(performance.now() - released).toBeLessThan(12_000);
    await waitForReconcileIn(namespace);

    const third = await start("pod-3", election, { env });
    await eventually("the third is on standby", () => third.logged("standing by"), 60_000);
    await second.end("SIGKILL");
    const killed = performance.now();
    await eventually("the third is the leader", async () => (await holderIn(namespace)) === "pod-3", 60_000);
    expect(performance.now() - killed).toBeGreaterThan(10_000);
    await waitForReconcileIn(namespace);
  });

  it("an operator that loses its lease exits", async () => {
    const namespace = await createNamespace(client, "election");
    const operator = await start("pod-1", election, { env: { OPERATOR_NAMESPACE: namespace } });
    await eventually("it is the leader", async () => (await holderIn(namespace)) === "pod-1", 60_000);
    await client.mergePatch(resourceTypes.lease, namespace, "flink-operator-lease", {
      spec: { holderIdentity: "somebody", renewTime: "2026-01-01T00:00:00.000000Z" },
    });
    await eventually("it exits", () => operator.child.exitCode === 1, 30_000);
    expect(operator.logged("not the leader any more")).toBe(true);
    expect(await holderIn(namespace)).toBe("somebody");
  });
});

describe("operators with shards", () => {
  const sharded = (shards: number) => ({ ...election, "kubernetes.operator.shards": String(shards) });

  /** A namespace of each of two shards, with a canary. */
  async function namespaceOf(shard: number): Promise<string> {
    const namespace = await createNamespace(client, "shard");
    if (shardOf(namespace, 2) !== shard) return namespaceOf(shard);
    await createCanary(namespace);
    return namespace;
  }

  it("each acts for its own namespaces, a standby takes over, and those of another number stand by", async () => {
    const own = await createNamespace(client, "election");
    const namespaces = [await namespaceOf(0), await namespaceOf(1)];
    const env = { OPERATOR_NAMESPACE: own, WATCH_NAMESPACES: namespaces.join(",") };
    const holders = async () =>
      Promise.all(
        [0, 1].map(async (shard) => {
          const lease = await client.get(
            resourceTypes.lease,
            own,
            shardLeaseName("flink-operator-lease", shard, 2),
          );
          return specOf(lease).holderIdentity;
        }),
      );
    const all = new Map<string | undefined, OperatorProcess>();
    for (const pod of ["pod-1", "pod-2", "pod-3"]) all.set(pod, await start(pod, sharded(2), { env }));
    await Promise.all(namespaces.map(waitForReconcileIn));
    const before = await holders();
    const standby = [...all.keys()].find((pod) => !before.includes(pod));
    expect(all.get(standby)?.logged("beginning to act")).toBe(false);

    const other = await start("pod-4", sharded(3), { env });
    const waitsForThem = () => other.lines.some((line) => JSON.stringify(line).includes('"2 shards"'));
    await eventually("another number stands by", waitsForThem, 60_000);

    await all.get(before[1])?.end("SIGKILL");
    await eventually("the standby has the shard", async () => (await holders())[1] === standby, 60_000);
    await Promise.all(namespaces.map(waitForReconcileIn));
    expect((await holders())[0]).toBe(before[0]);
    expect(other.logged("This operator is the leader")).toBe(false);

    // The last of them gives the lease of all back, so the others need not wait.
    for (const pod of [before[0], standby]) await all.get(pod)?.end("SIGTERM");
    await eventually("the other number acts", () => other.logged("This operator is the leader"), 12_000);
  });
});

describe("an operator with permissions in one namespace only", () => {
  it("reconciles there, though another watched namespace is denied, and needs no other permissions", async () => {
    const allowed = await createNamespace(client, "allowed");
    const denied = await createNamespace(client, "denied");
    await Promise.all([createCanary(allowed), createCanary(denied)]);
    const operator = await start("pod-1", canaryEverySecond, {
      kubeconfig: await kubeconfigOfAccount(allowed),
      env: { WATCH_NAMESPACES: `${allowed},${denied}` },
    });
    await waitForReconcileIn(allowed);
    expect(operator.logged(`Not allowed to list and watch flinkdeployments in namespace ${denied}`)).toBe(
      true,
    );
    expect(await Promise.all(["/", "/live", "/ready", "/started"].map(operator.probe))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await generation(denied)).toBe(1);
  });

  /** A kubeconfig of a service account with the operator's permissions in this namespace. */
  async function kubeconfigOfAccount(namespace: string): Promise<string> {
    const name = "operator";
    await client.create(account, { metadata: { name, namespace } });
    await client.create(role, {
      metadata: { name, namespace },
      rules: [
        {
          apiGroups: ["flink.apache.org"],
          resources: ["flinkdeployments"],
          verbs: ["list", "watch", "patch"],
        },
        { apiGroups: ["apps"], resources: ["deployments"], verbs: ["list", "watch"] },
        { apiGroups: [""], resources: ["pods", "configmaps"], verbs: ["list", "watch"] },
        // An operator also watches the Ingresses that it manages.
        { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["list", "watch"] },
      ],
    });
    await client.create(binding, {
      metadata: { name, namespace },
      roleRef: { apiGroup: role.group, kind: role.kind, name },
      subjects: [{ kind: account.kind, name, namespace }],
    });
    await client.create(resourceTypes.secret, {
      metadata: { name, namespace, annotations: { "kubernetes.io/service-account.name": name } },
      type: "kubernetes.io/service-account-token",
    });
    let token = "";
    await eventually("the account has a token", async () => {
      const { data } = (await client.get(resourceTypes.secret, namespace, name)) as {
        data?: { token?: string };
      };
      token = Buffer.from(data?.token ?? "", "base64").toString();
      return token !== "";
    });
    const config = load(readFileSync(plane.kubeconfig, "utf8")) as {
      users: { name: string; user: object }[];
    };
    const users = config.users.map(({ name }) => ({ name, user: { token } }));
    const path = join(mkdtempSync(join(tmpdir(), "account-")), "kubeconfig");
    writeFileSync(path, JSON.stringify({ ...config, users }));
    return path;
  }
});

describe("the configuration of a running operator", () => {
  it("changes at once: the namespaces change, an invalid value is refused", async () => {
    const [a, b] = [await createNamespace(client, "a"), await createNamespace(client, "b")];
    await Promise.all([createCanary(a), createCanary(b)]);
    const config = { ...canaryEverySecond, "kubernetes.operator.dynamic.namespaces.enabled": "true" };
    const watching = "kubernetes.operator.watched.namespaces";
    const operator = await start("pod-1", { ...config, [watching]: a });
    await waitForReconcileIn(a);

    operator.configure({ ...config, [watching]: b, "kubernetes.operator.reconcile.interval": "soon" });
    await eventually("the invalid value is refused", () =>
      operator.logged('Refused kubernetes.operator.reconcile.interval: "soon"'),
    );
    await waitForReconcileIn(b);
    expect(operator.logged(`${watching}=${b}`)).toBe(true);
    // The last change in the other namespace may still have been in progress.
    await waitForReconcileIn(b);
    const generationBefore = await generation(a);
    await waitForReconcileIn(b);
    expect(await generation(a)).toBe(generationBefore);
    expect(await operator.end("SIGTERM")).toBeLessThan(10_000);
  });
});

it("at rest it uses less than twice the memory of an idle Node process", async () => {
  const namespace = await createNamespace(client, "memory");
  await client.create(resourceTypes.flinkDeployment, {
    metadata: { name: "job", namespace },
    spec: {
      image: "flink:1.20",
      flinkVersion: "v1_20",
      serviceAccount: "flink",
      jobManager: { resource: { cpu: 1, memory: "1g" } },
      taskManager: { resource: { cpu: 1, memory: "1g" } },
      job: { jarURI: "local:///opt/flink/job.jar", parallelism: 1, upgradeMode: "stateless" },
    },
  });
  execFileSync("npm", ["run", "--silent", "bundle"], { cwd: root });
  const idle = spawn(process.execPath, [...nodeFlags, "-e", "setInterval(() => {}, 1e9)"]);
  try {
    const operator = await start(
      "memory",
      {},
      { env: { WATCH_NAMESPACES: namespace }, program: [...nodeFlags, "dist/operator/operator.mjs"] },
    );
    await eventually(
      "the job is deployed",
      async () => (await client.list(resourceTypes.deployment, { namespace })).items.length === 1,
      60_000,
    );
    // Garbage of the start is collected later.
    await eventually(
      "its memory is below the limit",
      () => residentMiB(operator.child.pid) < 2 * residentMiB(idle.pid),
      60_000,
    );
  } finally {
    idle.kill();
  }
});
