import type { Outcome, Situation } from "../model/situation.ts";
import type { SuspendMode } from "../model/suspendMode.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { savepointOfOthers } from "../snapshots/pendingSnapshots.ts";

/** After its savepoint is complete, how long the tasks of a job that is being stopped may take to end. */
const ENDING_MS = 60_000;
/** After a JobManager has refused to tell for so long, it is not waited for any more. */
const REFUSED_MS = 60_000;
/** What Flink answered is fresh for this long: what somebody has begun since then is not seen. */
const FRESH_MS = 1_000;

/**
 * What has to be awaited before the job is taken down by `mode`: a stop or a savepoint that is not in our books, of the Java
 * operator, of a person or of a script. Two stops at once fail both (docs/adr/0020). Undefined: nothing.
 */
export function awaitOthers(situation: Situation, { kind }: Pick<SuspendMode, "kind">): Outcome | undefined {
  // Nothing runs any more, or what runs is thrown away.
  if (kind === "none" || kind === "stateless") return undefined;
  // A stop with savepoint is only intended here; when it is requested, the same is asked again.
  const freshMs = kind === "savepoint" ? Math.max(situation.settings.statisticsCacheMs, FRESH_MS) : FRESH_MS;
  const stop = stopOfOthers(situation, freshMs);
  if (stop !== undefined) return stop;
  const savepoint = savepointOfOthers(situation);
  return savepoint === undefined ? undefined : { waitsFor: savepoint, othersMayAct: true };
}

/** A stop with savepoint that goes on in Flink; also undefined where Flink cannot be asked. */
export function stopOfOthers({ status, facts, now }: Situation, freshMs = FRESH_MS): Outcome | undefined {
  const job = jobOf(facts, status.jobStatus?.jobId);
  const { flink } = facts;
  if (status.jobManagerDeploymentStatus !== "READY" || job === undefined || isTerminal(job.state))
    return undefined;
  const told = flink?.checkpoints?.jobId === job.id ? flink.checkpoints : undefined;
  if (told?.isRequested !== true && now - (told?.asOf ?? 0) > freshMs) {
    const failure = flink?.partFailures?.checkpoints;
    // It answers, again and again, that it does not want to tell.
    if (failure?.kind === "answered" && now - (failure.since ?? now) > REFUSED_MS) return undefined;
    return failure === undefined
      ? { looksFirst: true }
      : { looksFirst: true, waitsFor: "Flink has not yet told whether somebody else stops the job" };
  }
  const stop = told?.statistics?.stopping;
  if (stop === undefined) return undefined;
  if (stop.completedAt !== undefined && now - stop.completedAt > ENDING_MS) return undefined;
  return {
    looksFirst: true,
    waitsFor: "somebody else stops the job with a savepoint, which is gone on from",
  };
}
