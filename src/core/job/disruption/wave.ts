import type { Disruption } from "../../../api/v1beta1/commonStatus.ts";
import type { Amount } from "../../../config/values/amount.ts";
import type { EventIntent } from "../model/decision.ts";
import type { WaveFacts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { isBeingStopped } from "../status/beingStopped.ts";

/**
 * Changes that are no edits disrupt the resources of a namespace in waves (docs/adr/0038). A wave has places. A resource takes one
 * with the intent to stop what runs, and has it until it is stable again.
 */

type Limits = Pick<Settings, "maxUnavailable" | "failureThreshold">;

/** How many resources may be disrupted at once. A percentage is rounded down, and is one resource at least unless it is 0%. */
export const placesOf = (max: Amount, resources: number): number => {
  if ("count" in max) return max.count;
  return max.percent === 0 ? 0 : Math.max(1, Math.floor((resources * max.percent) / 100));
};

/** How many failures stop the wave: one at least. A percentage of its places is rounded up. */
const failuresOf = (threshold: Amount, places: number): number =>
  Math.max(1, "count" in threshold ? threshold.count : Math.ceil((places * threshold.percent) / 100));

/** The places of the wave if there is none for a further resource. Undefined: there is one, or there is no limit. */
export function fullWave(
  { maxUnavailable, failureThreshold }: Limits,
  wave: WaveFacts | undefined,
): { readonly places: number } | undefined {
  if (maxUnavailable === undefined || wave === undefined) return undefined;
  const places = placesOf(maxUnavailable, wave.resources);
  const isStopped = wave.failed >= failuresOf(failureThreshold, places);
  return isStopped || wave.disrupted >= places ? { places } : undefined;
}

/** A decision prepares the restart of what runs, which is untouched until then; or it begins to stop that. */
export type DisruptionStep = "prepares" | "begins";

/** The record of the resource's place. `status`: complete, as it is stored. */
export function disruptionOf(
  status: FlinkResourceStatus,
  known: Disruption | undefined,
  step: DisruptionStep | undefined,
  now: number,
): Disruption | undefined {
  const begun: Disruption = { startedAt: new Date(now).toISOString() };
  if (step === "begins") return begun;
  if (step === undefined && (known === undefined || isOver(status))) return undefined;
  const { failedAt: before, ...rest } = known ?? begun;
  return hasFailed(status) ? { ...rest, failedAt: before ?? new Date(now).toISOString() } : rest;
}

/** The resource is stable again, or its job is not to run, or has ended by itself or by hand. */
function isOver(status: FlinkResourceStatus): boolean {
  const { lifecycleState, jobStatus, reconciliationStatus, replacement, warmUpgrade } = status;
  if (isBeingStopped(status) || replacement !== undefined || warmUpgrade !== undefined) return false;
  const isEnded = isTerminal(jobStatus?.state) && jobStatus?.state !== "FAILED";
  return (
    lifecycleState === "SUSPENDED" ||
    lifecycleState === "STABLE" ||
    (reconciliationStatus?.state === "DEPLOYED" && isEnded)
  );
}

/** A resource that was rolled back runs, and yet the change has failed. */
const hasFailed = ({ lifecycleState, error }: FlinkResourceStatus): boolean =>
  error !== undefined ||
  lifecycleState === "FAILED" ||
  lifecycleState === "ROLLING_BACK" ||
  lifecycleState === "ROLLED_BACK";

/** One event, by the resource whose failure stops the wave. */
export function waveEvents(
  known: Disruption | undefined,
  next: Disruption | undefined,
  { maxUnavailable, failureThreshold }: Limits,
  wave: WaveFacts | undefined,
): EventIntent[] {
  const begins = next?.failedAt !== undefined && known?.failedAt === undefined;
  if (!begins || next.startedAt === undefined || maxUnavailable === undefined || wave === undefined)
    return [];
  const limit = failuresOf(failureThreshold, placesOf(maxUnavailable, wave.resources));
  const failed = wave.failed + 1;
  if (failed !== limit) return [];
  const message =
    `Changes that are no edits restart no further resource of this namespace: ${failed} of ${wave.disrupted + 1} that they have ` +
    "disrupted failed, this one last. They go on once it is stable, suspended or deleted.";
  return [{ type: "Warning", reason: "WaveStopped", component: "Operator", message, key: next.startedAt }];
}
