/**
 * The embedded cluster with the operator of this tree and both Flink images: brought up where it is not, and left
 * as it was found.
 */
import type { TestProject } from "vitest/node";
import { definitionArguments } from "../../scripts/chart/install.ts";
import { createKubeClient } from "../../src/kube/client.ts";
import { kubeconfigAccess } from "../../src/kube/kubeconfig.ts";
import { isUp, kubeconfigPath, kubectl, localkubeStep, step } from "./support/commands.ts";
import { removeAbandonedNamespaces } from "./support/namespace.ts";
import { installSharedOperator } from "./support/ownOperator.ts";
import { type Flink, versionsWithPython } from "./support/versions.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of a kubeconfig of the embedded cluster with all rights. */
    kubeconfig: string;
    /** When this run began (RFC 3339). */
    startedAt: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await isUp();
  const [archives] = await Promise.all([
    images(project.name === "e2e" ? versionsWithPython() : []),
    localkubeStep("the embedded cluster is up", "up"),
    step("Helm is built", "tools/run", "--build", "helm"),
  ]);
  await localkubeStep("the images are loaded", "load", ...archives.split("\n"));
  await install();
  project.provide("kubeconfig", await kubeconfigPath());
  project.provide("startedAt", new Date(performance.timeOrigin).toISOString());
  return async () => {
    if (!found) await localkubeStep("the embedded cluster is down", "down");
  };
}

/** Resolves to the paths of the images' archives, one a line. */
async function images(withPython: readonly Flink[]): Promise<string> {
  await step("the operator is bundled", "npm", "run", "--silent", "bundle");
  const python = withPython.map(({ version }) => `flink-python-${version}`);
  const targets = ["operator", "flink-1.20", "flink-2.3", ...python];
  return step("the images are built", "npm", "run", "--silent", "images", "--", ...targets);
}

async function install(): Promise<void> {
  await kubectl(...definitionArguments);
  await installSharedOperator();
  console.log("e2e: the operator runs");
  const client = createKubeClient(kubeconfigAccess(await kubeconfigPath()));
  for (const name of await removeAbandonedNamespaces(client)) console.log(`e2e: ${name} was left behind`);
  await client.close();
}
