import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import type { KubeApi } from "../kube/api.ts";
import { isAbsent, isForbidden, isNotFound } from "../kube/errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Store, StoreFeed } from "../runtime/store.ts";
import { createWatcher, type WatcherReport } from "../runtime/watcher.ts";
import type { Logger } from "../telemetry/log.ts";
import type { WatchHealth } from "./health/health.ts";

/** One type of objects to watch. */
export interface WatchedType {
  readonly type: ResourceType;
  readonly store: Pick<Store<KubeObject>, "feed">;
  readonly labelSelector?: string | undefined;
  /** Drops the fields of a listed object that the store does not need (src/runtime/watcher.ts). */
  readonly trim?: (object: KubeObject) => KubeObject;
  /** The cluster may not serve this type, or may deny it. It then counts as empty, and is tried again now and then. */
  readonly optional?: boolean;
  /** Whether any resource needs this optional type. If none does, an unavailable type is not tried again. */
  readonly isNeeded?: (namespace: string | undefined) => boolean;
  /** Whether the type is watched in this namespace at all, by the current configuration. Absent: always. */
  readonly isFollowed?: (namespace: string | undefined) => boolean;
}

/** How often an unavailable optional type is tried again, in milliseconds. */
const absentRetryMs = 300_000;

export interface WatchManagerOptions {
  readonly kube: KubeApi;
  readonly clock: Clock;
  readonly log: Logger;
  /** When a namespace is no longer watched, the first type is removed at once, the others when the namespace is idle. */
  readonly watchedTypes: readonly [WatchedType, ...WatchedType[]];
  /** Called when all types have been read once in this namespace (undefined: everywhere). */
  onReady(namespace: string | undefined): void;
  /** Resolves when no reconcile runs in this namespace (undefined: anywhere). */
  idle(namespace: string | undefined): Promise<void>;
  readonly random?: () => number;
}

/** Starts and stops a watch for each namespace and type. */
export interface WatchManager {
  /**
   * Watches these namespaces and no others from now on. Undefined: the whole cluster. Also starts and stops the watches of
   * types whose `isFollowed` has changed. A newly watched type is read before the next reconcile starts.
   */
  watchNamespaces(namespaces: readonly string[] | undefined): void;
  /** Whether all types have been read in this namespace and are being watched. */
  isReady(namespace: string): boolean;
  /** Whether this type has been read in this namespace. False if it is not watched. */
  hasRead(type: ResourceType, namespace: string): boolean;
  /** Whether an optional type is available in this namespace: false if it is not served, or denied. */
  isAvailable(type: ResourceType, namespace: string): boolean;
  /** Why the type is unavailable. Undefined: it is available, or not tried yet. */
  unavailableReason(type: ResourceType, namespace: string): "not served" | "denied" | undefined;
  /** Whether every watched namespace is ready. */
  readonly allReady: boolean;
  health(): WatchHealth[];
  stop(): void;
}

/** A namespace, or the whole cluster, with a watch for each type. Needs no permission outside it. */
interface WatchScope {
  readonly namespace: string | undefined;
  readonly running: Map<WatchedType, RunningWatch>;
  readonly unread: Set<ResourceType>;
  readonly absent: Map<ResourceType, "not served" | "denied">;
}

interface RunningWatch {
  readonly feed: StoreFeed;
  readonly abortController: AbortController;
  health(): WatchHealth;
}

export function createWatchManager(options: WatchManagerOptions): WatchManager {
  const { kube, clock, log, watchedTypes, onReady, idle } = options;
  const watchScopes = new Map<string | undefined, WatchScope>();
  let changing: Promise<void> = Promise.resolve();
  let stopped = false;

  function open(namespace: string | undefined): void {
    const scope: WatchScope = { namespace, running: new Map(), unread: new Set(), absent: new Map() };
    watchScopes.set(namespace, scope);
    watchTypes(scope);
  }

  function watchTypes(scope: WatchScope): void {
    const { running, unread, absent } = scope;
    const requested = watchedTypes.filter(({ isFollowed }) => isFollowed?.(scope.namespace) ?? true);
    for (const [watched, { abortController, feed }] of running) {
      if (requested.includes(watched)) continue;
      running.delete(watched);
      absent.delete(watched.type);
      abortController.abort();
      feed.detach();
      markRead(scope, watched.type);
    }
    const others = requested.filter((watched) => !running.has(watched));
    for (const { type } of others) unread.add(type);
    for (const watched of others) watch(scope, watched);
  }

  function markRead({ namespace, unread }: WatchScope, type: ResourceType): void {
    if (unread.delete(type) && unread.size === 0) onReady(namespace);
  }

  function watch(scope: WatchScope, watched: WatchedType): void {
    const { type, store, labelSelector, trim, optional = false, isNeeded } = watched;
    const { namespace, unread } = scope;
    const feed = store.feed(namespace);
    const abortController = new AbortController();
    const watcher = createWatcher({
      api: kube,
      type,
      feed,
      clock,
      selection: {
        ...(namespace === undefined ? {} : { namespace }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
      },
      ...(trim === undefined ? {} : { trim }),
      ...(optional ? { absentRetryMs } : {}),
      ...(isNeeded === undefined ? {} : { isNeeded: () => isNeeded(namespace) }),
      onReport(report) {
        const absent = optional && isAbsent(report.error);
        if (report.error !== undefined && !(optional && isNotFound(report.error)))
          logError(namespace, report);
        if (abortController.signal.aborted) return;
        if (absent) scope.absent.set(type, isForbidden(report.error) ? "denied" : "not served");
        else if (report.to === "Watching") scope.absent.delete(type);
        const read = report.to === "Watching" || absent;
        if (read) markRead(scope, type);
      },
      ...(options.random === undefined ? {} : { random: options.random }),
    });
    function health(): WatchHealth {
      const problem = watcher.broken();
      const broken = optional && isAbsent(problem?.error) ? undefined : problem;
      return {
        name: namespace === undefined ? type.plural : `${type.plural} in ${namespace}`,
        read: !unread.has(type),
        brokenSince: broken?.since,
        denied: isForbidden(broken?.error),
      };
    }
    scope.running.set(watched, { feed, abortController, health });
    watcher
      .run(abortController.signal)
      .catch((error: unknown) => log.fatal({ error, type: type.kind }, "a watch ended"));
  }

  function logError(namespace: string | undefined, { type, from, to, error, delayMs }: WatcherReport): void {
    const fields = { type: type.kind, namespace, from, to, error, delayMs };
    const where = namespace === undefined ? "the whole cluster" : `namespace ${namespace}`;
    if (isForbidden(error)) log.error(fields, `Not allowed to list and watch ${type.plural} in ${where}`);
    else log.warn(fields, "a watch broke");
  }

  async function close({ namespace, running }: WatchScope): Promise<void> {
    const feeds = [...running.values()].map(({ feed }) => feed);
    // From here on no reconcile starts there: the objects removed next would look deleted.
    watchScopes.delete(namespace);
    for (const { abortController } of running.values()) abortController.abort();
    feeds[0]?.detach();
    await idle(namespace);
    for (const feed of feeds.slice(1)) feed.detach();
  }

  async function change(requested: ReadonlySet<string | undefined>): Promise<void> {
    if (stopped) return;
    await Promise.all(
      [...watchScopes.values()].filter(({ namespace }) => !requested.has(namespace)).map(close),
    );
    for (const scope of watchScopes.values()) watchTypes(scope);
    for (const namespace of requested) if (!watchScopes.has(namespace)) open(namespace);
  }

  const scopeOf = (namespace: string): WatchScope | undefined =>
    watchScopes.get(namespace) ?? watchScopes.get(undefined);
  const isRead = (scope: WatchScope | undefined): boolean => scope?.unread.size === 0;

  return {
    watchNamespaces(namespaces) {
      const requested = new Set<string | undefined>(namespaces ?? [undefined]);
      if (watchScopes.size === 0) for (const namespace of requested) open(namespace);
      // One change after another: two feeds of the same namespace would conflict.
      else changing = changing.then(() => change(requested));
    },
    isReady: (namespace) => isRead(scopeOf(namespace)),
    hasRead(type, namespace) {
      const { running, unread } = scopeOf(namespace) ?? {};
      return [...(running?.keys() ?? [])].some((watched) => watched.type === type) && !unread?.has(type);
    },
    isAvailable: (type, namespace) => scopeOf(namespace)?.absent.has(type) === false,
    unavailableReason: (type, namespace) => scopeOf(namespace)?.absent.get(type),
    get allReady() {
      return watchScopes.size > 0 && [...watchScopes.values()].every(isRead);
    },
    health: () =>
      [...watchScopes.values()].flatMap(({ running }) => [...running.values()].map(({ health }) => health())),
    stop() {
      stopped = true;
      for (const { running } of watchScopes.values())
        for (const { abortController } of running.values()) abortController.abort();
    },
  };
}
