import { isAtWork, type JobOverview } from "../../../api/flinkFacts.ts";
import type { Disruption } from "../../../api/v1beta1/commonStatus.ts";
import type { Amount } from "../../../config/values/amount.ts";
import type { EventIntent } from "../model/decision.ts";
import type { SessionJobFacts, WaveFacts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { isBeingStopped } from "../status/beingStopped.ts";

/**
 * Changes that are no edits disrupt the resources of a namespace in waves (docs/adr/0038). A wave has places. A resource takes one
 * when it prepares or begins to stop what runs, and has it until it is stable again for some time.
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

/** What the end of a place depends on, besides the status. */
export interface PlaceFacts {
  readonly now: number;
  readonly settings: Pick<Settings, "stableTimeMs" | "progressDeadlineMs">;
  /** As Flink tells of it. */
  readonly job: JobOverview | undefined;
  /** Of a session cluster, whose replacement disrupts them. */
  readonly sessionJobs?: readonly SessionJobFacts[] | undefined;
}

/**
 * The record of the resource's place, which it has until it has been stable for some time: most of what is wrong with a change shows
 * soon after the start. One that has failed stays so until then. `status`: complete, as it is stored.
 */
export function disruptionOf(
  status: FlinkResourceStatus,
  known: Disruption | undefined,
  step: DisruptionStep | undefined,
  { now, settings, job, sessionJobs = [] }: PlaceFacts,
): Disruption | undefined {
  const begun: Disruption = { startedAt: timeOf(now) };
  if (step === "begins") return begun;
  if (step === undefined && (known === undefined || hasEnded(status))) return undefined;
  const { startedAt = timeOf(now), stableSince: before, failedAt } = known ?? begun;
  const away = sessionJobs.flatMap((each) => (each.deleting || each.away === undefined ? [] : [each.away]));
  // A job that had failed before is not restarted with its cluster.
  const awaited = away.filter((each) => (each.failedAt ?? now) >= Date.parse(startedAt));
  const isUp = isStable(status, job) && awaited.length === 0;
  const stableSince = Math.max(msOf(before) ?? now, Math.min(changedAt(job), now));
  if (step === undefined && isUp && now >= stableSince + settings.stableTimeMs) return undefined;
  const isFailing =
    (hasFailed(status) && (!isUp || step === "prepares")) || awaited.some((each) => each.hasFailed);
  const isLate = now >= Date.parse(startedAt) + timeLimitOf(settings, isUp);
  return {
    startedAt,
    ...(isUp ? { stableSince: timeOf(stableSince) } : {}),
    ...(failedAt === undefined && !isFailing && !isLate ? {} : { failedAt: failedAt ?? timeOf(now) }),
  };
}

/** One that becomes stable in time has the time that it must stay so. */
const timeLimitOf = (
  { stableTimeMs, progressDeadlineMs }: PlaceFacts["settings"],
  isStable: boolean,
): number => progressDeadlineMs + (isStable ? stableTimeMs : 0);

/** Milliseconds until the place ends or counts as failed, if nothing happens before; undefined: it does neither. */
export function untilPlaceChanges(
  { startedAt, stableSince, failedAt }: Disruption,
  { now, settings }: Pick<PlaceFacts, "now" | "settings">,
): number | undefined {
  const at = [
    ...(stableSince === undefined ? [] : [Date.parse(stableSince) + settings.stableTimeMs]),
    ...(startedAt === undefined || failedAt !== undefined
      ? []
      : [Date.parse(startedAt) + timeLimitOf(settings, stableSince !== undefined)]),
  ].filter((time) => time > now);
  return at.length === 0 ? undefined : Math.min(...at) - now;
}

/** When Flink last saw a change that may be a restart between two looks at the job. Tasks of a bounded source end by themselves. */
const changedAt = (job: JobOverview | undefined): number =>
  job === undefined || (job.tasks.finished ?? 0) > 0 ? 0 : job.lastModification;

/** Undefined: it is no time. The status may have been edited by hand. */
function msOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** The job is not to run, or has ended by itself or by hand. */
export function hasEnded(status: FlinkResourceStatus): boolean {
  const { lifecycleState, jobStatus, reconciliationStatus } = status;
  if (isStopping(status)) return false;
  const isEnded = isTerminal(jobStatus?.state) && jobStatus?.state !== "FAILED";
  return lifecycleState === "SUSPENDED" || (reconciliationStatus?.state === "DEPLOYED" && isEnded);
}

/** A spec that was stable once is called stable, whatever the job does. */
export const isStable = (status: FlinkResourceStatus, job?: JobOverview): boolean =>
  status.lifecycleState === "STABLE" &&
  !isStopping(status) &&
  (status.jobManagerDeploymentStatus ?? "READY") === "READY" &&
  (status.jobStatus?.state ?? "RUNNING") === "RUNNING" &&
  (job === undefined || isAtWork(job));

const isStopping = (status: FlinkResourceStatus): boolean =>
  isBeingStopped(status) || status.replacement !== undefined || status.warmUpgrade !== undefined;

/** A resource that was rolled back runs, and yet the change has failed. */
export const hasFailed = ({ lifecycleState, error }: FlinkResourceStatus): boolean =>
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
