import { isAtWork, type JobOverview } from "../../../api/flinkFacts.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { TASKS_STARTING } from "../status/conditionReason.ts";
import { jobOf } from "./observeJob.ts";

/** A healthy job has its slots, and its tasks run, within this time: until then, details would be a write each. */
const PATIENCE_MS = 20_000;

/** What keeps the tasks of a job that Flink calls RUNNING from running, in a sentence; undefined: they run, or it is not called so. */
export function missingForTasks(status: FlinkResourceStatus, facts: Facts, now: number): string | undefined {
  const { state, jobId } = status.jobStatus ?? {};
  if (state !== "RUNNING") return undefined;
  const job = jobOf(facts, jobId);
  // To an operator that has just started: as it was.
  if (job === undefined) return status.conditions?.find(({ reason }) => reason === TASKS_STARTING)?.message;
  // One that has ended is said to be RUNNING until its last snapshot is known.
  if (isAtWork(job) || job.state !== "RUNNING") return undefined;
  const starting = "Flink calls the job RUNNING, but its tasks do not run yet.";
  if (now - job.startTime < PATIENCE_MS) return starting;
  return [starting, ...slots(job.tasks, facts), ...pendingPods(facts)].join(" ");
}

function slots(
  { running = 0, finished = 0, scheduled = 0, total = 0 }: JobOverview["tasks"],
  { flink }: Facts,
): string[] {
  const taskManagers = flink?.taskManagers?.list ?? [];
  const has = taskManagers.reduce((sum, each) => sum + each.slots, 0);
  const free = taskManagers.reduce((sum, each) => sum + each.freeSlots, 0);
  const waiting = scheduled > 0 ? `${scheduled} wait for slots` : "the others are being started";
  return [
    `${running + finished} of ${total} tasks run, ${waiting}; ${taskManagers.length} TaskManagers are registered, with ${has} ` +
      `slots, ${free} of them free.`,
  ];
}

/** Of pods that no node has room for, the scheduler says why. */
function pendingPods({ taskManagerPods }: Facts): string[] {
  const pending = taskManagerPods.filter(
    ({ deleting, unschedulable }) => !deleting && unschedulable !== undefined,
  );
  const [first] = pending;
  if (first === undefined) return [];
  const pods =
    pending.length === 1 ? "1 TaskManager pod is pending" : `${pending.length} TaskManager pods are pending`;
  return [`${pods}: ${first.unschedulable}`];
}
