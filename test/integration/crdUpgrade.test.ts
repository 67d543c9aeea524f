import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { kinds } from "../../src/api/v1beta1/kinds.ts";
import type { PresentDefinition } from "../../src/controllers/crds/decide.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import { type ControlPlane, clientOf, startControlPlane, stopControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/otherProjects.ts";

/** The process that the chart runs before each upgrade, on a real API server. */

const root = join(import.meta.dirname, "../..");
const { customResourceDefinition: type, flinkDeployment, flinkStateSnapshot } = resourceTypes;

let plane: ControlPlane;
let client: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane(`crd-${process.pid}`);
  client = clientOf(plane);
});

afterAll(async () => {
  await client?.close();
  if (plane) await stopControlPlane(plane.name);
});

const nameOf = ({ plural, group }: { plural: string; group: string }) => `${plural}.${group}`;

async function upgrade(): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, ["src/cmd/crds.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH, KUBECONFIG: plane.kubeconfig },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, "close");
  return { code, output };
}

const read = async (kind: ResourceType) =>
  (await client.get(type, "", nameOf(kind))) as unknown as PresentDefinition;

describeWith("reference/crds", "an upgrade of the Java operator's CRDs", (references) => {
  it("replaces them, and every object stays unchanged", async () => {
    for (const kind of kinds) {
      const file = join(references, `${nameOf(kind)}-v1.yaml`);
      const definition = load(readFileSync(file, "utf8")) as KubeObject;
      definition.metadata.annotations = { ...definition.metadata.annotations, "example.org/of": "somebody" };
      await client.create(type, definition);
    }
    await eventually("FlinkDeployments are served", async () => {
      await client.list(flinkDeployment);
      return true;
    });
    const spec = {
      image: "flink:2.2",
      flinkVersion: "v2_2",
      serviceAccount: "flink",
      flinkConfiguration: { "taskmanager.numberOfTaskSlots": "2" },
      podTemplate: {
        spec: { containers: [{ name: "flink-main-container", env: [{ name: "A", value: "b" }] }] },
      },
      jobManager: { resource: { cpu: 1, memory: "2048m" } },
      taskManager: { resource: { cpu: 1, memory: "2048m" } },
      job: { jarURI: "local:///opt/flink/usrlib/job.jar", parallelism: 2, upgradeMode: "savepoint" },
    };
    const created = await client.create(flinkDeployment, {
      metadata: { name: "kept", namespace: "default" },
      spec,
    });
    const status = { lifecycleState: "STABLE", jobStatus: { state: "RUNNING", jobId: "a" } };
    await client.replaceStatus(flinkDeployment, { ...created, status });
    const before = await client.get(flinkDeployment, "default", "kept");

    expect(await upgrade()).toEqual({ code: 0, output: expect.any(String) });

    const definition = await read(flinkDeployment);
    expect(definition.metadata.annotations).toMatchObject({ "example.org/of": "somebody" });
    const ours = definition.spec.versions[0]?.schema?.openAPIV3Schema?.properties?.status;
    expect(ours?.properties).toHaveProperty("conditions");
    expect(await client.get(flinkDeployment, "default", "kept")).toEqual(before);
    // A write is pruned by the new definition: no field of the object is dropped.
    await client.mergePatch(flinkDeployment, "default", "kept", { metadata: { labels: { a: "b" } } });
    const after = await client.get(flinkDeployment, "default", "kept");
    expect([after.spec, after.status]).toEqual([before.spec, before.status]);
    await client.delete(flinkDeployment, "default", "kept");
  });
});

it("creates missing CRDs, and writes nothing a second time", async () => {
  await client.delete(type, "", nameOf(flinkStateSnapshot));
  await eventually("a definition is missing", () =>
    client.get(type, "", nameOf(flinkStateSnapshot)).then(() => false, isNotFound),
  );
  expect(await upgrade()).toEqual({ code: 0, output: expect.any(String) });
  const first = await Promise.all(kinds.map((kind) => client.get(type, "", nameOf(kind))));
  expect((await client.list(flinkDeployment)).items).toEqual([]);
  expect(await upgrade()).toEqual({ code: 0, output: expect.any(String) });
  const second = await Promise.all(kinds.map((kind) => client.get(type, "", nameOf(kind))));
  expect(second.map(({ metadata }) => metadata.resourceVersion)).toEqual(
    first.map(({ metadata }) => metadata.resourceVersion),
  );
});

it("changes no CRD where one would lose a field, and names the field", async () => {
  expect(await upgrade()).toEqual({ code: 0, output: expect.any(String) });
  const present = await read(flinkDeployment);
  const { properties = {} } = present.spec.versions[0]?.schema?.openAPIV3Schema ?? {};
  if (properties.spec?.properties) properties.spec.properties.later = { type: "string" };
  await client.mergePatch(type, "", nameOf(flinkDeployment), { spec: present.spec });
  const [first, ...others] = await Promise.all(kinds.map((kind) => client.get(type, "", nameOf(kind))));

  const { code, output } = await upgrade();
  expect(code).toBe(2);
  expect(output).toContain("spec.later");
  expect(await Promise.all(kinds.map((kind) => client.get(type, "", nameOf(kind))))).toEqual([
    first,
    ...others,
  ]);
});
