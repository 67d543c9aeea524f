import { isAtWork, type JobOverview } from "../../../api/flinkFacts.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { TASKS_STARTING } from "../status/conditionReason.ts";
import { jobOf } from "./observeJob.ts";

/** The time in which the tasks of a healthy job run. Details before that would cost a status write each. */
const START_TIMEOUT_MS = 20_000;

/** Why the tasks of a job that Flink reports as RUNNING do not run, in a sentence. Undefined: they run, or the job is not RUNNING. */
export function missingForTasks(status: FlinkResourceStatus, facts: Facts, now: number): string | undefined {
  const { state, jobId } = status.jobStatus ?? {};
  if (state !== "RUNNING") return undefined;
  const job = jobOf(facts, jobId);
  // The operator has just started: the last known state.
  if (job === undefined) return status.conditions?.find(({ reason }) => reason === TASKS_STARTING)?.message;
  // The status of an ended job is RUNNING until its last snapshot is known.
  if (isAtWork(job) || job.state !== "RUNNING") return undefined;
  const starting = "Flink calls the job RUNNING, but its tasks do not run yet.";
  if (now - job.startTime < START_TIMEOUT_MS) return starting;
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

/** The scheduler's reason for pods that no node has room for. */
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
