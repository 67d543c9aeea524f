import type { KubeObject } from "../api/kubernetes.ts";
import { compareResourceVersions } from "../kube/resourceVersion.ts";
import { createIndices, type IndexFunctions } from "./indices.ts";
import { createOwnWrites } from "./ownWrites.ts";
import { withoutBookkeeping } from "./projection.ts";

/** `old` and `new`: what the store showed and shows; absent where there was or is nothing. Never both absent. */
export interface Change<T> {
  old: T | undefined;
  new: T | undefined;
  /**
   * Whether this came from the answer to a write of our own. Such an answer may hide what somebody else wrote just
   * before: as soon as the watch shows that, one more change follows, not `own`, from what was shown before our
   * write. So whoever wakes on changes of others may pass over `own` ones.
   */
  own: boolean;
}

/** The objects are those of the store itself: nobody may change them. */
export interface StoreReader<T, Index extends string = never> {
  get(namespace: string, name: string): T | undefined;
  values(): Iterable<T>;
  by(index: Index, value: string): T[];
  readonly size: number;
  /** Whether everything in the scope of each feed has been read once. */
  readonly synced: boolean;
  whenSynced(): Promise<void>;
  /** Called once for each change, after all changes that became visible together. Must not throw. */
  subscribe(onChange: (change: Change<T>) => void): () => void;
}

export interface Store<T, Index extends string = never> extends StoreReader<T, Index> {
  /**
   * Shows the answer to a write of our own at once. Older states that the watch still delivers do not roll it back.
   */
  observeWrite(object: KubeObject): void;
  /**
   * Shows an object that we deleted as terminating at once. It does not vanish before the watch says so: a
   * finalizer or a foreground deletion may keep it for long, and until then its name is taken.
   */
  observeDelete(namespace: string, name: string, uid: string): void;
  /** A place for one watcher to deliver to: of one namespace, or of all where none is named. */
  feed(namespace?: string): StoreFeed;
}

/** What a watcher tells a store. */
export interface StoreFeed {
  applied(object: KubeObject): void;
  deleted(object: KubeObject): void;
  /** Everything up to this resourceVersion has been delivered. */
  reached(resourceVersion: string): void;
  /** Reads everything anew: the store changes only at the commit, as a whole. */
  relist(): Relist;
  /** Forgets the feed's objects, as if they had been deleted. */
  detach(): void;
}

export interface Relist {
  applied(object: KubeObject): void;
  deleted(object: KubeObject): void;
  commit(resourceVersion: string): void;
}

export interface StoreOptions<T, Index extends string = never> {
  /** What of an object is kept. Must not change the object it is given. */
  project?: (object: KubeObject) => T;
  indices?: IndexFunctions<T, Index>;
  /** Milliseconds since the epoch, to stamp what `observeDelete` shows. */
  now?: () => number;
}

/** What one feed covers, and how far its watch has told of it (undefined before the first list). */
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
  let awaitingSync: (() => void)[] = [];

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

  /** Takes over what the watch or a list told; undefined: that the object is gone. */
  function accept(key: string, told: T | undefined): Change<T>[] {
    ownWrites.forget(key);
    return replace(key, told);
  }

  /** The change that somebody else's write is, where the answer to ours hid it. */
  function reveal(key: string, told: KubeObject): Change<T>[] {
    const hidden = ownWrites.hid(key, told);
    return hidden === undefined ? [] : [{ old: hidden.before, new: objects.get(key), own: false }];
  }

  function acceptListed(key: string, listed: T): Change<T>[] {
    if (ownWrites.outdates(key, listed, false)) return reveal(key, listed);
    const written = ownWrites.pending(key);
    const changes = accept(key, listed);
    // A list does not tell what was written between: others may have.
    return written === undefined ? changes : [{ old: written.before, new: listed, own: false }];
  }

  function tell(changes: Change<T>[]): void {
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
        if (ownWrites.outdates(key, object, false)) tell(reveal(key, object));
        else if (isShown(object)) ownWrites.forget(key);
        else tell(accept(key, project(object)));
      },
      deleted(object) {
        advance(object.metadata.resourceVersion);
        const key = keyOf(object);
        tell(ownWrites.outdates(key, object, true) ? reveal(key, object) : accept(key, undefined));
      },
      reached(resourceVersion) {
        advance(resourceVersion);
        // What we wrote and the watch passed over is not, or no longer, in its selection.
        const overdue = ownWrites.overdue(resourceVersion);
        const inScope = overdue.length === 0 ? [] : keysInScope();
        tell(overdue.filter((key) => inScope.includes(key)).flatMap((key) => accept(key, undefined)));
      },
      relist() {
        const listed = new Map<string, T>();
        return {
          applied(object) {
            const key = keyOf(object);
            // A relist mostly brings what is known already: sharing it keeps the memory flat.
            const shown = objects.get(key);
            listed.set(key, shown !== undefined && isShown(object) ? shown : project(object));
          },
          deleted: (object) => listed.delete(keyOf(object)),
          commit(resourceVersion) {
            scope.reached = resourceVersion;
            const gone = keysInScope().filter(
              (key) => !listed.has(key) && !ownWrites.outdatesAbsence(key, resourceVersion),
            );
            const changes = [
              ...gone.flatMap((key) => accept(key, undefined)),
              ...[...listed].flatMap(([key, object]) => acceptListed(key, object)),
            ];
            wakeIfSynced();
            tell(changes);
          },
        };
      },
      detach() {
        scopes.delete(scope);
        tell(keysInScope().flatMap((key) => accept(key, undefined)));
        wakeIfSynced();
      },
    };
  }

  function wakeIfSynced(): void {
    if (!isSynced()) return;
    for (const wake of awaitingSync) wake();
    awaitingSync = [];
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
    get synced() {
      return isSynced();
    },
    whenSynced: () => (isSynced() ? Promise.resolve() : new Promise((resolve) => awaitingSync.push(resolve))),
    subscribe(onChange) {
      subscribers.add(onChange);
      return () => subscribers.delete(onChange);
    },
    feed,
    observeWrite(object) {
      const { resourceVersion } = object.metadata;
      const key = keyOf(object);
      const scope = [...scopes].find((each) => covers(each, object));
      // Up to where the watch has told everything it knows better, also that the object is gone again.
      const known = [scope?.reached, objects.get(key)?.metadata.resourceVersion];
      if (scope === undefined || resourceVersion === undefined) return;
      if (known.some((version) => version !== undefined && !isNewer(resourceVersion, version))) return;
      ownWrites.wrote(key, resourceVersion, objects.get(key));
      tell(replace(key, project(object), true));
    },
    observeDelete(namespace, name, uid) {
      const key = `${namespace}/${name}`;
      const shown = objects.get(key);
      if (shown?.metadata.uid !== uid || shown.metadata.deletionTimestamp !== undefined) return;
      ownWrites.deleted(key, shown);
      const deletionTimestamp = new Date(now()).toISOString().replace(/\.\d+Z$/, "Z");
      tell(replace(key, { ...shown, metadata: { ...shown.metadata, deletionTimestamp } }, true));
    },
  };
}

/** The name of an object within its resource type. */
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
  // Differs for what only we know to be terminating.
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp;
