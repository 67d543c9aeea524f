import type { KubeObject } from "../api/kubernetes.ts";
import { compareResourceVersions } from "../kube/resourceVersion.ts";

/** Our own writes and deletions that the watch has not shown yet, by the key of their object. */
export interface OwnWrites<T> {
  /** `before`: what was shown until this write. */
  wrote(key: string, resourceVersion: string, before: T | undefined): void;
  deleted(key: string, before: T): void;
  /** Whether a state (or, with `gone`, the end) of an object told by the watch is older than our own write to it. */
  outdates(key: string, told: KubeObject, gone: boolean): boolean;
  /** Whether this object's absence from a list taken at `resourceVersion` is older than our own write to it. */
  outdatesAbsence(key: string, resourceVersion: string): boolean;
  /**
   * Set where an outdated state is one that somebody else wrote and that nobody was told of: what was shown before
   * our own writes. The answer to our write hid the other's in it.
   */
  hid(key: string, told: KubeObject): { before: T | undefined } | undefined;
  /** What was shown before our own writes to this object, where there are such. */
  pending(key: string): { before: T | undefined } | undefined;
  forget(key: string): void;
  /** Keys whose write the watch should have shown, having told everything up to `resourceVersion`. */
  overdue(resourceVersion: string): string[];
}

interface Own<T> {
  /** Of our newest write, or of the newest state known when we deleted the object. */
  resourceVersion: string;
  /** Of all our writes that the watch has not reached. */
  versions: Set<string>;
  deletedUid: string | undefined;
  before: T | undefined;
}

export function createOwnWrites<T extends KubeObject>(): OwnWrites<T> {
  const own = new Map<string, Own<T>>();
  const isOlder = (a: string, b: string) => compareResourceVersions(a, b) < 0;
  const versionOf = (object: KubeObject | undefined) => object?.metadata.resourceVersion ?? "";

  function note(key: string, resourceVersion: string, deletedUid: string | undefined, before: T | undefined) {
    const earlier = own.get(key);
    const versions = (earlier?.versions ?? new Set()).add(resourceVersion);
    own.set(key, { resourceVersion, versions, deletedUid, before: earlier ? earlier.before : before });
  }

  return {
    wrote: (key, resourceVersion, before) => note(key, resourceVersion, undefined, before),
    deleted: (key, before) => note(key, versionOf(before), before.metadata.uid, before),
    outdates(key, told, gone) {
      const write = own.get(key);
      if (write === undefined) return false;
      if (isOlder(versionOf(told), write.resourceVersion)) return true;
      // A living state of the object we deleted is from before the deletion, whatever we last knew of it.
      return !gone && write.deletedUid === told.metadata.uid && told.metadata.deletionTimestamp === undefined;
    },
    outdatesAbsence(key, resourceVersion) {
      const write = own.get(key);
      return (
        write !== undefined &&
        write.deletedUid === undefined &&
        isOlder(resourceVersion, write.resourceVersion)
      );
    },
    hid(key, told) {
      const write = own.get(key);
      if (write === undefined || write.versions.has(versionOf(told))) return undefined;
      return isOlder(versionOf(write.before), versionOf(told)) ? { before: write.before } : undefined;
    },
    pending: (key) => own.get(key),
    forget: (key) => own.delete(key),
    overdue: (resourceVersion) =>
      [...own]
        .filter(
          ([, write]) => write.deletedUid === undefined && !isOlder(resourceVersion, write.resourceVersion),
        )
        .map(([key]) => key),
  };
}
