import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  type Data,
  dataOf,
  isSameData,
  ownershipOf,
  stateConfigMap,
  stateConfigMapName,
  statePatch,
} from "../../core/autoscaler/state/configMap.ts";
import type { KubeApi } from "../../kube/api.ts";
import {
  isAlreadyExists,
  isConflict,
  isKubeError,
  isNotFound,
  isTransient,
  type KubeError,
} from "../../kube/errors.ts";
import { UnfinishedReconcile } from "../reconciler.ts";

/** The ConfigMap of a resource as last read or written. */
export interface Stored {
  /** Undefined: there is none. */
  readonly resourceVersion: string | undefined;
  readonly data: Data;
}

export interface StateStoreOptions {
  readonly kube: Pick<KubeApi, "get" | "create" | "mergePatch">;
  /** The kind of the resources. */
  readonly kind: string;
  /** Called if the API server refuses to write the ConfigMap of this name. */
  onRefused(resource: KubeObject, configMap: string, error: KubeError): void;
}

/** The ConfigMap cannot be used until somebody changes something: why, in a sentence. */
export interface Unusable {
  readonly why: string;
}

/** The ConfigMaps of the autoscaler. */
export interface StateStore {
  /** Rejects with UnfinishedReconcile while it is not known what is stored, and that comes by itself. */
  read(resource: KubeObject): Promise<Stored | Unusable>;
  /**
   * Resolves to what is stored then, and to undefined if the API server refuses the write. Rejects with UnfinishedReconcile if it
   * has to be read again: somebody else has written it, or the answer is lost.
   */
  write(resource: KubeObject, before: Stored, data: Data): Promise<Stored | undefined>;
}

export function createStateStore({ kube, kind, onRefused }: StateStoreOptions): StateStore {
  const type = resourceTypes.configMap;
  return {
    async read(resource) {
      const { namespace = "", name } = resource.metadata;
      const configMap = stateConfigMapName(name);
      try {
        const found = await kube.get(type, namespace, configMap);
        const owner = ownershipOf(found, resource, kind);
        if (owner === "own") return { resourceVersion: found.metadata.resourceVersion, data: dataOf(found) };
        if (owner !== "earlier")
          return { why: `The ConfigMap ${configMap} belongs to the ${owner.kind} ${owner.name}.` };
      } catch (error) {
        if (isNotFound(error)) return { resourceVersion: undefined, data: {} };
        if (!isKubeError(error)) throw error;
        if (!isTransient(error))
          return { why: `The ConfigMap ${configMap} cannot be read: ${error.message}` };
      }
      throw new UnfinishedReconcile("read the autoscaler's ConfigMap");
    },

    async write(resource, before, data) {
      const { resourceVersion } = before;
      const isNothing = resourceVersion === undefined && Object.keys(data).length === 0;
      if (isNothing || isSameData(before.data, data)) return before;
      const { namespace = "", name } = resource.metadata;
      const configMap = stateConfigMapName(name);
      try {
        const { metadata } =
          resourceVersion === undefined
            ? await kube.create(type, stateConfigMap(resource, kind, data))
            : await kube.mergePatch(
                type,
                namespace,
                configMap,
                statePatch(before.data, data, resourceVersion),
              );
        return { resourceVersion: metadata.resourceVersion, data };
      } catch (error) {
        if (!isKubeError(error)) throw error;
        const isOutdated = isConflict(error) || isAlreadyExists(error) || isNotFound(error);
        if (isOutdated || isTransient(error))
          throw new UnfinishedReconcile("write the autoscaler's ConfigMap");
        onRefused(resource, configMap, error);
        return undefined;
      }
    },
  };
}
