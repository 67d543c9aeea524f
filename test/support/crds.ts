import { buildCustomResourceDefinition } from "../../src/api/crd.ts";
import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import { flinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isAlreadyExists } from "../../src/kube/errors.ts";
import { eventually } from "./eventually.ts";
import { customResourceDefinition } from "./widgets.ts";

/** Defines FlinkDeployments where they are not yet, and waits until the API server serves them. */
export async function defineFlinkDeployments(client: KubeClient): Promise<void> {
  const definition = buildCustomResourceDefinition(flinkDeployment) as unknown as KubeObject;
  await client.create(customResourceDefinition, definition).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  await eventually("the API server serves FlinkDeployments", async () => {
    await client.list(resourceTypes.flinkDeployment, { namespace: "default" });
    return true;
  });
}
