import type { KubeObject } from "../../src/api/kubernetes.ts";

/**
 * The state of a custom resource for tools that use kstatus (Flux, kpt, Argo CD's own checks), by its published rules:
 * deletion first, then whether the newest spec is observed, then the abnormal-true conditions in their order, then Ready.
 */
export type KstatusResult = "Terminating" | "InProgress" | "Failed" | "Current";

interface Observed {
  readonly observedGeneration?: number;
  readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
}

export function kstatus({ metadata, status }: KubeObject): KstatusResult {
  const { observedGeneration, conditions = [] } = (status ?? {}) as Observed;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return "InProgress";
  for (const { type, status } of conditions) {
    if (type === "Reconciling" && status === "True") return "InProgress";
    if (type === "Stalled" && status === "True") return "Failed";
  }
  const ready = conditions.find(({ type }) => type === "Ready");
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
}
