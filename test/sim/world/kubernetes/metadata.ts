import type { KubeObject, ObjectMeta, ResourceType } from "../../../../src/api/kubernetes.ts";
import type { KubeError } from "../../../../src/kube/errors.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import type { JsonObject } from "../json.ts";
import { conflict } from "./refusal.ts";

/** Kubernetes timestamps have a precision of one second. */
export const timestamp = (clock: Clock, afterMs = 0): string =>
  `${new Date(clock.now() + afterMs).toISOString().slice(0, 19)}Z`;

/** The result of a write: `changed` is false for a dry run or where nothing was different. */
export interface Written {
  object: KubeObject;
  changed: boolean;
}

const serverFields = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

const notOwnable: ReadonlySet<string> = new Set([...serverFields, "managedFields"]);

export const withoutServerFields = (metadata: ObjectMeta): ObjectMeta => {
  const kept: Record<string, unknown> = {};
  for (const field of Object.keys(metadata)) if (!notOwnable.has(field)) kept[field] = metadata[field];
  return kept as ObjectMeta;
};

export const keepServerFields = (metadata: ObjectMeta, from: ObjectMeta): ObjectMeta => {
  const kept = withoutServerFields(metadata);
  for (const field of serverFields) restore(kept, field, from);
  return kept;
};

export const restore = (
  target: Record<string, unknown>,
  field: string,
  from: Record<string, unknown>,
): void => {
  if (from[field] !== undefined) target[field] = from[field];
  else if (field in target) delete target[field];
};

export const wrongUid = (type: ResourceType, name: string, expected: string, found: string): KubeError =>
  conflict(type, name, `Precondition failed: UID in precondition: ${expected}, UID in object meta: ${found}`);

export const checkPreconditions = (
  type: ResourceType,
  object: KubeObject,
  expected: { uid?: string | undefined; resourceVersion?: string | undefined },
): void => {
  const { name, uid, resourceVersion } = object.metadata;
  if (expected.uid !== undefined && expected.uid !== uid) {
    throw wrongUid(type, name, expected.uid, uid ?? "");
  }
  if (expected.resourceVersion !== undefined && expected.resourceVersion !== resourceVersion) {
    throw conflict(type, name);
  }
};

/** The part of an object whose changes the generation counts. */
export const specOf = (object: KubeObject): JsonObject => {
  const { metadata: _metadata, status: _status, ...rest } = object as KubeObject & JsonObject;
  return rest;
};

/** The fields that managers can own: without the identity and the server's own fields. */
export const ownable = (object: KubeObject): JsonObject => {
  const {
    apiVersion: _apiVersion,
    kind: _kind,
    status: _status,
    metadata,
    ...rest
  } = object as KubeObject & JsonObject;
  const { name: _name, namespace: _namespace, ...meta } = withoutServerFields(metadata);
  return { ...rest, metadata: meta };
};

/** The object is deleted, and nothing delays its removal. */
export const canBeRemoved = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined &&
  (object.metadata.finalizers ?? []).length === 0 &&
  Number(object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
