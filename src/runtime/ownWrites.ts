import type { KubeObject } from "../api/kubernetes.ts";
import { compareResourceVersions } from "../kube/resourceVersion.ts";

/** Our own writes and deletions that the watch has not delivered yet, by the key of their object. */
export interface OwnWrites<T> {
  /** `before`: the state in the store before this write. */
  recordWrite(key: string, resourceVersion: string, before: T | undefined): void;
  recordDelete(key: string, before: T): void;
  /** Whether a state of an object (or its deletion) from the watch is older than our own write to it. */
  isStale(key: string, observed: KubeObject, isDeletion: boolean): boolean;
  /** Whether the absence of an object from a list at `resourceVersion` is older than our own write to it. */
  isAbsenceStale(key: string, resourceVersion: string): boolean;
  /**
   * Set if a stale state was written by another client and has not been reported: the response to our own write contained
   * that change. `before` is the state in the store before our own writes.
   */
  hiddenChange(key: string, observed: KubeObject): { before: T | undefined } | undefined;
  /** The state in the store before our own writes to this object. Undefined: there are none. */
  pending(key: string): { before: T | undefined } | undefined;
  remove(key: string): void;
  /** Keys of writes that the watch should have delivered, since it has reached `resourceVersion`. */
  overdue(resourceVersion: string): string[];
  readonly size: number;
}

interface OwnWrite<T> {
  /** The version of our newest write, or of the newest state at our deletion. */
  resourceVersion: string;
  /** The versions of all our writes that the watch has not reached. */
  versions: Set<string>;
  deletedUid: string | undefined;
  before: T | undefined;
}

export function createOwnWrites<T extends KubeObject>(): OwnWrites<T> {
  const own = new Map<string, OwnWrite<T>>();
  const isOlder = (a: string, b: string) => compareResourceVersions(a, b) < 0;
  const versionOf = (object: KubeObject | undefined) => object?.metadata.resourceVersion ?? "";

  function record(
    key: string,
    resourceVersion: string,
    deletedUid: string | undefined,
    before: T | undefined,
  ) {
    const earlier = own.get(key);
    const versions = (earlier?.versions ?? new Set()).add(resourceVersion);
    own.set(key, { resourceVersion, versions, deletedUid, before: earlier ? earlier.before : before });
  }

  return {
    recordWrite: (key, resourceVersion, before) => record(key, resourceVersion, undefined, before),
    recordDelete: (key, before) => record(key, versionOf(before), before.metadata.uid, before),
    isStale(key, observed, isDeletion) {
      const write = own.get(key);
      if (write === undefined) return false;
      if (isOlder(versionOf(observed), write.resourceVersion)) return true;
      // A state without deletionTimestamp of an object that we deleted is from before the deletion.
      return (
        !isDeletion &&
        write.deletedUid === observed.metadata.uid &&
        observed.metadata.deletionTimestamp === undefined
      );
    },
    isAbsenceStale(key, resourceVersion) {
      const write = own.get(key);
      return (
        write !== undefined &&
        write.deletedUid === undefined &&
        isOlder(resourceVersion, write.resourceVersion)
      );
    },
    hiddenChange(key, observed) {
      const write = own.get(key);
      if (write === undefined || write.versions.has(versionOf(observed))) return undefined;
      return isOlder(versionOf(write.before), versionOf(observed)) ? { before: write.before } : undefined;
    },
    pending: (key) => own.get(key),
    remove: (key) => own.delete(key),
    overdue: (resourceVersion) =>
      [...own]
        .filter(
          ([, write]) => write.deletedUid === undefined && !isOlder(resourceVersion, write.resourceVersion),
        )
        .map(([key]) => key),
    get size() {
      return own.size;
    },
  };
}
