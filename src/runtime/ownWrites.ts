import type { KubeObject } from "../api/kubernetes.ts";
import { compareResourceVersions } from "../kube/resourceVersion.ts";

/** Our own writes and deletions that the watch has not shown yet, by the key of their object. */
export interface OwnWrites {
  wrote(key: string, resourceVersion: string): void;
  /** `resourceVersion`: the newest state of the object that we know. */
  deleted(key: string, uid: string, resourceVersion: string): void;
  /** Whether a state (or, with `gone`, the end) of an object told by the watch is older than our own write to it. */
  outdates(key: string, told: KubeObject, gone: boolean): boolean;
  /** Whether this object's absence from a list taken at `resourceVersion` is older than our own write to it. */
  outdatesAbsence(key: string, resourceVersion: string): boolean;
  forget(key: string): void;
  /** Keys whose write the watch should have shown, having told everything up to `resourceVersion`. */
  overdue(resourceVersion: string): string[];
}

interface Own {
  resourceVersion: string;
  deletedUid: string | undefined;
}

export function createOwnWrites(): OwnWrites {
  const own = new Map<string, Own>();
  const isOlder = (a: string, b: string) => compareResourceVersions(a, b) < 0;

  return {
    wrote: (key, resourceVersion) => own.set(key, { resourceVersion, deletedUid: undefined }),
    deleted: (key, uid, resourceVersion) => own.set(key, { resourceVersion, deletedUid: uid }),
    outdates(key, told, gone) {
      const write = own.get(key);
      if (write === undefined) return false;
      if (isOlder(told.metadata.resourceVersion ?? "", write.resourceVersion)) return true;
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
    forget: (key) => own.delete(key),
    overdue: (resourceVersion) =>
      [...own]
        .filter(
          ([, write]) => write.deletedUid === undefined && !isOlder(resourceVersion, write.resourceVersion),
        )
        .map(([key]) => key),
  };
}
