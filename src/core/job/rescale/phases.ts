import { isAtWork, type JobOverview, type JobParallelism } from "../../../api/flinkFacts.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { errorTypes } from "../../statusError.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { jobOf } from "../observe/observeJob.ts";
import { report } from "../status/failure.ts";
import { awaitOthers } from "../suspension/actsOfOthers.ts";
import {
  checkpointAgain,
  checkpointFirst,
  checkpointIntent,
  followed,
  hasFailedCheckpoint,
} from "./checkpoint.ts";
import { cleared, completed } from "./completed.ts";
import { isNoted, lastsBeyondItsEdit, pauseMs } from "./eligibility.ts";
import { isSameRequirements, requirementsFor, type Target, undoing } from "./target.ts";

export const underWay: Outcome = { waitsFor: "the parallelism of the job to be changed in place" };

/** After the intent: the checkpoint, the request, the wait for the tasks, and the end. */
export function carryOut(situation: Situation, known: JobParallelism, target: Target): Outcome {
  const { requirements = {} } = known;
  const job = jobAsked(situation);
  if (hasParallelism(job, situation, known, target)) {
    const wanted = requirementsFor(requirements, target, false);
    const actions = isSameRequirements(wanted, requirements) ? {} : { actions: [put(situation, wanted)] };
    // What the job runs with is recorded, or undone, once the edit is decided on.
    return lastsBeyondItsEdit(situation)
      ? { ...actions, othersMayAct: true }
      : { ...completed(situation, known), ...actions };
  }
  // A job that has lost a task would not start again before all slots are there, and fail without them in the end.
  const isDown = job !== undefined && !isAtWork(job);
  const isFirm = !isDown && (job === undefined || !hasTasks(job, known, target));
  const wanted = requirementsFor(requirements, target, isFirm);
  if (isSameRequirements(wanted, requirements)) {
    if (isLate(situation)) return givenUp(situation, target);
    return job !== undefined && !isDown && hasSlots(situation, target)
      ? { ...underWay, ...checkpointAgain(situation) }
      : underWay;
  }
  // Noted, with other bounds: the job goes on from what it has come to.
  if (isNoted(situation)) return { ...underWay, actions: [put(situation, wanted)] };
  return request(situation, isDown ? undefined : wanted);
}

/** The checkpoint, then the requirements, which restart the tasks. Undefined: not now. */
function request(
  situation: Situation,
  wanted: NonNullable<JobParallelism["requirements"]> | undefined,
): Outcome {
  const checkpoint = checkpointFirst(situation);
  if (checkpoint !== undefined) return { ...underWay, ...checkpoint };
  const others = awaitOthers(situation, { kind: "savepoint" });
  return others === undefined && wanted !== undefined
    ? { ...underWay, actions: [put(situation, wanted)], events: [scaling] }
    : { ...underWay, ...followed(situation), ...others };
}

/** The job goes back to what it had. Once Flink has that noted, nothing is left of the change. */
export function goBack(
  situation: Situation,
  { requirements = {}, vertices }: JobParallelism,
  target: Target,
) {
  const wanted = requirementsFor(requirements, target, false);
  if (isSameRequirements(wanted, requirements)) return cleared(situation);
  const job = jobAsked(situation);
  const isThere = [...target.after].every(([id, parallelism]) => {
    const vertex = vertices.find((each) => each.id === id);
    return vertex?.parallelism === parallelism;
  });
  // Nothing is restarted by it, or has no tasks to take a checkpoint of.
  if (isThere || (job !== undefined && !isAtWork(job)))
    return { ...underWay, actions: [put(situation, wanted)] };
  return isLate(situation) && hasFailedCheckpoint(situation)
    ? withoutCheckpoint(situation)
    : request(situation, wanted);
}

function withoutCheckpoint(situation: Situation): Outcome {
  const reported = report(
    situation.status,
    errorTypes.reconciliation,
    "Scaling",
    "The parallelism cannot be changed back, since no checkpoint can be taken before it: the job runs on with another parallelism " +
      "than its spec has. It is tried again by itself.",
    "Job",
  );
  const checkpoint = checkpointFirst({ ...situation, status: reported.status }, pauseMs(situation));
  return { ...underWay, ...reported, ...checkpoint, othersMayAct: true };
}

/** A lower bound above what is there would fail the job after any loss of a slot, so it is taken back. */
export function pausing(
  situation: Situation,
  { requirements = {} }: JobParallelism,
  target: Target,
  since: number,
): Outcome {
  const { now, status } = situation;
  const wanted = requirementsFor(requirements, undoing(target), false);
  if (!isSameRequirements(wanted, requirements)) return { ...underWay, actions: [put(situation, wanted)] };
  const pause = since + pauseMs(situation) - now;
  if (pause > 0) {
    // A request that failed meanwhile has taken the place of the error.
    const isTold = status.error?.includes('"reason":"Scaling"') === true;
    const error = isTold ? status.error : givenUp(situation, target).status?.error;
    return { ...underWay, status: { ...status, error }, othersMayAct: true, requeueAfterMs: pause };
  }
  const { givenUpTime: _, ...rescale } = status.rescale ?? {};
  return {
    ...underWay,
    status: { ...status, rescale: { ...rescale, startTime: now, ...checkpointIntent(situation) } },
    requeueAfterMs: 0,
  };
}

/** Not enough slots have come: an upgrade would not find them either, and the job would be down meanwhile. */
function givenUp(situation: Situation, target: Target): Outcome {
  const { status, now, settings } = situation;
  const seconds = settings.readinessTimeoutMs / 1_000;
  const { rescaleTriggerDelay } = flinkOptions;
  const message = hasSlots(situation, target)
    ? `Flink has not changed the parallelism within ${seconds} s, although slots are free: the job runs on with the parallelism that ` +
      `it had. See the log of the JobManager, and ${rescaleTriggerDelay.key}. It is tried again by itself.`
    : `The slots for the new parallelism have not come within ${seconds} s: the job runs on with the ` +
      "parallelism that it had. Make room for its TaskManagers (nodes, quota), or ask for less. It is tried again by itself.";
  const reported = report(
    { ...status, rescale: { ...status.rescale, givenUpTime: now } },
    errorTypes.reconciliation,
    "Scaling",
    message,
    "Job",
  );
  return { ...underWay, ...reported, requeueAfterMs: 0 };
}

const isLate = ({ now, status, settings }: Situation): boolean =>
  now - (status.rescale?.startTime ?? 0) >= settings.readinessTimeoutMs;

const put = ({ status }: Situation, requirements: NonNullable<JobParallelism["requirements"]>) => ({
  kind: "rescale" as const,
  jobId: status.jobStatus?.jobId ?? "",
  requirements,
});

const jobAsked = ({ facts, status }: Situation) => jobOf(facts, status.jobStatus?.jobId);

/** As many slots are free as the change needs more, if its vertices share them. */
function hasSlots({ facts }: Situation, { before, after }: Target): boolean {
  const list = facts.flink?.taskManagers?.list ?? [];
  const most = (parallelism: Target["after"]) => Math.max(0, ...parallelism.values());
  return list.reduce((sum, { freeSlots }) => sum + freeSlots, 0) >= most(after) - most(before);
}

/**
 * The tasks have the parallelism of the target, and Flink goes on having it. The overview is newer than the vertices, which Flink
 * caches, and tells only their sum: of one vertex that is enough.
 */
function hasParallelism(
  job: JobOverview | undefined,
  situation: Situation,
  known: JobParallelism,
  target: Target,
): boolean {
  if (job === undefined || !isAtWork(job) || !isNoted(situation) || !hasTasks(job, known, target))
    return false;
  return (
    (target.after.size === 1 && !isSameSum(target)) ||
    [...target.after].every(([id, parallelism]) => {
      const vertex = known.vertices.find((each) => each.id === id);
      return vertex?.parallelism === parallelism && vertex.running === parallelism;
    })
  );
}

const isSameSum = ({ before, after }: Target): boolean => sum(before.values()) === sum(after.values());

/** As many tasks as the target has. */
const hasTasks = ({ tasks }: JobOverview, { vertices }: JobParallelism, { after }: Target): boolean =>
  tasks.total === sum(vertices.map(({ id, parallelism }) => after.get(id) ?? parallelism));

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** In the words of the Java operator. */
const scaling: EventIntent = {
  type: "Normal",
  reason: "Scaling",
  component: "Job",
  message: "In-place scaling triggered",
};
