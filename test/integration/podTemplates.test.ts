import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeploymentStatus } from "../../src/api/v1beta1/flinkdeployment.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isAlreadyExists, isNotFound } from "../../src/kube/errors.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";
import { type OperatorProcess, startOperator } from "../support/operatorProcess.ts";
import { customResourceDefinition } from "../support/widgets.ts";

/** How a real API server handles the operator's pod templates. No job runs here. */

const root = join(import.meta.dirname, "../..");
const plane = sharedControlPlane();
const { deployment, event, flinkDeployment } = resourceTypes;
const account: ResourceType = { group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };
let client: KubeClient;
let operator: OperatorProcess;
let namespace: string;

beforeAll(async () => {
  client = clientOf(plane);
  for (const kind of ["flinkdeployments", "flinksessionjobs", "flinkstatesnapshots"]) {
    const file = join(root, `charts/flink-kubernetes-operator/crds/${kind}.flink.apache.org-v1.yaml`);
    await client
      .create(customResourceDefinition, load(readFileSync(file, "utf8")) as KubeObject)
      .catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
  }
  await eventually("FlinkDeployments are served", async () => {
    await client.list(flinkDeployment);
    return true;
  });
  namespace = await createNamespace(client, "pod-templates");
  await client.create(account, { metadata: { name: "flink", namespace } });
  operator = await startOperator({
    kubeconfig: plane.kubeconfig,
    identity: "pod-1",
    config: {},
    env: { WATCH_NAMESPACES: namespace },
  });
});

afterAll(async () => {
  await operator?.end("SIGKILL");
  await client?.close();
});

const main = "flink-main-container";
const resource = { resource: { cpu: 1, memory: "2048m" } };
const spec = {
  image: "registry.example.com/app:1",
  flinkVersion: "v1_20",
  serviceAccount: "flink",
  jobManager: resource,
  taskManager: resource,
};
const job = { jarURI: "local:///opt/flink/usrlib/app.jar", parallelism: 2, upgradeMode: "stateless" };
const templateOf = (fields: object) => ({ spec: { containers: [{ name: main, ...fields }] } });

const create = (name: string, changed: object) =>
  client.create(flinkDeployment, { metadata: { name, namespace }, spec: { ...spec, ...changed } });

const found = (name: string): Promise<KubeObject | undefined> =>
  client.get(deployment, namespace, name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}
const containerOf = (object: KubeObject): Container => {
  const { template } = object.spec as { template: { spec: { containers: readonly Container[] } } };
  return template.spec.containers[0] ?? {};
};

async function there(name: string): Promise<KubeObject> {
  await eventually(`the Deployment ${name}`, async () => (await found(name)) !== undefined, 60_000);
  return client.get(deployment, namespace, name);
}

const statusOf = async (name: string): Promise<FlinkDeploymentStatus> =>
  asFlinkDeployment(await client.get(flinkDeployment, namespace, name)).status ?? {};

const eventsOf = async (name: string, reason: string): Promise<string[]> => {
  const { items } = await client.list(event, { namespace });
  return items
    .filter((each) => (each.involvedObject as { name?: string }).name === name && each.reason === reason)
    .map(({ message }) => String(message));
};

describe("a standalone cluster whose template and configuration name a variable twice", () => {
  const twice = {
    mode: "standalone",
    flinkConfiguration: { "containerized.taskmanager.env.LOG_LEVEL": "debug" },
    podTemplate: {
      spec: {
        imagePullSecrets: [{ name: "a" }, { name: "a" }],
        containers: [
          {
            name: main,
            env: [{ name: "LOG_LEVEL", value: "info" }],
            ports: [{ name: "mine", containerPort: 6122 }],
          },
        ],
      },
    },
  };

  it.each([
    ["application", { job }],
    ["session cluster", {}],
  ])("is started, with the later value: %s", async (kind, more) => {
    const name = `twice-${kind.slice(0, 7)}`;
    await create(name, { ...twice, ...more });
    const { env = [] } = containerOf(await there(`${name}-taskmanager`));
    expect(env.filter(({ name }) => name === "LOG_LEVEL")).toEqual([{ name: "LOG_LEVEL", value: "debug" }]);
    await eventually(
      "the cluster is recorded",
      async () => (await statusOf(name)).reconciliationStatus?.state === "DEPLOYED",
      60_000,
    );
    expect((await statusOf(name)).error).toBeUndefined();
  });

  it("is replaced by an edit that adds the second one", async () => {
    const name = "edited";
    await create(name, { ...twice, flinkConfiguration: {}, job });
    const { uid } = (await there(`${name}-taskmanager`)).metadata;
    await eventually(
      "the cluster is recorded",
      async () => (await statusOf(name)).reconciliationStatus?.state === "DEPLOYED",
      60_000,
    );
    const { flinkConfiguration } = twice;
    await client.mergePatch(flinkDeployment, namespace, name, { spec: { flinkConfiguration } });
    const present = () => found(`${name}-taskmanager`);
    await eventually(
      "another Deployment",
      async () => ((await present())?.metadata.uid ?? uid) !== uid,
      60_000,
    );
    const { env = [] } = containerOf(await there(`${name}-taskmanager`));
    expect(env.filter(({ name }) => name === "LOG_LEVEL")).toEqual([{ name: "LOG_LEVEL", value: "debug" }]);
  });
});

describe("fields that the API server does not know", () => {
  it.each(["native", "standalone"])(
    "are in the status and in one Event, and the cluster is created: %s",
    async (mode) => {
      const name = `misspelt-${mode}`;
      const taskManager = { ...resource, podTemplate: templateOf({ livenessprobe: {} }) };
      await create(name, { mode, job, podTemplate: templateOf({ readinessprobe: {} }), taskManager });
      await there(name);
      if (mode === "standalone") await there(`${name}-taskmanager`);
      await eventually(
        "the status names them",
        async () => (await statusOf(name)).unknownFields?.length === 3,
        60_000,
      );
      const { unknownFields, error } = await statusOf(name);
      expect(error).toBeUndefined();
      expect(unknownFields).toEqual([
        `Deployment ${name}-taskmanager: spec.template.spec.containers[0].livenessprobe`,
        `Deployment ${name}-taskmanager: spec.template.spec.containers[0].readinessprobe`,
        `Deployment ${name}: spec.template.spec.containers[0].readinessprobe`,
      ]);
      await eventually("Events", async () => (await eventsOf(name, "UnknownFields")).length > 0, 30_000);
      expect((await eventsOf(name, "UnknownFields")).join()).toContain(".livenessprobe");
    },
  );
});

it("TaskManager pods that the API server refuses are reported at the first deployment, before there is a JobManager", async () => {
  const podTemplate = templateOf({ volumeMounts: [{ name: "absent", mountPath: "/data" }] });
  await create("refused", { job, taskManager: { ...resource, podTemplate } });
  await eventually("the error", async () => (await statusOf("refused")).error !== undefined, 60_000);
  expect((await statusOf("refused")).error).toMatch(
    /The new cluster was refused, and nothing was changed: .*volumeMounts\[0\]\.name: Not found/,
  );
  await eventually("the Event", async () => (await eventsOf("refused", "Invalid")).length > 0, 30_000);
  expect(await found("refused")).toBeUndefined();
  await client.mergePatch(flinkDeployment, namespace, "refused", {
    spec: { taskManager: { podTemplate: null } },
  });
  await there("refused");
});
