import type { KubeObject } from "../api/kubernetes.ts";
import { compareResourceVersions } from "../kube/resourceVersion.ts";
import { createIndices, type IndexFunctions } from "./indices.ts";
import { createOwnWrites } from "./ownWrites.ts";
import { withoutBookkeeping } from "./projection.ts";

/** `old` and `new`: the object in the store before and after. Undefined: there was or is none. Never both undefined. */
export interface Change<T> {
  old: T | undefined;
  new: T | undefined;
  /**
   * Whether the change is from the response to our own write. That response may contain an earlier change by another client.
   * As soon as the watch delivers that, another change follows that is not `own`, with the state from before our write as
   * `old`. So a subscriber that only handles changes of others may ignore `own` ones.
   */
  own: boolean;
}

/** Returns the objects of the store itself, which must not be changed. */
export interface StoreReader<T, Index extends string = never> {
  get(namespace: string, name: string): T | undefined;
  values(): Iterable<T>;
  by(index: Index, value: string): T[];
  readonly size: number;
  /** Whether each feed has been listed once. */
  readonly synced: boolean;
  whenSynced(): Promise<void>;
  /** `onChange` is called for each change, after all changes that become visible together are applied. It must not throw. */
  subscribe(onChange: (change: Change<T>) => void): () => void;
}

export interface Store<T, Index extends string = never> extends StoreReader<T, Index> {
  /**
   * Applies the response to our own write at once. Older states that the watch delivers later do not revert it.
   */
  observeWrite(object: KubeObject): void;
  /**
   * Marks an object that we deleted as terminating at once. It stays in the store until the watch delivers its deletion:
   * finalizers or foreground deletion may delay that, and its name is taken until then.
   */
  observeDelete(namespace: string, name: string, uid: string): void;
  /** How many entries it keeps for objects: these, their index values, and own writes that the watch has to deliver. */
  readonly entries: number;
  /** Creates the feed for one watcher, of one namespace, or of all if none is given. */
  feed(namespace?: string): StoreFeed;
}

/** The input of a store from one watcher. */
export interface StoreFeed {
  applied(object: KubeObject): void;
  deleted(object: KubeObject): void;
  /** Everything up to this resourceVersion has been delivered. */
  reached(resourceVersion: string): void;
  /** Starts a relist. The store changes only at its commit, as a whole. */
  relist(): Relist;
  /** Removes the feed and its objects, as if they had been deleted. */
  detach(): void;
}

export interface Relist {
  applied(object: KubeObject): void;
  deleted(object: KubeObject): void;
  commit(resourceVersion: string): void;
}

export interface StoreOptions<T, Index extends string = never> {
  /** Projects an object to what the store keeps. Must not change its argument. */
  project?: (object: KubeObject) => T;
  indices?: IndexFunctions<T, Index>;
  /** Milliseconds since the epoch, for the deletionTimestamp of `observeDelete`. */
  now?: () => number;
}

/** The namespace of a feed, and the resourceVersion that its watch has reached (undefined before the first list). */
interface Scope {
  namespace: string | undefined;
  reached: string | undefined;
}

export function createStore<T extends KubeObject = KubeObject, Index extends string = never>(
  options: StoreOptions<T, Index> = {},
): Store<T, Index> {
  const project = options.project ?? ((object: KubeObject) => withoutBookkeeping(object) as T);
  const now = options.now ?? Date.now;
  const objects = new Map<string, T>();
  const indices = createIndices<T, Index>(options.indices ?? {});
  const ownWrites = createOwnWrites<T>();
  const scopes = new Set<Scope>();
  const subscribers = new Set<(change: Change<T>) => void>();
  let syncWaiters: (() => void)[] = [];

  const isSynced = () => scopes.size > 0 && [...scopes].every((scope) => scope.reached !== undefined);
  const isShown = (object: KubeObject) => isSameState(objects.get(keyOf(object)), object);

  function replace(key: string, current: T | undefined, own = false): Change<T>[] {
    const old = objects.get(key);
    if (old === current) return [];
    if (current === undefined) objects.delete(key);
    else objects.set(key, current);
    indices.replace(key, old, current);
    return [{ old, new: current, own }];
  }

  /** Applies the state from the watch or a list. Undefined: the object is deleted. */
  function applyObserved(key: string, observed: T | undefined): Change<T>[] {
    ownWrites.remove(key);
    return replace(key, observed);
  }

  /** The change by another client that the response to our own write contained. */
  function revealHidden(key: string, observed: KubeObject): Change<T>[] {
    const hidden = ownWrites.hiddenChange(key, observed);
    return hidden === undefined ? [] : [{ old: hidden.before, new: objects.get(key), own: false }];
  }

  function applyListed(key: string, listed: T): Change<T>[] {
    if (ownWrites.isStale(key, listed, false)) return revealHidden(key, listed);
    const written = ownWrites.pending(key);
    const changes = applyObserved(key, listed);
    // A list does not show the writes in between, which may be from others.
    return written === undefined ? changes : [{ old: written.before, new: listed, own: false }];
  }

  function notify(changes: Change<T>[]): void {
    for (const change of changes) {
      for (const onChange of subscribers) onChange(change);
    }
  }

  function feed(namespace?: string): StoreFeed {
    const scope: Scope = { namespace, reached: undefined };
    scopes.add(scope);
    const keysInScope = () => [...objects].filter(([, object]) => covers(scope, object)).map(([key]) => key);

    function advance(resourceVersion: string | undefined): void {
      if (resourceVersion !== undefined && isNewer(resourceVersion, scope.reached))
        scope.reached = resourceVersion;
    }

    return {
      applied(object) {
        advance(object.metadata.resourceVersion);
        const key = keyOf(object);
        if (ownWrites.isStale(key, object, false)) notify(revealHidden(key, object));
        else if (isShown(object)) ownWrites.remove(key);
        else notify(applyObserved(key, project(object)));
      },
      deleted(object) {
        advance(object.metadata.resourceVersion);
        const key = keyOf(object);
        notify(
          ownWrites.isStale(key, object, true) ? revealHidden(key, object) : applyObserved(key, undefined),
        );
      },
      reached(resourceVersion) {
        advance(resourceVersion);
        // An own write that the watch has not delivered is not, or no longer, in its selection.
        const overdue = ownWrites.overdue(resourceVersion);
        const inScope = overdue.length === 0 ? [] : keysInScope();
        notify(
          overdue.filter((key) => inScope.includes(key)).flatMap((key) => applyObserved(key, undefined)),
        );
      },
      relist() {
        const listed = new Map<string, T>();
        return {
          applied(object) {
            const key = keyOf(object);
            // A relist mostly returns known objects: reusing them saves memory.
            const shown = objects.get(key);
            listed.set(key, shown !== undefined && isShown(object) ? shown : project(object));
          },
          deleted: (object) => listed.delete(keyOf(object)),
          commit(resourceVersion) {
            scope.reached = resourceVersion;
            const deletedKeys = keysInScope().filter(
              (key) => !listed.has(key) && !ownWrites.isAbsenceStale(key, resourceVersion),
            );
            const changes = [
              ...deletedKeys.flatMap((key) => applyObserved(key, undefined)),
              ...[...listed].flatMap(([key, object]) => applyListed(key, object)),
            ];
            resolveIfSynced();
            notify(changes);
          },
        };
      },
      detach() {
        scopes.delete(scope);
        notify(keysInScope().flatMap((key) => applyObserved(key, undefined)));
        resolveIfSynced();
      },
    };
  }

  function resolveIfSynced(): void {
    if (!isSynced()) return;
    for (const resolve of syncWaiters) resolve();
    syncWaiters = [];
  }

  return {
    get: (namespace, name) => objects.get(`${namespace}/${name}`),
    values: () => objects.values(),
    by: (index, value) =>
      [...indices.keys(index, value)].flatMap((key) => {
        const object = objects.get(key);
        return object === undefined ? [] : [object];
      }),
    get size() {
      return objects.size;
    },
    get entries() {
      return objects.size + indices.size + ownWrites.size;
    },
    get synced() {
      return isSynced();
    },
    whenSynced: () => (isSynced() ? Promise.resolve() : new Promise((resolve) => syncWaiters.push(resolve))),
    subscribe(onChange) {
      subscribers.add(onChange);
      return () => subscribers.delete(onChange);
    },
    feed,
    observeWrite(object) {
      const { resourceVersion } = object.metadata;
      const key = keyOf(object);
      const scope = [...scopes].find((each) => covers(each, object));
      // Up to the version that it has reached the watch is newer, and may have delivered a deletion.
      const known = [scope?.reached, objects.get(key)?.metadata.resourceVersion];
      if (scope === undefined || resourceVersion === undefined) return;
      if (known.some((version) => version !== undefined && !isNewer(resourceVersion, version))) return;
      ownWrites.recordWrite(key, resourceVersion, objects.get(key));
      notify(replace(key, project(object), true));
    },
    observeDelete(namespace, name, uid) {
      const key = `${namespace}/${name}`;
      const shown = objects.get(key);
      if (shown?.metadata.uid !== uid || shown.metadata.deletionTimestamp !== undefined) return;
      ownWrites.recordDelete(key, shown);
      const deletionTimestamp = new Date(now()).toISOString().replace(/\.\d+Z$/, "Z");
      notify(replace(key, { ...shown, metadata: { ...shown.metadata, deletionTimestamp } }, true));
    },
  };
}

/** The key of an object within its resource type: "namespace/name". */
export const keyOf = (object: KubeObject): string =>
  `${object.metadata.namespace ?? ""}/${object.metadata.name}`;

const covers = (scope: Scope, object: KubeObject): boolean =>
  scope.namespace === undefined || scope.namespace === object.metadata.namespace;

const isNewer = (version: string, than: string | undefined): boolean =>
  than === undefined || compareResourceVersions(version, than) > 0;

const isSameState = (a: KubeObject | undefined, b: KubeObject): boolean =>
  a !== undefined &&
  a.metadata.resourceVersion !== undefined &&
  a.metadata.uid === b.metadata.uid &&
  a.metadata.resourceVersion === b.metadata.resourceVersion &&
  // Differs if only our own deletion has marked the object as terminating.
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp;
