import type { Outcome, Situation } from "../model/situation.ts";

/** Adds the finalizer again if it was removed by hand. Without it, the HA ConfigMaps would outlive the resource. */
export function keepFinalizer({ kind, resource, deployed }: Situation): Outcome | undefined {
  if (deployed === undefined) return undefined;
  const { finalizers, labels } = resource.metadata;
  const isLabelled = Object.entries(kind.labelsOf(resource)).every(
    ([name, value]) => labels?.[name] === value,
  );
  if (isLabelled && finalizers?.includes(kind.finalizer)) return undefined;
  return { actions: [{ kind: "add-finalizer" }], requeueAfterMs: 0 };
}
