import {
  type BlueGreenState,
  type Color,
  type FlinkBlueGreenDeployment,
  type FlinkBlueGreenDeploymentSpec,
  type FlinkBlueGreenDeploymentStatus,
  otherColor,
  templateSpecOf,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { type BlueGreenChange, changeOf } from "./change.ts";
import { mayRun } from "./child.ts";
import type { Outcome } from "./decision.ts";
import type { ChildFacts, Facts } from "./facts.ts";
import type { BlueGreenSettings } from "./settings.ts";
import { timeOf } from "./status.ts";

/** The input of a step. */
export interface Situation {
  readonly resource: FlinkBlueGreenDeployment;
  readonly status: FlinkBlueGreenDeploymentStatus;
  /** The spec that was last acted on; undefined: none was. */
  readonly reconciled: FlinkBlueGreenDeploymentSpec | undefined;
  readonly facts: Facts;
  readonly settings: BlueGreenSettings;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Why the API server has refused the route in this reconcile; undefined: it has not. */
  readonly refusal: string | undefined;
}

export type Step = (situation: Situation) => Outcome | undefined;

/** The color that the state is about: the active one, the one whose savepoint is taken, or the one that becomes active. */
export const colorOf = (state: BlueGreenState): Color => (state.endsWith("GREEN") ? "GREEN" : "BLUE");

export const childOf = ({ facts }: Situation, color: Color): ChildFacts | undefined => facts.children[color];

/** The other FlinkDeployment, if it is what runs now: neither gone, nor suspended as a transition that was given up leaves it. */
export function runningOther(situation: Situation, color: Color): ChildFacts | undefined {
  const other = childOf(situation, otherColor(color));
  return other !== undefined && mayRun(other.resource.spec, other.deleting) ? other : undefined;
}

/**
 * The other FlinkDeployment, if this one starts beside it and is to take its place. One that is older than the other was changed in
 * place: the Java operator ended between the creation of the other and the status, and an edit in place came then. It has the newer
 * state, and is not given up.
 */
export function replacedOther(situation: Situation, color: Color): ChildFacts | undefined {
  const other = runningOther(situation, color);
  const createdAt = createdAtOf(childOf(situation, color));
  const otherAt = createdAtOf(other);
  const isOlder = createdAt !== undefined && otherAt !== undefined && createdAt < otherAt;
  return isOlder ? undefined : other;
}

const createdAtOf = (child: ChildFacts | undefined): number | undefined => {
  const { creationTimestamp } = child?.resource.metadata ?? {};
  return creationTimestamp === undefined ? undefined : Date.parse(creationTimestamp);
};

/**
 * The first FlinkDeployment has never been ready. After an attempt that was given up, the Java operator leaves 1970 in the status, as
 * after a transition. In what it has begun, which has no decision of ours, a BLUE alone is a first one if it was never stable and has no
 * state but what the template names.
 */
export function isFirst(situation: Situation): boolean {
  const { status, reconciled } = situation;
  if (status.deploymentReadyTimestamp === undefined) return true;
  const { spec, status: ofBlue } = childOf(situation, "BLUE")?.resource ?? {};
  if (spec === undefined || childOf(situation, "GREEN") !== undefined) return false;
  const start = templateSpecOf(reconciled ?? {}).job?.initialSavepointPath;
  return (
    status.decisions === undefined &&
    status.blueGreenState === "TRANSITIONING_TO_BLUE" &&
    timeOf(status.deploymentReadyTimestamp) === 0 &&
    ofBlue?.reconciliationStatus?.lastStableSpec === undefined &&
    ofBlue?.lifecycleState !== "STABLE" &&
    spec.job?.initialSavepointPath === start &&
    [undefined, start].includes(ofBlue?.jobStatus?.upgradeSavepointPath)
  );
}

/** What the spec asks for beyond the one that was last acted on. */
export function changeIn(situation: Situation, color: Color): BlueGreenChange {
  const { reconciled, resource } = situation;
  const child = childOf(situation, color);
  const before = reconciled === undefined ? child?.resource.spec : templateSpecOf(reconciled);
  const after = templateSpecOf(resource.spec);
  return before === undefined ? "TRANSITION" : changeOf(before, after, child?.reactive ?? false);
}
