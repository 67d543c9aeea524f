import {
  type Color,
  colors,
  otherColor,
  templateSpecOf,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { buildChild, isSameSpec, jobStateOf } from "./child.ts";
import type { Outcome } from "./decision.ts";
import { normal } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { writeChild } from "./inPlace.ts";
import { childOf, type Situation, type Step } from "./situation.ts";
import { begun, withJobState } from "./status.ts";

/** A resource that nobody has looked at yet. */
export const created: Step = ({ status }) =>
  status.blueGreenState === undefined
    ? { status: { ...status, blueGreenState: "INITIALIZING_BLUE" }, requeueAfterMs: 0 }
    : undefined;

/**
 * The first FlinkDeployment: made from the template, with the template's own path to restore from. After an attempt that was
 * given up, only an edit leads to another one, in the FlinkDeployment that the first one left: its state, if it has any, goes on.
 */
export const initializing: Step = (situation) => {
  const { status, reconciled, resource, facts } = situation;
  if (status.blueGreenState !== "INITIALIZING_BLUE") return undefined;
  const spec = templateSpecOf(resource.spec);
  if (facts.invalid !== undefined) return {};
  if (jobStateOf(spec) === "suspended")
    return status.jobStatus?.state === "SUSPENDED" ? {} : { status: withJobState(status, "SUSPENDED") };
  const isTried = reconciled !== undefined && isSameSpec(templateSpecOf(reconciled), spec);
  if (isTried && status.jobStatus?.state !== "SUSPENDED") return {};
  const withState = colors.find((color) => isOnlyWithState(situation, color));
  return withState === undefined
    ? deployFirst(situation)
    : { status: { ...status, blueGreenState: `ACTIVE_${withState}` }, requeueAfterMs: 0 };
};

/**
 * The Java operator comes back to this state, too, where it suspends the active side and that takes longer than the grace period. Then
 * that side has the job's state, and goes on where it is.
 */
function isOnlyWithState(situation: Situation, color: Color): boolean {
  const child = childOf(situation, color);
  if (child === undefined || childOf(situation, otherColor(color)) !== undefined) return false;
  return color === "GREEN" || hasOwnState(child);
}

/** Its job was stopped with a snapshot, which is not what it was started from. */
function hasOwnState({ resource: { spec, status } }: ChildFacts): boolean {
  const path = status?.jobStatus?.upgradeSavepointPath;
  return jobStateOf(spec) === "suspended" && path !== undefined && path !== spec.job?.initialSavepointPath;
}

function deployFirst(situation: Situation): Outcome {
  const { resource, settings, now } = situation;
  // It was set when an earlier attempt was given up.
  const { deploymentReadyTimestamp: _, ...status } = situation.status;
  const child = buildChild(resource, "BLUE", undefined);
  const written = writeChild(situation, "BLUE", child);
  if (written.actions === undefined) return written;
  const reason = `The FlinkDeployment ${child.metadata.name} is created: the first one.`;
  return {
    ...written,
    status: {
      ...begun(status, resource.spec, now + settings.abortGraceMs),
      blueGreenState: "TRANSITIONING_TO_BLUE",
    },
    explanation: { act: "Launch", reason },
    events: childOf(situation, "BLUE") === undefined ? [normal("Submit", reason)] : [],
    requeueAfterMs: settings.intervalMs,
  };
}
