import { isAtWork, type JobParallelism, type OperationStatus } from "../../../api/flinkFacts.ts";
import { deriveTriggerId } from "../../ids.ts";
import { formatLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { errorTypes } from "../../statusError.ts";
import type { EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { jobOf } from "../observe/observeJob.ts";
import { report } from "../status/failure.ts";
import { specChanged } from "../upgrade/specChangedEvent.ts";
import { goesInPlace, isNoted, parallelismOf } from "./eligibility.ts";
import {
  formatParallelism,
  isSameRequirements,
  parseParallelism,
  requirementsFor,
  type Target,
  targetOf,
  undoing,
} from "./target.ts";

/** The pause after a failed checkpoint, in milliseconds. */
const CHECKPOINT_PAUSE_MS = 5_000;

const underWay: Outcome = { waitsFor: "the parallelism of the job to be changed in place" };

/**
 * Changes the parallelism of a running job through Flink's REST API, without a restart of its processes (docs/adr/0030):
 * intent in the status, a checkpoint, the new requirements, and, once the tasks run with them, the record of the spec. The
 * deployed spec stays the old one until then, so that an interrupted change is begun again. Where it is impossible, the step
 * does not apply, and the change is an upgrade.
 */
export const rescaleInPlace: Step = (situation) => {
  if (!goesInPlace(situation)) return undefined;
  const { status } = situation;
  const known = parallelismOf(situation);
  if (known?.requirements === undefined) return awaitAnswer(situation);
  const target = targetOf(situation, known, parseParallelism(status.rescale?.before));
  if (typeof target === "string") return undefined;
  if (status.rescale?.after !== formatParallelism(target.after))
    return target.after.size === 0
      ? { ...completed(situation), events: [specChanged(situation)] }
      : intended(situation, target);
  return status.rescale.givenUpTime === undefined
    ? carryOut(situation, known, target)
    : pausing(situation, known, target, status.rescale.givenUpTime);
};

/** Nothing is written before Flink has answered. While it cannot, the time from which it is waited for is. */
function awaitAnswer({ status, now }: Situation): Outcome {
  if (status.rescale !== undefined) return underWay;
  return status.jobManagerDeploymentStatus === "READY" && status.jobStatus?.state === "RUNNING"
    ? { looksFirst: true }
    : { ...underWay, status: { ...status, rescale: { startTime: now } } };
}

/** The intent, with the trigger id of the checkpoint. */
function intended(situation: Situation, target: Target): Outcome {
  const { status, now, diff } = situation;
  return {
    status: {
      ...status,
      rescale: {
        startTime: now,
        before: formatParallelism(target.before),
        after: formatParallelism(target.after),
        ...checkpointIntent(situation),
      },
    },
    events: diff?.type === "IGNORE" ? [] : [specChanged(situation)],
    explanation: {
      act: "Rescale",
      reason:
        diff?.type !== "IGNORE"
          ? "Nothing but the parallelism changed: it is changed in place, without a restart."
          : status.rescale === undefined
            ? "Flink has started the job without the overrides of its vertices (FLINK-38770): they are set in place."
            : "The change of the parallelism was taken back before its end: the job goes back to what it had.",
      facts: [diff?.text ?? ""],
    },
    ...underWay,
    requeueAfterMs: 0,
  };
}

const checkpointIntent = ({ uid, status, now }: Situation) => ({
  triggerId: deriveTriggerId(`${uid}/rescale`, status.jobStatus?.jobId ?? "", now),
  triggerTimestamp: now,
});

function carryOut(situation: Situation, known: JobParallelism, target: Target): Outcome {
  const { requirements = {} } = known;
  const isDone = hasParallelism(situation, known, target);
  const wanted = requirementsFor(requirements, target, !isDone);
  const isSame = isSameRequirements(wanted, requirements);
  if (isDone) return { ...completed(situation), ...(isSame ? {} : { actions: [put(situation, wanted)] }) };
  if (isSame) return isLate(situation) ? givenUp(situation) : underWay;
  // Noted, with other bounds: the job goes on from what it has come to.
  return isNoted(situation)
    ? { ...underWay, actions: [put(situation, wanted)] }
    : (checkpointFirst(situation) ?? { ...underWay, actions: [put(situation, wanted)], events: [scaling] });
}

const isLate = ({ now, status, settings }: Situation): boolean =>
  now - (status.rescale?.startTime ?? 0) >= settings.readinessTimeoutMs;

const put = ({ status }: Situation, requirements: NonNullable<JobParallelism["requirements"]>) => ({
  kind: "rescale" as const,
  jobId: status.jobStatus?.jobId ?? "",
  requirements,
});

/**
 * The job goes on from its newest checkpoint, however old: without any, Flink 1 begins anew, without an error. Undefined: the
 * checkpoint is complete.
 */
function checkpointFirst(situation: Situation): Outcome | undefined {
  const { status, facts, now } = situation;
  const { triggerId = "", triggerTimestamp = 0 } = status.rescale ?? {};
  const { jobId = "" } = status.jobStatus ?? {};
  const follow = { rescale: { kind: "checkpoint" as const, jobId, triggerId } };
  const job = jobOf(facts, jobId);
  switch (answerOf(situation, triggerId)?.state) {
    case "completed":
      return undefined;
    case "failed": {
      const pause = triggerTimestamp + CHECKPOINT_PAUSE_MS - now;
      return pause > 0
        ? { ...underWay, requeueAfterMs: pause }
        : {
            ...underWay,
            status: { ...status, rescale: { ...status.rescale, ...checkpointIntent(situation) } },
            requeueAfterMs: 0,
          };
    }
    case "unknown":
      return job !== undefined && isAtWork(job)
        ? {
            ...underWay,
            follow,
            actions: [{ kind: "trigger-checkpoint", jobId, triggerId, checkpointType: "CONFIGURED" }],
          }
        : underWay;
    default:
      return { ...underWay, follow };
  }
}

function answerOf({ facts }: Situation, triggerId: string): OperationStatus | undefined {
  if (facts.requests?.unsent.has(triggerId)) return { state: "unknown" };
  const followed = facts.operations?.rescale;
  return followed?.operation.triggerId === triggerId ? followed.answer?.status : undefined;
}

/**
 * The tasks have the parallelism of the target. The overview is newer than the vertices, which Flink caches, and tells only their
 * sum.
 */
function hasParallelism(
  { facts, status }: Situation,
  { requirements = {}, vertices }: JobParallelism,
  target: Target,
): boolean {
  const job = jobOf(facts, status.jobStatus?.jobId);
  if (job === undefined || !isAtWork(job)) return false;
  const { before, after } = target;
  const sumOf = (of: (id: string) => number) =>
    Object.keys(requirements).reduce((sum, id) => sum + of(id), 0);
  const upper = (id: string) => requirements[id]?.parallelism.upperBound ?? 0;
  const expected = sumOf((id) => after.get(id) ?? upper(id));
  if (expected !== sumOf((id) => before.get(id) ?? upper(id)) && job.tasks.total === expected) return true;
  return [...after].every(([id, parallelism]) => {
    const vertex = vertices.find((each) => each.id === id);
    return vertex?.parallelism === parallelism && vertex.running === parallelism;
  });
}

/** Not enough slots have come: an upgrade would not find them either, and the job would be down meanwhile. */
function givenUp(situation: Situation): Outcome {
  const { status, now, settings } = situation;
  const message =
    `The slots for the new parallelism have not come within ${settings.readinessTimeoutMs / 1_000} s: the job runs on with the ` +
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

/** A lower bound above what is there would fail the job after any loss of a slot, so it is taken back. */
function pausing(situation: Situation, known: JobParallelism, target: Target, since: number): Outcome {
  const { now, settings, status } = situation;
  const { requirements = {} } = known;
  const wanted = requirementsFor(requirements, undoing(target), false);
  if (!isSameRequirements(wanted, requirements)) return { ...underWay, actions: [put(situation, wanted)] };
  const pause = since + settings.readinessTimeoutMs - now;
  if (pause > 0) return { ...underWay, requeueAfterMs: pause };
  const { givenUpTime: _, ...rescale } = status.rescale ?? {};
  return {
    ...underWay,
    status: { ...status, rescale: { ...rescale, startTime: now, ...checkpointIntent(situation) } },
    requeueAfterMs: 0,
  };
}

/** The spec is recorded as deployed; stable if the previous one was stable. */
function completed({ status, spec, deployed, diff, generation, kind }: Situation): Outcome & {
  status: FlinkResourceStatus;
} {
  const { rescale: _, ...rest } = status;
  const base = { ...rest, error: undefined, observedGeneration: generation };
  if (diff?.type === "IGNORE" || deployed === undefined) return { status: base, requeueAfterMs: 0 };
  const before = status.reconciliationStatus;
  // The job keeps running as it was started, except for its parallelism.
  const recorded = formatLastReconciledSpec(
    { ...spec, job: { ...deployed.spec.job, parallelism: spec.job?.parallelism } },
    { firstDeployment: deployed.metadata?.firstDeployment === true },
    kind.spec,
  );
  const wasStable = before?.lastStableSpec === before?.lastReconciledSpec;
  return {
    status: {
      ...base,
      reconciliationStatus: {
        ...before,
        lastReconciledSpec: recorded,
        ...(wasStable ? { lastStableSpec: recorded } : {}),
      },
    },
    // The same edit may ask for a snapshot.
    requeueAfterMs: 0,
  };
}

/** In the words of the Java operator. */
const scaling: EventIntent = {
  type: "Normal",
  reason: "Scaling",
  component: "Job",
  message: "In-place scaling triggered",
};
