import type { KubeObject, ResourceType } from "../api/kubernetes.ts";

/**
 * What the operator asks of an API server: the port between it and Kubernetes. `client.ts` speaks to a real
 * server; the simulation has its own. Every method rejects with a KubeError (`errors.ts`) and nothing else.
 */
export interface KubeApi {
  get(type: ResourceType, namespace: string, name: string): Promise<KubeObject>;
  list(type: ResourceType, options?: ListOptions): Promise<KubeList>;
  /**
   * The resourceVersion of the collection as the server's store has it, asked past all caches: what a list or a watch
   * that is opened afterwards begins with is older only where the server lags behind.
   */
  newestVersion(type: ResourceType, selection?: Selection): Promise<string>;
  create(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Server-side apply, forced, as this operator's field manager. */
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
  /** Resolves also where the object is already gone (404). */
  delete(type: ResourceType, namespace: string, name: string, options?: DeleteOptions): Promise<void>;
  /** The end of a container's log; with `previous`, of the container before its last restart. */
  podLog(namespace: string, pod: string, options: PodLogOptions): Promise<string>;
  /**
   * Opens one watch. Ends by itself (returns) when the server closes it in an orderly way or the signal is
   * aborted; throws a KubeError when it breaks (a truncated line, a silent connection, 410 as an ERROR event or as
   * a status).
   */
  watch(type: ResourceType, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
}

export interface Selection {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** `list` follows the server's pages by itself. */
export interface ListOptions extends Selection {
  /** Objects a page; the default is 500. */
  limit?: number;
  /**
   * Called with each object as its page arrives; the list holds what it returns, so that a long list is never held
   * whole. An implementation may leave it out: callers project again what they keep.
   */
  project?: (object: KubeObject) => KubeObject;
}

export interface KubeList {
  resourceVersion: string;
  items: KubeObject[];
}

export interface WriteOptions {
  dryRun?: boolean;
  /** Of fields that the server does not know: "Strict" refuses them (400), before anything else of the object is judged. */
  fieldValidation?: "Strict";
  /** Called with each warning of the server's answer: of a field that it does not know, and left out, too. */
  onWarning?: (text: string) => void;
}

export interface DeleteOptions {
  /** Preconditions: 409 where they do not hold. */
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
  /** Absent together with `sendInitialEvents`: streams the present state first (WatchList). */
  resourceVersion?: string;
  sendInitialEvents?: boolean;
  /** How long the server keeps the watch open, in seconds. */
  timeoutSeconds?: number;
}

export type WatchEvent =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }
  /** `initialEventsEnd`: everything that existed has been streamed. */
  | { type: "BOOKMARK"; resourceVersion: string; initialEventsEnd: boolean };
