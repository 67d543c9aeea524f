import type { Plan } from "../plan/plan.ts";

/** What a user has to know who creates or edits a FlinkStateSnapshot. Empty: it is carried out as asked for. */
export function warnOfSnapshot({ refused, waitsFor, changes, steps, reason, onDeletion }: Plan): string[] {
  if (refused !== undefined) return [`nothing is taken: ${refused}`];
  const keeping = changes.find(({ field }) => field === "spec.savepoint.disposeOnDelete");
  const isIgnored = changes.some(({ effect }) => effect === "ignore");
  return [
    ...(waitsFor === undefined ? [] : [`the snapshot waits for ${waitsFor}`]),
    ...((isIgnored || steps.length > 0) && reason !== undefined ? [reason] : []),
    ...(keeping === undefined || onDeletion === undefined ? [] : [`when it is deleted, ${onDeletion}`]),
  ];
}
