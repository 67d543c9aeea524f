import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../src/api/v1beta1/flinkdeployment.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { isAlreadyExists, isNotFound } from "../../src/kube/errors.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";
import { type OperatorProcess, startOperator } from "../support/operatorProcess.ts";
import { customResourceDefinition } from "../support/widgets.ts";

/** The Ingress and HTTPRoute of spec.ingress, managed by the operator's process on a real API server. No job runs here. */

const root = join(import.meta.dirname, "../..");
const plane = sharedControlPlane();
const { ingress, httpRoute, flinkDeployment } = resourceTypes;
let client: KubeClient;
let operator: OperatorProcess | undefined;

/** The part of the Gateway API that is needed here: the defaults and list types that matter for apply. */
const httpRoutes: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "httproutes.gateway.networking.k8s.io",
    annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/3328" },
  },
  spec: {
    group: httpRoute.group,
    scope: "Namespaced",
    names: {
      kind: httpRoute.kind,
      plural: httpRoute.plural,
      singular: "httproute",
      listKind: "HTTPRouteList",
    },
    versions: [
      {
        name: httpRoute.version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  parentRefs: {
                    type: "array",
                    items: {
                      type: "object",
                      properties: {
                        group: { type: "string", default: httpRoute.group },
                        kind: { type: "string", default: "Gateway" },
                        name: { type: "string" },
                      },
                    },
                  },
                  hostnames: { type: "array", items: { type: "string" } },
                  rules: {
                    type: "array",
                    items: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

beforeAll(async () => {
  client = clientOf(plane);
  for (const kind of ["flinkdeployments", "flinksessionjobs", "flinkstatesnapshots"]) {
    const file = join(root, `charts/flink-kubernetes-operator/crds/${kind}.flink.apache.org-v1.yaml`);
    await define(load(readFileSync(file, "utf8")) as KubeObject);
  }
  await served(flinkDeployment);
});

const define = (crd: KubeObject) =>
  client.create(customResourceDefinition, crd).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });

const served = (type: ResourceType) =>
  eventually(`${type.plural} are served`, async () => {
    await client.list(type);
    return true;
  });

afterEach(async () => {
  await operator?.end("SIGKILL");
});

afterAll(async () => {
  await client.delete(customResourceDefinition, "", httpRoutes.metadata.name);
  await client.close();
});

async function start(namespace: string): Promise<void> {
  operator = await startOperator({
    kubeconfig: plane.kubeconfig,
    identity: "pod-1",
    config: {},
    env: { WATCH_NAMESPACES: namespace },
  });
}

const create = (namespace: string, spec: object): Promise<KubeObject> =>
  client.create(flinkDeployment, {
    metadata: { name: "demo", namespace },
    spec: {
      image: "flink:2.2",
      flinkVersion: "v2_2",
      serviceAccount: "flink",
      jobManager: { resource: { memory: "1024m", cpu: 1 } },
      taskManager: { resource: { memory: "1024m", cpu: 1 } },
      ...spec,
    },
  });

const edit = (namespace: string, spec: object) =>
  client.mergePatch(flinkDeployment, namespace, "demo", { spec });

const found = (type: ResourceType, namespace: string): Promise<KubeObject | undefined> =>
  client.get(type, namespace, "demo").catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });

const hostIn = async (namespace: string): Promise<string | undefined> =>
  ((await found(ingress, namespace))?.spec as { rules: { host: string }[] } | undefined)?.rules[0]?.host;

const hostBecomes = (namespace: string, host: string | undefined) =>
  eventually(`the host of the Ingress is ${host}`, async () => (await hostIn(namespace)) === host, 30_000);

describe("spec.ingress", () => {
  it("is created, updated, repaired and deleted, and an unchanged Ingress is not written", async () => {
    const namespace = await createNamespace(client, "ingress");
    await start(namespace);
    await create(namespace, {
      ingress: {
        template: "{{name}}.example.com/ui",
        className: "nginx",
        labels: { team: "x" },
        annotations: { gone: "1", a: "1" },
        tls: [{ hosts: ["demo.example.com"], secretName: "cert" }],
      },
    });
    await hostBecomes(namespace, "demo.example.com");
    await edit(namespace, { ingress: { template: "b.example.com", annotations: { gone: null } } });
    await hostBecomes(namespace, "b.example.com");
    const { metadata } = await client.get(ingress, namespace, "demo");
    expect(metadata.annotations).toMatchObject({ a: "1" });
    expect(metadata.annotations).not.toHaveProperty("gone");
    const byHand = { metadata: { labels: { team: "y" } }, spec: { rules: [{ host: "c.example.com" }] } };
    const changed = await client.mergePatch(ingress, namespace, "demo", byHand);
    await hostBecomes(namespace, "b.example.com");
    const repaired = await client.get(ingress, namespace, "demo");
    expect(repaired.metadata).toMatchObject({ uid: metadata.uid, labels: { team: "x" } });
    expect(repaired.metadata.resourceVersion).not.toBe(changed.metadata.resourceVersion);
    await client.delete(ingress, namespace, "demo");
    await hostBecomes(namespace, "b.example.com");
    const made = await client.get(ingress, namespace, "demo");
    // Another edit is applied, and there was no write in between.
    await edit(namespace, { ingress: { className: "other" } });
    await eventually(
      "the class is updated",
      async () => {
        const next = await client.get(ingress, namespace, "demo");
        return (next.spec as { ingressClassName?: string }).ingressClassName === "other";
      },
      30_000,
    );
    const next = await client.get(ingress, namespace, "demo");
    expect([made.metadata.generation, next.metadata.generation]).toEqual([1, 2]);
    await edit(namespace, { ingress: null });
    await hostBecomes(namespace, undefined);
  }, 120_000);

  it("with a Gateway is an error without the Gateway API, and creates an HTTPRoute with it", async () => {
    const namespace = await createNamespace(client, "route");
    await start(namespace);
    await create(namespace, {
      ingress: { template: "example.com/{{name}}", parentRefs: [{ name: "edge" }] },
    });
    const status = async () =>
      (await client.get(flinkDeployment, namespace, "demo")).status as FlinkDeploymentStatus | undefined;
    await eventually(
      "the status names the field",
      async () =>
        (await status())?.error?.includes("spec.ingress.parentRefs: this cluster has no HTTPRoute") === true,
      30_000,
    );
    // The cluster is launched nevertheless.
    await eventually(
      "the Deployment is there",
      async () => (await found(resourceTypes.deployment, namespace)) !== undefined,
      30_000,
    );
    await operator?.end("SIGKILL");

    await define(httpRoutes);
    await served(httpRoute);
    await start(namespace);
    await eventually(
      "the HTTPRoute is there and the error is not",
      async () =>
        (await found(httpRoute, namespace)) !== undefined &&
        (await status())?.error?.includes("parentRefs") !== true,
      30_000,
    );
    const made = await client.get(httpRoute, namespace, "demo");
    expect(made.spec).toMatchObject({
      parentRefs: [{ group: httpRoute.group, kind: "Gateway", name: "edge" }],
      hostnames: ["example.com"],
      rules: [{ backendRefs: [{ name: "demo-rest", port: 8081 }] }],
    });
    await client.mergePatch(httpRoute, namespace, "demo", { spec: { hostnames: ["elsewhere"] } });
    const hostnames = async () =>
      ((await found(httpRoute, namespace))?.spec as { hostnames?: string[] } | undefined)?.hostnames;
    await eventually("it is restored", async () => (await hostnames())?.[0] === "example.com", 30_000);
    await edit(namespace, { ingress: { parentRefs: null } });
    await hostBecomes(namespace, "example.com");
    await eventually(
      "the HTTPRoute is gone",
      async () => (await found(httpRoute, namespace)) === undefined,
      30_000,
    );
  }, 180_000);
});
