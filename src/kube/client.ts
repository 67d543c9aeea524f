import { apiVersionOf, type KubeObject, type ResourceType, resourceTypes } from "../api/kubernetes.ts";
import type { DeleteOptions, KubeApi, WriteOptions } from "./api.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { isNotFound } from "./errors.ts";
import { list, newestVersion } from "./list.ts";
import { type Place, resourcePath } from "./paths.ts";
import { createTransport, type KubeRequest, type TransportOptions } from "./transport.ts";
import { watch } from "./watch.ts";

/** The owner of the fields that this operator applies. */
export const fieldManager = "flink-kubernetes-operator";

/** Bytes of a log at the most: its end is what matters, and it is held in memory. */
const podLogLimit = 256 * 1024;

export interface KubeClient extends KubeApi {
  /** Ends all connections, those of open watches too. */
  close(): Promise<void>;
}

export type KubeClientOptions = Omit<TransportOptions, "userAgent"> & { userAgent?: string };

/** The port to Kubernetes, spoken to a real API server. */
export function createKubeClient(access: ClusterAccess, options: KubeClientOptions = {}): KubeClient {
  const transport = createTransport(access, { userAgent: fieldManager, ...options });

  async function write(
    method: KubeRequest["method"],
    type: ResourceType,
    place: Place,
    body: unknown,
    options: WriteOptions & { force?: boolean; contentType?: string } = {},
  ): Promise<KubeObject> {
    const { dryRun, fieldValidation, onWarning, force, contentType } = options;
    const query = { fieldManager, force, dryRun: dryRun ? "All" : undefined, fieldValidation };
    const path = resourcePath(type, place, query);
    const request: KubeRequest = { method, type, path, body };
    if (onWarning !== undefined) request.onWarning = onWarning;
    if (contentType !== undefined) request.contentType = contentType;
    return (await transport.send(request)) as KubeObject;
  }

  return {
    async get(type, namespace, name) {
      const path = resourcePath(type, { namespace, name });
      return (await transport.send({ method: "GET", type, path })) as KubeObject;
    },
    list: (type, listOptions = {}) => list(transport, type, listOptions),
    newestVersion: (type, selection = {}) => newestVersion(transport, type, selection),
    create: (type, object, writeOptions) =>
      write("POST", type, { namespace: object.metadata.namespace }, typed(type, object), writeOptions),
    apply: (type, object, writeOptions) =>
      write("PATCH", type, placeOf(object), typed(type, object), {
        ...writeOptions,
        force: true,
        // JSON is YAML, and the server parses it faster.
        contentType: "application/apply-patch+yaml",
      }),
    replaceStatus: (type, object) =>
      write("PUT", type, { ...placeOf(object), subresource: "status" }, typed(type, object)),
    mergePatch: (type, namespace, name, patch, writeOptions) =>
      write("PATCH", type, { namespace, name }, patch, {
        ...writeOptions,
        contentType: "application/merge-patch+json",
      }),
    async delete(type, namespace, name, deleteOptions = {}) {
      const path = resourcePath(type, { namespace, name });
      try {
        await transport.send({ method: "DELETE", type, path, body: deleteBody(deleteOptions) });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
    async podLog(namespace, pod, { container, previous, tailLines }) {
      const path = resourcePath(
        resourceTypes.pod,
        { namespace, name: pod, subresource: "log" },
        { container, previous, tailLines, limitBytes: podLogLimit },
      );
      const request: KubeRequest = { method: "GET", type: resourceTypes.pod, path };
      const chunks: Uint8Array[] = [];
      for await (const chunk of transport.open(request, AbortSignal.timeout(10_000))) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    },
    watch: (type, watchOptions, signal) => watch(transport, type, watchOptions, signal),
    close: () => transport.close(),
  };
}

const placeOf = (object: KubeObject): Place => ({
  namespace: object.metadata.namespace,
  name: object.metadata.name,
});

const typed = (type: ResourceType, object: KubeObject): KubeObject => ({
  ...object,
  apiVersion: apiVersionOf(type),
  kind: type.kind,
});

function deleteBody({ uid, resourceVersion, propagation, gracePeriodSeconds }: DeleteOptions): unknown {
  const preconditions =
    uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions,
    propagationPolicy: propagation,
    gracePeriodSeconds,
  };
}
