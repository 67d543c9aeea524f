import type { JobParallelism } from "../../../api/flinkFacts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { awaitOthers } from "../suspension/actsOfOthers.ts";
import { specChanged } from "../upgrade/specChangedEvent.ts";
import { checkpointIntent } from "./checkpoint.ts";
import { cleared, completed } from "./completed.ts";
import { carriesOn, goesInPlace, isRescale, lastsBeyondItsEdit, parallelismOf } from "./eligibility.ts";
import { carryOut, goBack, pausing, underWay } from "./phases.ts";
import {
  formatParallelism,
  parseParallelism,
  recordedTarget,
  type Target,
  targetOf,
  undoing,
} from "./target.ts";

/**
 * Changes the parallelism of a running job through Flink's REST API, without a restart of its processes (docs/adr/0030):
 * intent in the status, a checkpoint, the new requirements, and, once the tasks run with them, the record of the spec. The
 * deployed spec stays the old one until then, so that an interrupted change is begun again. Where it is impossible, the step
 * does not apply, and the change is an upgrade.
 */
export const rescaleInPlace: Step = (situation) => {
  const { status } = situation;
  if (isRescale(situation) && lastsBeyondItsEdit(situation)) return withoutItsEdit(situation);
  if (!goesInPlace(situation)) return undefined;
  const known = parallelismOf(situation);
  const isBegun = status.rescale?.after !== undefined;
  if (known?.requirements === undefined || !(isBegun || isRunning(situation))) return awaitAnswer(situation);
  const target = targetOf(situation, known, parseParallelism(status.rescale?.before));
  if (typeof target === "string") return undefined;
  if (status.rescale?.after === formatParallelism(target.after)) return inPhase(situation, known, target);
  return target.after.size === 0
    ? completed(situation, known, [specChanged(situation)])
    : (awaitOthers(situation, { kind: "savepoint" }) ?? intended(situation, target));
};

const inPhase = (situation: Situation, known: JobParallelism, target: Target): Outcome =>
  situation.status.rescale?.givenUpTime === undefined
    ? carryOut(situation, known, target)
    : pausing(situation, known, target, situation.status.rescale.givenUpTime);

/** Whatever the specs say now, Flink may have noted the change. */
function withoutItsEdit(situation: Situation): Outcome {
  const { rescale, jobManagerDeploymentStatus: jobManager } = situation.status;
  const known = parallelismOf(situation);
  const begun = recordedTarget(rescale ?? {});
  if (begun.before.size === 0 || (known !== undefined && known.requirements === undefined))
    return cleared(situation);
  if (known === undefined || jobManager !== "READY") return { ...underWay, othersMayAct: true };
  const goesOn = carriesOn(situation);
  const target = goesOn ? begun : undoing(begun);
  if (rescale?.after !== formatParallelism(target.after)) return intended(situation, target);
  return goesOn && formatParallelism(target.before) !== formatParallelism(target.after)
    ? inPhase(situation, known, target)
    : goBack(situation, known, target);
}

const isRunning = ({ status }: Situation): boolean =>
  status.jobManagerDeploymentStatus === "READY" && status.jobStatus?.state === "RUNNING";

/** Nothing is written before Flink has answered. While it cannot, the time from which it is waited for is. */
function awaitAnswer(situation: Situation): Outcome {
  const { status, now } = situation;
  if (status.rescale?.givenUpTime !== undefined) return { ...underWay, othersMayAct: true };
  if (status.rescale !== undefined) return underWay;
  return isRunning(situation)
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
