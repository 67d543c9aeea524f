import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isKubeError } from "../../src/kube/errors.ts";
import { baseline } from "../sim/edits/baseline.ts";
import { applyEdit, type Edit, mergePatchBetween, nameOf } from "../sim/edits/edit.ts";
import { editGroups } from "../sim/edits/generate.ts";
import type { ApiServer } from "../sim/world/kubernetes/server.ts";
import { namespace, World } from "../sim/world/world.ts";
import { type ControlPlane, clientOf, startControlPlane, stopControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";

/**
 * The tests of edits (test/sim/edits) rely on the validation of the simulated API server. This test compares it with a real
 * API server for a sample of the edits: of the resource by its CRD, and of pod templates in a Deployment.
 */

const type = resourceTypes.flinkDeployment;
const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

let plane: ControlPlane;
let client: KubeClient;
let simulated: ApiServer;

beforeAll(async () => {
  plane = await startControlPlane(`edits-${process.pid}`);
  client = clientOf(plane);
  const crd = join(root, "charts/flink-kubernetes-operator/crds/flinkdeployments.flink.apache.org-v1.yaml");
  const env = { ...process.env, LOCALKUBE_NAME: plane.name };
  await run(join(root, "localkube/localkube"), ["kubectl", "apply", "-f", crd], { env });
  await eventually("FlinkDeployments are served", async () => {
    await client.create(type, baseline("savepoint"));
    return true;
  });
  simulated = new World({ seed: 1 }).server;
  simulated.create("user", type, baseline("savepoint"));
});

afterAll(async () => {
  await client?.close();
  if (plane) await stopControlPlane(plane.name);
});

const spec = baseline("savepoint").spec;
const all = editGroups().flatMap(({ edits }) => edits);

/** The sample has all edits of the spec's own fields, and a few of fields that the CRD accepts in any form. */
const isFreeForm = ({ path }: Edit): boolean =>
  path.includes("podTemplate") || path[0] === "flinkConfiguration";
const sample = all.filter((edit, index) => (isFreeForm(edit) ? index % 40 === 0 : true));

const dryRun = { dryRun: true };
const responseOf = async (request: () => unknown): Promise<string> => {
  try {
    await request();
    return "accepted";
  } catch (error) {
    if (!isKubeError(error)) throw error;
    return "refused";
  }
};

describe("both API servers agree on edits of the resource", () => {
  it(`${sample.length} edits`, async () => {
    const differences: string[] = [];
    for (const edit of sample) {
      const next = applyEdit(spec, edit);
      if (next === undefined) continue;
      const patch = { spec: mergePatchBetween(spec, next) };
      const realResponse = await responseOf(() =>
        client.mergePatch(type, namespace, "sample", patch, dryRun),
      );
      const simulatedResponse = await responseOf(() =>
        simulated.mergePatch("user", type, namespace, "sample", patch, dryRun),
      );
      if (realResponse !== simulatedResponse)
        differences.push(
          `${nameOf(edit)}: ${realResponse} by the real server, ${simulatedResponse} by the simulated one`,
        );
    }
    expect(differences).toEqual([]);
  });
});

describe("both API servers agree on pod templates", () => {
  const { deployment } = resourceTypes;
  const labels = { app: "sample" };
  const deploymentOf = (template: { metadata?: object; spec?: object }) => ({
    metadata: { name: "sample", namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: { ...(template.metadata as { labels?: object })?.labels, ...labels },
        },
        spec: {
          ...template.spec,
          containers: ((template.spec as { containers?: object[] })?.containers ?? []).map((container) => ({
            image: "flink:1.20",
            ...container,
          })),
        },
      },
    },
  });
  const templates = all
    .filter(({ path, kind }) => path[0] === "podTemplate" && path.length > 2 && kind !== "wrong type")
    .flatMap((edit) => {
      const next = applyEdit(spec, edit);
      return next === undefined
        ? []
        : [{ edit, template: next.podTemplate as { metadata?: object; spec?: object } }];
    });

  it(`${templates.length} templates`, async () => {
    const differences: string[] = [];
    for (const { edit, template } of templates) {
      const object = deploymentOf(template);
      let why = "";
      const realResponse = await responseOf(() =>
        client.create(deployment, object, dryRun).catch((error) => {
          why = String(error);
          throw error;
        }),
      );
      const simulatedResponse = await responseOf(() =>
        simulated.create(
          "user",
          deployment,
          { apiVersion: "apps/v1", kind: "Deployment", ...object },
          dryRun,
        ),
      );
      if (realResponse !== simulatedResponse)
        differences.push(
          `${nameOf(edit)}: ${realResponse} by the real server, ${simulatedResponse} by the simulated one ${why}`,
        );
    }
    expect(differences).toEqual([]);
  });
});
