import { operatorOptions } from "../../../config/operatorOptions.ts";
import { forceHint, isForced } from "../../job/deletion/forceDeletion.ts";
import type { EventIntent } from "../../job/model/decision.ts";
import type { Outcome, Situation, Step } from "../../job/model/situation.ts";
import { isTerminal } from "../../job/observe/observeJob.ts";
import { namesOf } from "./replacement.ts";

/** A session cluster is not deleted while jobs use it. The status names them (REFERENCE 1.18). */
export const blockedSession: Step = (situation) => {
  const { facts, deployed, settings } = situation;
  const { sessionJobs, jobManager } = facts;
  if (sessionJobs === undefined || deployed === undefined || deployed.spec.job !== undefined)
    return undefined;
  if (isForced(situation) || jobManager?.deleting === true || !settings.blockOnSessionJobs) return undefined;
  if (sessionJobs.length > 0) {
    return blocked(
      situation,
      `these FlinkSessionJobs name it: ${namesOf(sessionJobs)}. Delete them first`,
      operatorOptions.sessionBlockOnSessionJobs.key,
      sessionJobs.every(({ deleting }) => deleting),
    );
  }
  const unmanaged = settings.blockOnUnmanagedJobs ? unmanagedJobs(situation) : [];
  if (unmanaged.length === 0) return undefined;
  return blocked(
    situation,
    `jobs run in it that no FlinkSessionJob started: ${namesOf(unmanaged)}. Cancel them first`,
    operatorOptions.sessionBlockOnUnmanagedJobs.key,
  );
};

function unmanagedJobs({ facts: { flink, jobManager, sessionJobs = [] } }: Situation): { name: string }[] {
  if (flink?.reachability !== "ok" || flink.deploymentUid !== jobManager?.uid) return [];
  const managed = new Set(sessionJobs.map(({ jobId }) => jobId));
  return (flink.jobs ?? [])
    .filter(({ id, state }) => !managed.has(id) && !isTerminal(state))
    .map(({ id, name }) => ({ name: `${name} (${id})` }));
}

/** `kubectl delete -f`, or the deletion of a namespace, may delete a cluster before its jobs: no person is needed there. */
const GRACE_PERIOD_MS = 60_000;

/** Nothing is wrong: the condition says what the deletion waits for, and one Event where only a person can end it. */
function blocked(situation: Situation, why: string, option: string, isEnding = false): Outcome {
  const { resource, now } = situation;
  const blockedBy = `${why}, or set ${option} to false. ${forceHint(situation)}`;
  if (isEnding) return { blockedBy };
  const remainingMs = Date.parse(resource.metadata.deletionTimestamp ?? "") + GRACE_PERIOD_MS - now;
  if (remainingMs > 0) return { blockedBy, requeueAfterMs: remainingMs };
  const message = `The session cluster is not deleted while ${blockedBy}`;
  return { blockedBy, events: [deletionBlocked(message)] };
}

const deletionBlocked = (message: string): EventIntent => ({
  type: "Warning",
  reason: "CleanupFailed",
  component: "Operator",
  message,
  key: "The deletion of the session cluster is blocked",
  once: true,
});
