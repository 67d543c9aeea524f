/**
 * The embedded cluster with the operator of this tree and both Flink images: brought up where it is not, and left
 * as it was found.
 */
import type { TestProject } from "vitest/node";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { createKubeClient } from "../../src/kube/client.ts";
import { kubeconfigAccess } from "../../src/kube/kubeconfig.ts";
import { isUp, kubeconfigPath, kubectl, loadedDigest, localkubeStep, step } from "./support/commands.ts";
import { operatorDeployment, operatorImage, operatorNamespace } from "./support/operator.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of a kubeconfig of the embedded cluster with all rights. */
    kubeconfig: string;
  }
}

/** Restarts the operator where its image has changed under the same name. */
const IMAGE_ANNOTATION = "flink-operator-e2e/image";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await isUp();
  await localkubeStep("the embedded cluster is up", "up");
  await step("the operator is bundled", "npm", "run", "--silent", "bundle");
  const targets = ["operator", "flink-1.20", "flink-2.3"];
  const archives = await step("the images are built", "npm", "run", "--silent", "images", "--", ...targets);
  await localkubeStep("the images are loaded", "load", ...archives.split("\n"));
  await install();
  project.provide("kubeconfig", await kubeconfigPath());
  return async () => {
    if (!found) await localkubeStep("the embedded cluster is down", "down");
  };
}

async function install(): Promise<void> {
  await kubectl("apply", "-f", "charts/flink-kubernetes-operator/crds", "-f", "deploy/operator.yaml");
  const client = createKubeClient(kubeconfigAccess(await kubeconfigPath()));
  const annotations = { [IMAGE_ANNOTATION]: await loadedDigest(operatorImage) };
  await client.mergePatch(resourceTypes.deployment, operatorNamespace, operatorDeployment, {
    spec: { template: { metadata: { annotations } } },
  });
  await client.close();
  await kubectl(
    ..."-n flink-operator rollout status deployment/flink-kubernetes-operator --timeout=120s".split(" "),
  );
  console.log("e2e: the operator runs");
}
