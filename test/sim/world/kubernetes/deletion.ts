import type { KubeObject, ObjectMeta } from "../../../../src/api/kubernetes.ts";
import type { DeleteOptions } from "../../../../src/kube/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import { numberAt, textAt } from "../json.ts";
import { canBeRemoved, timestamp, type Written } from "./metadata.ts";
import type { Store, Stored } from "./store.ts";

/** Removes an object at once, or marks it as deleted where finalizers or a running pod delay the removal. */
export const deleteObject = (store: Store, clock: Clock, stored: Stored, options: DeleteOptions): Written => {
  const { type, object, owners } = stored;
  const grace = type.kind === "Pod" ? gracePeriod(object, options) : 0;
  const finalizers = withPropagation(object.metadata.finalizers ?? [], options);
  const isDeleting = object.metadata.deletionTimestamp !== undefined;
  const metadata: ObjectMeta = { ...object.metadata, finalizers };
  if (finalizers.length === 0) delete metadata.finalizers;
  if (!isDeleting) {
    metadata.deletionTimestamp = timestamp(clock, Math.min(grace, longestGrace) * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation !== undefined) metadata.generation++;
  } else if (grace < (numberAt(metadata, "deletionGracePeriodSeconds") ?? 0)) {
    metadata.deletionGracePeriodSeconds = grace;
  } else if (finalizers.length === (object.metadata.finalizers ?? []).length) {
    return { object, changed: false };
  }
  const next = { ...object, metadata };
  if (canBeRemoved(next)) return { object: store.remove(type, next), changed: true };
  return { object: store.put(type, next, owners), changed: true };
};

/** Some decades: a later time is not a valid date. */
const longestGrace = 1_000_000_000;

/** A pod that is not scheduled needs no grace period; a negative one counts as a second. */
const gracePeriod = (pod: KubeObject, options: DeleteOptions): number => {
  if (textAt(pod, "spec", "nodeName") === undefined) return 0;
  const requested =
    options.gracePeriodSeconds ?? numberAt(pod, "spec", "terminationGracePeriodSeconds") ?? 30;
  return requested < 0 ? 1 : requested;
};

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

const withPropagation = (finalizers: string[], options: DeleteOptions): string[] => {
  const own = finalizers.filter((name) => name !== foregroundFinalizer && name !== orphanFinalizer);
  if (options.propagation === "Foreground") return [...own, foregroundFinalizer];
  if (options.propagation === "Orphan") return [...own, orphanFinalizer];
  // Without a propagation policy, a deletion in progress keeps its policy.
  return options.propagation === undefined ? finalizers : own;
};
