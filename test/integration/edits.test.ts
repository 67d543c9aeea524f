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
 * The campaign of edits (test/sim/edits) believes the simulated API server's verdicts. Here a sample of its edits gets
 * both verdicts, the simulated and the real one: on the resource by its CRD, and on what pod templates come to.
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

/** Of the spec's own fields all; of what the CRD takes in any form, a few. */
const isWide = ({ path }: Edit): boolean => path.includes("podTemplate") || path[0] === "flinkConfiguration";
const sample = all.filter((edit, index) => (isWide(edit) ? index % 40 === 0 : true));

const dryRun = { dryRun: true };
const verdictOf = async (ask: () => unknown): Promise<string> => {
  try {
    await ask();
    return "taken";
  } catch (error) {
    if (!isKubeError(error)) throw error;
    return "refused";
  }
};

describe("on an edit of the resource both agree", () => {
  it(`${sample.length} edits`, async () => {
    const disagreed: string[] = [];
    for (const edit of sample) {
      const next = applyEdit(spec, edit);
      if (next === undefined) continue;
      const patch = { spec: mergePatchBetween(spec, next) };
      const real = await verdictOf(() => client.mergePatch(type, namespace, "sample", patch, dryRun));
      const told = await verdictOf(() =>
        simulated.mergePatch("user", type, namespace, "sample", patch, dryRun),
      );
      if (real !== told)
        disagreed.push(`${nameOf(edit)}: ${real} by the real server, ${told} by the simulated`);
    }
    expect(disagreed).toEqual([]);
  });
});

describe("on a pod template both agree", () => {
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
    const disagreed: string[] = [];
    for (const { edit, template } of templates) {
      const object = deploymentOf(template);
      let why = "";
      const real = await verdictOf(() =>
        client.create(deployment, object, dryRun).catch((error) => {
          why = String(error);
          throw error;
        }),
      );
      const told = await verdictOf(() =>
        simulated.create(
          "user",
          deployment,
          { apiVersion: "apps/v1", kind: "Deployment", ...object },
          dryRun,
        ),
      );
      if (real !== told)
        disagreed.push(`${nameOf(edit)}: ${real} by the real server, ${told} by the simulated ${why}`);
    }
    expect(disagreed).toEqual([]);
  });
});
