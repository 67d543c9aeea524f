import type { Situation } from "../model/situation.ts";
import { checkpointsOf } from "../observe/observeJob.ts";

/**
 * Whether a job may be restored from its newest checkpoint, or would repeat too much work (REFERENCE 1.6, rule 6).
 */
export type AgeOfState = "young" | "about-to-be-young" | "old" | "unknown";

/** Older statistics do not prove that there is no younger checkpoint. */
const FRESH_MS = 10_000;

/** Compares with `last-state.max.allowed.checkpoint.age`; without the option, any age is young. */
export function ageOfState({ status, facts, settings, now }: Situation): AgeOfState {
  const { maxCheckpointAgeMs } = settings;
  if (maxCheckpointAgeMs === undefined) return "young";
  const isYoung = (at: number | undefined): boolean => at !== undefined && now - at < maxCheckpointAgeMs;
  const { jobId, startTime } = status.jobStatus ?? {};
  if (isYoung(startTime === undefined ? undefined : Number(startTime))) return "young";
  const statistics = checkpointsOf(facts, jobId);
  if (isYoung(statistics?.latestCompleted?.timestamp)) return "young";
  if (now - (facts.flink?.checkpoints?.at ?? 0) > FRESH_MS) return "unknown";
  return isYoung(statistics?.pendingSince) ? "about-to-be-young" : "old";
}
