import type { KubeObject, ResourceType } from "../../src/api/kubernetes.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isAlreadyExists } from "../../src/kube/errors.ts";
import { eventually } from "./eventually.ts";

/** A small custom resource, to test the API server's behaviour with custom resources. */
export const widget: ResourceType = {
  group: "test.example.org",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
};

export const customResourceDefinition: ResourceType = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
};

const schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer", minimum: 0 },
        color: { type: "string", enum: ["red", "blue"] },
        labels: { type: "object", additionalProperties: { type: "string" } },
      },
    },
    status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

/** Creates the CRD of widgets where it does not exist, and waits until the API server serves them. */
export async function defineWidgets(client: KubeClient): Promise<void> {
  const names = { kind: widget.kind, plural: widget.plural, singular: "widget", listKind: "WidgetList" };
  const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } };
  try {
    await client.create(customResourceDefinition, {
      metadata: { name: `${widget.plural}.${widget.group}` },
      spec: {
        group: widget.group,
        scope: "Namespaced",
        names,
        versions: [{ ...version, subresources: { status: {} } }],
      },
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  await eventually("the API server serves widgets", async () => {
    await client.list(widget, { namespace: "default" });
    return true;
  });
}

export const newWidget = (
  namespace: string,
  name: string,
  spec: Record<string, unknown> = {},
): KubeObject => ({
  metadata: { name, namespace },
  spec,
});
