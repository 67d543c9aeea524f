import type { Outcome, Situation } from "../model/situation.ts";
import type { SuspendMode } from "../model/suspendMode.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { savepointOfOthers } from "../snapshots/pendingSnapshots.ts";

/** How long the tasks of a job that is being stopped may take to end after its savepoint is complete. */
const ENDING_MS = 60_000;
/** How long to wait for a JobManager that refuses to report the checkpoints. */
const REFUSED_MS = 60_000;
/** How long an answer of Flink counts as fresh. A stop that begins later is not seen. */
const FRESH_MS = 1_000;

/**
 * Waits for a stop or a savepoint that the status does not record, before the job is taken down by `mode`: one of the Java
 * operator, of a person or of a script. Of two stops at once both fail (docs/adr/0020). Undefined: there is none.
 */
export function awaitOthers(situation: Situation, { kind }: Pick<SuspendMode, "kind">): Outcome | undefined {
  // Nothing runs any more, or its state is discarded.
  if (kind === "none" || kind === "stateless") return undefined;
  // A stop with savepoint is only recorded now. The check is repeated before it is requested.
  const freshMs = kind === "savepoint" ? Math.max(situation.settings.statisticsCacheMs, FRESH_MS) : FRESH_MS;
  const stop = stopOfOthers(situation, freshMs);
  if (stop !== undefined) return stop;
  const savepoint = savepointOfOthers(situation);
  return savepoint === undefined ? undefined : { waitsFor: savepoint, othersMayAct: true };
}

/** Waits for a stop with savepoint that is in progress in Flink. Undefined: there is none, or Flink cannot be asked. */
export function stopOfOthers({ status, facts, now }: Situation, freshMs = FRESH_MS): Outcome | undefined {
  const job = jobOf(facts, status.jobStatus?.jobId);
  const { flink } = facts;
  if (status.jobManagerDeploymentStatus !== "READY" || job === undefined || isTerminal(job.state))
    return undefined;
  const reported = flink?.checkpoints?.jobId === job.id ? flink.checkpoints : undefined;
  if (reported?.isRequested !== true && now - (reported?.asOf ?? 0) > freshMs) {
    const failure = flink?.partFailures?.checkpoints;
    // It answers all requests with a refusal.
    if (failure?.kind === "answered" && now - (failure.since ?? now) > REFUSED_MS) return undefined;
    return failure === undefined
      ? { looksFirst: true }
      : { looksFirst: true, waitsFor: "Flink has not yet told whether somebody else stops the job" };
  }
  const stop = reported?.statistics?.stopping;
  if (stop === undefined) return undefined;
  if (stop.completedAt !== undefined && now - stop.completedAt > ENDING_MS) return undefined;
  return {
    looksFirst: true,
    waitsFor: "somebody else stops the job with a savepoint, which is gone on from",
  };
}
