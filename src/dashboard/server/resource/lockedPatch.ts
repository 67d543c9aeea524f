import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { isConflict } from "../../../kube/errors.ts";
import { FIELD_MANAGER } from "../callers.ts";
import { fleetTypes } from "../fleet/row.ts";
import { editableOf } from "./manifestText.ts";
import { readSubject, type Subject } from "./subject.ts";

/** The operator writes the status every few seconds, which is a conflict with what was read. */
const attempts = 3;

/**
 * Stores a merge patch, if nothing that people write has changed since the subject was read. Rejects with a KubeError; a conflict: it
 * has.
 */
export async function patchLocked(subject: Subject, patch: object): Promise<KubeObject> {
  const { caller, plural, namespace, name, object, user } = subject;
  const { metadata } = patch as { metadata?: object };
  let present = object;
  for (let attempt = 1; ; attempt += 1)
    try {
      const { resourceVersion } = present.metadata;
      return await caller.kube.mergePatch(
        fleetTypes[plural],
        namespace,
        name,
        { ...patch, metadata: { ...metadata, resourceVersion } },
        { fieldValidation: "Strict", fieldManager: managerOf(user) },
      );
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
      present = (await readSubject(caller, { plural, namespace, name })).object;
      if (!isAsRead(object, present)) throw error;
    }
}

/** The most characters that Kubernetes takes. */
const maxManager = 128;

/** Who has changed the resource by the dashboard: `kubectl get --show-managed-fields` shows it, and the fleet. */
const managerOf = (user: string | undefined): string =>
  user === undefined
    ? FIELD_MANAGER
    : `${FIELD_MANAGER}: ${user}`.replace(/[^\x20-\x7e]/g, "?").slice(0, maxManager);

const isAsRead = (before: KubeObject, present: KubeObject): boolean =>
  before.metadata.uid === present.metadata.uid && isDeepStrictEqual(editableOf(before), editableOf(present));
