import type { FlinkCluster } from "../flinkCluster.ts";
import { asList, type JsonObject } from "../json.ts";
import type { PodDraft } from "./podTemplate.ts";

/** One named step that adds something that Flink needs to a pod. */
export type PodDecorator = (pod: PodDraft, cluster: FlinkCluster) => PodDraft;

/** Appends after the entries of the user's template. An empty list stays absent. */
export function append(object: JsonObject, field: string, elements: readonly unknown[]): JsonObject {
  if (elements.length === 0) return object;
  return { ...object, [field]: [...asList(object[field]), ...elements] };
}

export const addEnvironment = (pod: PodDraft, variables: readonly unknown[]): PodDraft => ({
  ...pod,
  main: append(pod.main, "env", variables),
});

export interface Mount {
  readonly name: string;
  readonly mountPath: string;
  /** The volume's source, as in the pod spec: { emptyDir: {} }. */
  readonly source: JsonObject;
  readonly readOnly?: boolean;
}

/** Adds volumes and mounts each of them into the container that runs Flink. */
export const addMounts = (pod: PodDraft, mounts: readonly Mount[]): PodDraft => ({
  ...pod,
  spec: append(
    pod.spec,
    "volumes",
    mounts.map(({ name, source }) => ({ name, ...source })),
  ),
  main: append(
    pod.main,
    "volumeMounts",
    mounts.map(({ source: _, ...mount }) => mount),
  ),
});
