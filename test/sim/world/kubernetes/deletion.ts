import type { KubeObject, ObjectMeta } from "../../../../src/api/kubernetes.ts";
import type { DeleteOptions } from "../../../../src/kube/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import { numberAt, textAt } from "../json.ts";
import { isDone, timestamp, type Written } from "./metadata.ts";
import type { Store, Stored } from "./store.ts";

/** Removes an object at once, or marks it and leaves the rest to whoever holds its finalizers or runs its pod. */
export const deleteObject = (store: Store, clock: Clock, stored: Stored, options: DeleteOptions): Written => {
  const { type, object, owners } = stored;
  const grace = type.kind === "Pod" ? gracePeriod(object, options) : 0;
  const finalizers = withPropagation(object.metadata.finalizers ?? [], options);
  const waiting = object.metadata.deletionTimestamp !== undefined;
  const metadata: ObjectMeta = { ...object.metadata, finalizers };
  if (finalizers.length === 0) delete metadata.finalizers;
  if (!waiting) {
    metadata.deletionTimestamp = timestamp(clock, Math.min(grace, longestGrace) * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation !== undefined) metadata.generation++;
  } else if (grace < (numberAt(metadata, "deletionGracePeriodSeconds") ?? 0)) {
    metadata.deletionGracePeriodSeconds = grace;
  } else if (finalizers.length === (object.metadata.finalizers ?? []).length) {
    return { object, changed: false };
  }
  const next = { ...object, metadata };
  if (isDone(next)) return { object: store.remove(type, next), changed: true };
  return { object: store.put(type, next, owners), changed: true };
};

/** Some decades: no date can say more. */
const longestGrace = 1_000_000_000;

/** A pod that no kubelet has seen needs none; less than none is a second. */
const gracePeriod = (pod: KubeObject, options: DeleteOptions): number => {
  if (textAt(pod, "spec", "nodeName") === undefined) return 0;
  const asked = options.gracePeriodSeconds ?? numberAt(pod, "spec", "terminationGracePeriodSeconds") ?? 30;
  return asked < 0 ? 1 : asked;
};

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

const withPropagation = (finalizers: string[], options: DeleteOptions): string[] => {
  const own = finalizers.filter((name) => name !== foregroundFinalizer && name !== orphanFinalizer);
  if (options.propagation === "Foreground") return [...own, foregroundFinalizer];
  if (options.propagation === "Orphan") return [...own, orphanFinalizer];
  // Without a word about it, a deletion that is under way keeps its kind.
  return options.propagation === undefined ? finalizers : own;
};
