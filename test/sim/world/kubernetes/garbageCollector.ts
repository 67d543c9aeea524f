import type { KubeObject, OwnerReference } from "../../../../src/api/kubernetes.ts";
import { isKubeError } from "../../../../src/kube/errors.ts";
import { foregroundFinalizer, orphanFinalizer } from "./deletion.ts";
import type { ApiServer } from "./server.ts";
import { type Stored, typeOf } from "./store.ts";

const actor = "garbage-collector";

/**
 * Deletes objects whose owners are all gone, completes foreground deletions when the last blocking dependent is gone, and
 * removes owner references for orphaning deletions. It runs `delayMs` after a change, so dependents outlive their owner.
 */
export const startGarbageCollector = (server: ApiServer, delayMs: number): void => {
  let scheduled = false;
  const collect = (): void => {
    scheduled = false;
    for (const stored of server.store.all()) collectOne(server, stored);
  };
  server.store.subscribe(({ change, object }) => {
    const concerns =
      change === "DELETED" ||
      object.metadata.deletionTimestamp !== undefined ||
      (object.metadata.ownerReferences ?? []).length > 0;
    if (!concerns || scheduled) return;
    scheduled = true;
    server.clock.after(delayMs, collect);
  });
};

const collectOne = (server: ApiServer, { type, object }: Stored): void => {
  const { name, namespace = "", uid = "", finalizers = [], deletionTimestamp } = object.metadata;
  if (server.find(type, namespace, name)?.metadata.uid !== uid) return;
  if (deletionTimestamp !== undefined && finalizers.includes(foregroundFinalizer)) {
    if (!isBlocked(server, uid)) dropFinalizer(server, { type, object }, foregroundFinalizer);
    return;
  }
  if (deletionTimestamp !== undefined && finalizers.includes(orphanFinalizer)) {
    for (const dependent of dependentsOf(server, uid)) dropOwners(server, dependent, [uid]);
    dropFinalizer(server, { type, object }, orphanFinalizer);
    return;
  }
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0 || deletionTimestamp !== undefined) return;
  const ownerStates = owners.map((owner) => ({ owner, state: stateOf(server, namespace, owner) }));
  if (ownerStates.some(({ state }) => state === "alive")) {
    const gone = ownerStates.filter(({ state }) => state !== "alive").map(({ owner }) => owner.uid);
    if (gone.length > 0) dropOwners(server, { type, object }, gone);
    return;
  }
  const blocksOwner = ownerStates.some(
    ({ owner, state }) => state === "waiting" && owner.blockOwnerDeletion === true,
  );
  const hasDependents = dependentsOf(server, uid).length > 0;
  ignoringKubeErrors(() =>
    server.delete(actor, type, namespace, name, {
      uid,
      // A blocking dependent is deleted in the foreground as well, so that the whole tree is gone at the end.
      propagation: blocksOwner && hasDependents ? "Foreground" : "Background",
    }),
  );
};

/** "waiting": the owner is being deleted in the foreground, and its dependents are deleted first. */
const stateOf = (
  server: ApiServer,
  namespace: string,
  owner: OwnerReference,
): "alive" | "waiting" | "gone" => {
  const type = typeOf(owner.apiVersion, owner.kind);
  const found = type && server.find(type, namespace, owner.name);
  if (found?.metadata.uid !== owner.uid) return "gone";
  const foreground = found.metadata.finalizers?.includes(foregroundFinalizer) === true;
  return found.metadata.deletionTimestamp !== undefined && foreground ? "waiting" : "alive";
};

const dependentsOf = (server: ApiServer, uid: string): Stored[] =>
  server.store
    .all()
    .filter(({ object }) => object.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true);

const isBlocked = (server: ApiServer, uid: string): boolean =>
  dependentsOf(server, uid).some(({ object }) =>
    object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
  );

type Target = Pick<Stored, "type"> & { object: KubeObject };

const dropFinalizer = (server: ApiServer, { type, object }: Target, finalizer: string): void => {
  const finalizers = object.metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
  patchMeta(server, { type, object }, { finalizers: finalizers.length > 0 ? finalizers : null });
};

const dropOwners = (server: ApiServer, { type, object }: Target, uids: string[]): void => {
  const kept = object.metadata.ownerReferences?.filter((owner) => !uids.includes(owner.uid)) ?? [];
  patchMeta(server, { type, object }, { ownerReferences: kept.length > 0 ? kept : null });
};

const patchMeta = (server: ApiServer, { type, object }: Target, metadata: object): void => {
  const { namespace = "", name, uid } = object.metadata;
  ignoringKubeErrors(() =>
    server.mergePatch(actor, type, namespace, name, { metadata: { ...metadata, uid } }),
  );
};

/** A write that fails because the object has changed is tried again with the next change. */
const ignoringKubeErrors = (act: () => void): void => {
  try {
    act();
  } catch (error) {
    if (!isKubeError(error)) throw error;
  }
};
