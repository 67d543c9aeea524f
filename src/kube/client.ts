import { apiVersionOf, type KubeObject, type ResourceType, resourceTypes } from "../api/kubernetes.ts";
import type { DeleteOptions, KubeApi, WriteOptions } from "./api.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { isNotFound } from "./errors.ts";
import { list, newestVersion } from "./list.ts";
import { type ResourceLocation, resourcePath } from "./paths.ts";
import { createTransport, type KubeRequest, type TransportOptions } from "./transport.ts";
import { watch } from "./watch.ts";

/** The field manager of this operator's writes. */
export const fieldManager = "flink-kubernetes-operator";

/** The most bytes of a log that are read. It is held in memory, and only its end matters. */
const podLogLimit = 256 * 1024;

export interface KubeClient extends KubeApi {
  /** Closes all connections, including those of open watches. */
  close(): Promise<void>;
}

export type KubeClientOptions = Omit<TransportOptions, "userAgent"> & {
  userAgent?: string;
  /** Absent: the operator's. */
  fieldManager?: string;
};

/** A client of an API server over HTTP. */
export function createKubeClient(access: ClusterAccess, options: KubeClientOptions = {}): KubeClient {
  const { fieldManager: manager = fieldManager, ...others } = options;
  const transport = createTransport(access, { userAgent: fieldManager, ...others });

  async function write(
    method: KubeRequest["method"],
    type: ResourceType,
    location: ResourceLocation,
    body: unknown,
    options: WriteOptions & { force?: boolean; contentType?: string } = {},
  ): Promise<KubeObject> {
    const { dryRun, fieldValidation, onWarning, force, contentType, fieldManager: by = manager } = options;
    const query = { fieldManager: by, force, dryRun: dryRun ? "All" : undefined, fieldValidation };
    const path = resourcePath(type, location, query);
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
      write("PATCH", type, locationOf(object), typed(type, object), {
        ...writeOptions,
        force: true,
        // JSON is YAML, and the server parses it faster.
        contentType: "application/apply-patch+yaml",
      }),
    replaceStatus: (type, object) =>
      write("PUT", type, { ...locationOf(object), subresource: "status" }, typed(type, object)),
    mergePatch: (type, namespace, name, patch, writeOptions) =>
      write("PATCH", type, { namespace, name }, patch, {
        ...writeOptions,
        contentType: "application/merge-patch+json",
      }),
    jsonPatch: (type, namespace, name, operations) =>
      write("PATCH", type, { namespace, name }, operations, { contentType: "application/json-patch+json" }),
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

const locationOf = (object: KubeObject): ResourceLocation => ({
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
