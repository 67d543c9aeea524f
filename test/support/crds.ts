import { buildCustomResourceDefinition } from "../../src/api/crd.ts";
import type { KindDeclaration } from "../../src/api/declaration.ts";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import { flinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isAlreadyExists } from "../../src/kube/errors.ts";
import { eventually } from "./eventually.ts";
import { customResourceDefinition } from "./widgets.ts";

/** Creates the CRD of a kind where it does not exist, and waits until the API server serves the kind. */
export async function defineKind(client: KubeClient, kind: KindDeclaration): Promise<void> {
  const definition = buildCustomResourceDefinition(kind) as unknown as KubeObject;
  await client.create(customResourceDefinition, definition).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  await eventually(`the API server serves ${kind.plural}`, async () => {
    await client.list(kind, { namespace: "default" });
    return true;
  });
}

export const defineFlinkDeployments = (client: KubeClient): Promise<void> =>
  defineKind(client, flinkDeployment);
