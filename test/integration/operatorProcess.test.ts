import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { nodeFlags } from "../../images/operator.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { CANARY_LABEL } from "../../src/api/v1beta1/names.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isAlreadyExists } from "../../src/kube/errors.ts";
import { specOf } from "../../src/runtime/leaderElection/lease.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";
import { type OperatorProcess, residentMiB, startOperator } from "../support/operatorProcess.ts";
import { customResourceDefinition } from "../support/widgets.ts";

/**
 * The operator's own process on a real API server: who leads, how it ends, what it may see, what it is told. That it
 * acts shows in its canaries: it changes each of them again and again.
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

/** Somebody acts in the namespace, from now on. */
async function actsIn(namespace: string): Promise<void> {
  const before = await generation(namespace);
  await eventually(
    `somebody acts in ${namespace}`,
    async () => (await generation(namespace)) > before,
    60_000,
  );
}

const canaryEverySecond = { "kubernetes.operator.health.canary.resource.timeout": "1 s" };

describe("two operators", () => {
  const election = {
    ...canaryEverySecond,
    "kubernetes.operator.leader-election.enabled": "true",
    "kubernetes.operator.leader-election.lease-name": "flink-operator-lease",
  };
  const holderIn = async (namespace: string) =>
    specOf(await client.get(resourceTypes.lease, namespace, "flink-operator-lease")).holderIdentity;

  it("one leads, the other stands by and takes over: at once after a clean end, after the lease's time when it was killed", async () => {
    const namespace = await createNamespace(client, "election");
    await createCanary(namespace);
    const env = { OPERATOR_NAMESPACE: namespace, WATCH_NAMESPACES: namespace };
    const first = await start("pod-1", election, { env });
    await eventually("the first leads", async () => (await holderIn(namespace)) === "pod-1", 60_000);
    const second = await start("pod-2", election, { env });
    await eventually("the second stands by", () => second.logged("standing by"), 60_000);
    await actsIn(namespace);
    expect(await second.probe("/ready")).toBe(200);
    expect(second.logged("beginning to act")).toBe(false);

    expect(await first.end("SIGTERM")).toBeLessThan(10_000);
    expect(first.child.exitCode).toBe(0);
    const released = performance.now();
    await eventually("the second leads", async () => (await holderIn(namespace)) === "pod-2", 60_000);
    // A lease that was not released would have lasted 15 s more.
    expect(performance.now() - released).toBeLessThan(12_000);
    await actsIn(namespace);

    const third = await start("pod-3", election, { env });
    await eventually("the third stands by", () => third.logged("standing by"), 60_000);
    await second.end("SIGKILL");
    const killed = performance.now();
    await eventually("the third leads", async () => (await holderIn(namespace)) === "pod-3", 60_000);
    expect(performance.now() - killed).toBeGreaterThan(10_000);
    await actsIn(namespace);
  });

  it("one whose lease is taken from it ends", async () => {
    const namespace = await createNamespace(client, "election");
    const operator = await start("pod-1", election, { env: { OPERATOR_NAMESPACE: namespace } });
    await eventually("it leads", async () => (await holderIn(namespace)) === "pod-1", 60_000);
    await client.mergePatch(resourceTypes.lease, namespace, "flink-operator-lease", {
      spec: { holderIdentity: "somebody", renewTime: "2026-01-01T00:00:00.000000Z" },
    });
    await eventually("it ends", () => operator.child.exitCode === 1, 30_000);
    expect(operator.logged("not the leader any more")).toBe(true);
    expect(await holderIn(namespace)).toBe("somebody");
  });
});

describe("an operator with rights in one namespace only", () => {
  it("acts there, though another that it is told to watch is denied, and needs no right beyond", async () => {
    const allowed = await createNamespace(client, "allowed");
    const denied = await createNamespace(client, "denied");
    await Promise.all([createCanary(allowed), createCanary(denied)]);
    const operator = await start("pod-1", canaryEverySecond, {
      kubeconfig: await accountOf(allowed),
      env: { WATCH_NAMESPACES: `${allowed},${denied}` },
    });
    await actsIn(allowed);
    expect(operator.logged(`Not allowed to list and watch flinkdeployments in namespace ${denied}`)).toBe(
      true,
    );
    expect(await Promise.all(["/", "/live", "/ready", "/started"].map(operator.probe))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await generation(denied)).toBe(1);
  });

  /** A kubeconfig of a service account with the operator's rights in this namespace. */
  async function accountOf(namespace: string): Promise<string> {
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
        // What an operator with Ingresses to look after follows, too.
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

describe("the configuration of an operator that runs", () => {
  it("changes at once: its namespaces, and nothing where a value is wrong", async () => {
    const [a, b] = [await createNamespace(client, "a"), await createNamespace(client, "b")];
    await Promise.all([createCanary(a), createCanary(b)]);
    const config = { ...canaryEverySecond, "kubernetes.operator.dynamic.namespaces.enabled": "true" };
    const watching = "kubernetes.operator.watched.namespaces";
    const operator = await start("pod-1", { ...config, [watching]: a });
    await actsIn(a);

    operator.configure({ ...config, [watching]: b, "kubernetes.operator.reconcile.interval": "soon" });
    await eventually("the wrong value is refused", () =>
      operator.logged('Refused kubernetes.operator.reconcile.interval: "soon"'),
    );
    await actsIn(b);
    expect(operator.logged(`${watching}=${b}`)).toBe(true);
    // What was changed last may have been on its way.
    await actsIn(b);
    const left = await generation(a);
    await actsIn(b);
    expect(await generation(a)).toBe(left);
    expect(await operator.end("SIGTERM")).toBeLessThan(10_000);
  });
});

it("at rest it takes less than twice the memory of a Node that does nothing", async () => {
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
    // What the start leaves behind is collected in its own time.
    await eventually(
      "it has come to rest",
      () => residentMiB(operator.child.pid) < 2 * residentMiB(idle.pid),
      60_000,
    );
  } finally {
    idle.kill();
  }
});
