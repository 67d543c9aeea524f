import type { JobParallelism } from "../../../api/flinkFacts.ts";
import type { Situation } from "../model/situation.ts";
import { parseParallelism } from "./target.ts";

/**
 * Flink 2 starts an application with the adaptive scheduler without the overrides of its vertices (FLINK-38770, seen with 2.3).
 * They are then set in place, as a change of them would be, once the job is stable.
 */
export const mayLoseOverrides = ({ spec, diff, facts, settings, status }: Situation): boolean =>
  diff?.type === "IGNORE" &&
  facts.session === undefined &&
  /^v[2-9]_/.test(spec.flinkVersion ?? "") &&
  status.jobStatus?.state === "RUNNING" &&
  status.reconciliationStatus?.lastStableSpec === status.reconciliationStatus?.lastReconciledSpec &&
  settings.parallelismOverrides().size > 0;

/** `known`: what Flink has told of the job. */
export const hasLostOverrides = (situation: Situation, known: JobParallelism | undefined): boolean =>
  mayLoseOverrides(situation) &&
  [...situation.settings.parallelismOverrides()].some(([id, parallelism]) => {
    const bounds = known?.requirements?.[id]?.parallelism;
    return bounds !== undefined && bounds.upperBound !== Number(parallelism);
  });

/** The change under way gives vertices the overrides that the deployed spec has. */
export function setsLostOverrides({ diff, settings, status: { rescale } }: Situation): boolean {
  const after = parseParallelism(rescale?.after);
  const overrides = settings.parallelismOverrides();
  return (
    diff?.type === "IGNORE" &&
    rescale?.before !== rescale?.after &&
    after.size > 0 &&
    [...after].every(([id, parallelism]) => Number(overrides.get(id)) === parallelism)
  );
}
