import type { KubeObject, ResourceType } from "../api/kubernetes.ts";

/**
 * The calls of the API server that the operator uses. `client.ts` implements them over HTTP; the simulation has its own
 * implementation. Every method rejects only with a KubeError (`errors.ts`).
 */
export interface KubeApi {
  get(type: ResourceType, namespace: string, name: string): Promise<KubeObject>;
  list(type: ResourceType, options?: ListOptions): Promise<KubeList>;
  /**
   * The newest resourceVersion of the collection in etcd, read without a cache. If a later list or watch starts with an
   * older version, the API server serves a stale cache.
   */
  newestVersion(type: ResourceType, selection?: Selection): Promise<string>;
  create(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Forced server-side apply, with this operator's field manager. */
  apply(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** PUT of the whole object's status, locked by its resourceVersion. */
  replaceStatus(type: ResourceType, object: KubeObject): Promise<KubeObject>;
  /** JSON merge patch (RFC 7386). Put `metadata.resourceVersion` into the patch to lock it. */
  mergePatch(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<KubeObject>;
  /**
   * JSON patch (RFC 6902). It needs no resourceVersion: the API server applies it to what is stored at that moment. 422 if a test
   * fails or a path does not exist.
   */
  jsonPatch(
    type: ResourceType,
    namespace: string,
    name: string,
    operations: readonly JsonPatchOperation[],
  ): Promise<KubeObject>;
  /** Also resolves if the object does not exist (404). */
  delete(type: ResourceType, namespace: string, name: string, options?: DeleteOptions): Promise<void>;
  /** The end of a container's log. With `previous`, that of the container before its last restart. */
  podLog(namespace: string, pod: string, options: PodLogOptions): Promise<string>;
  /**
   * Opens one watch. Returns when the server ends it normally or the signal is aborted. Throws a KubeError when it breaks
   * (a truncated line, a silent connection, 410 as an ERROR event or as a status).
   */
  watch(type: ResourceType, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
}

export interface Selection {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** `list` reads all pages. */
export interface ListOptions extends Selection {
  /** Objects per page. The default is 500. */
  limit?: number;
  /**
   * Called with each object as its page arrives. The list holds the result, so that a long list needs little memory. An
   * implementation may ignore it: callers project the objects that they keep again.
   */
  project?: (object: KubeObject) => KubeObject;
}

export interface KubeList {
  resourceVersion: string;
  items: KubeObject[];
}

export interface WriteOptions {
  dryRun?: boolean;
  /** "Strict": the server refuses unknown fields (400) before it validates anything else of the object. */
  fieldValidation?: "Strict";
  /** Called with each warning in the response, such as one about an unknown field that the server dropped. */
  onWarning?: (text: string) => void;
  /** Absent: the client's. */
  fieldManager?: string;
}

/** The operations of RFC 6902 that the operator uses. Each path is a JSON pointer. */
export type JsonPatchOperation =
  | { readonly op: "test" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

export interface DeleteOptions {
  /** Preconditions: 409 if they do not hold. */
  uid?: string;
  resourceVersion?: string;
  propagation?: "Foreground" | "Background" | "Orphan";
  gracePeriodSeconds?: number;
}

export interface PodLogOptions {
  container: string;
  previous: boolean;
  tailLines: number;
}

export interface WatchOptions extends Selection {
  /** Must be absent with `sendInitialEvents`, which streams the current state first (WatchList). */
  resourceVersion?: string;
  sendInitialEvents?: boolean;
  /** How long the server keeps the watch open, in seconds. */
  timeoutSeconds?: number;
}

export type WatchEvent =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }
  /** `initialEventsEnd`: everything that existed has been streamed. */
  | { type: "BOOKMARK"; resourceVersion: string; initialEventsEnd: boolean };
