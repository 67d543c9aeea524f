import type { Plan } from "../plan/plan.ts";

/** What a user has to know who creates or edits a FlinkStateSnapshot. Empty: it is carried out as asked for. */
export function warnOfSnapshot({ refused, waitsFor, changes, reason, onDeletion }: Plan): string[] {
  if (refused !== undefined) return [`nothing is taken: ${refused}`];
  const keeping = changes.find(({ field }) => field === "spec.savepoint.disposeOnDelete");
  return [
    ...(waitsFor === undefined ? [] : [`the snapshot waits for ${waitsFor}`]),
    ...(changes.some(({ effect }) => effect === "ignore") && reason !== undefined ? [reason] : []),
    ...(keeping === undefined || onDeletion === undefined ? [] : [`when it is deleted, ${onDeletion}`]),
  ];
}
