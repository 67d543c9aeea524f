/** What the API server has, or is about to have, of an object. */
import type { KubeObject } from "../api/kubernetes.ts";

/** Without the fields that are undefined: as the API server will have it. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** With its last finalizer gone, a deleted resource is gone too. */
export const isLeaving = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
