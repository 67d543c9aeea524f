import type {
  FlinkBlueGreenDeployment,
  FlinkBlueGreenDeploymentStatus,
} from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { PROMOTE_ANNOTATION } from "../../../api/v1beta1/names.ts";
import { blueGreenOptions } from "../../../config/operatorOptions/blueGreen.ts";
import { comparisonOptions } from "../../../config/operatorOptions/blueGreenVerification.ts";
import { decideBlueGreen } from "../../flinkbluegreendeployment/decide.ts";
import type { Action, Decision } from "../../flinkbluegreendeployment/decision.ts";
import type { Facts } from "../../flinkbluegreendeployment/facts.ts";
import { timeOf } from "../../flinkbluegreendeployment/status.ts";
import type { Start } from "../foresee.ts";
import { afterAction, asSeenAt, type SettingsOfChild } from "./succeed.ts";

/** A FlinkBlueGreenDeployment at one moment, and how it is decided on. */
export interface BlueGreenStart {
  readonly resource: FlinkBlueGreenDeployment;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What the spec of the resource gives, without a cluster. */
  validityOf(resource: FlinkBlueGreenDeployment): Pick<Facts, "invalid" | "keepsStateOnDeletion">;
  readonly settingsOf: SettingsOfChild;
  /** Both FlinkDeployments with all facts, for what a change in place does. Absent: not known. */
  readonly children?: readonly Start[];
  /** The facts are assumed. */
  readonly assumed?: true;
  /** Of an edit: the spec before it. */
  readonly specBefore?: FlinkBlueGreenDeployment["spec"];
}

export interface BlueGreenPass {
  readonly decision: Decision;
  readonly before: FlinkBlueGreenDeploymentStatus;
}

/** More than any change needs. */
const maxPasses = 60;

/**
 * Decides on the resource again and again, as if each action succeeded at once and each time went by, until nothing more happens. A
 * person who is waited for is `promoted`, or ends it. Pure.
 */
export function foreseeBlueGreen(start: BlueGreenStart, promoted?: true): BlueGreenPass[] {
  const passes: BlueGreenPass[] = [];
  const done = new Set<string>();
  const resource = withoutInterval(withoutComparison(start.resource));
  let moment = {
    resource: promoted ? asPromoted(resource) : resource,
    facts: asSeenAt({ ...start.facts, ...start.validityOf(start.resource) }, start.now),
    now: start.now,
  };
  while (passes.length < maxPasses) {
    const decision = decideBlueGreen(moment);
    const acts = actionsOf(decision);
    // What begins again never ends by itself.
    if (acts.flatMap(begins).some((act) => done.has(act) || !done.add(act))) break;
    const before = moment.resource.status ?? {};
    passes.push({ decision, before });
    const { status } = decision;
    const acted = acts.reduce((known, action) => afterAction(known, action, start.settingsOf), moment);
    const isChanged = acts.length > 0 || !isSame(before, status);
    const pauseMs = isChanged ? 1 : pauseOf(decision);
    if (pauseMs === undefined) break;
    const now = moment.now + pauseMs;
    moment = { resource: { ...acted.resource, status }, facts: asSeenAt(acted.facts, now), now };
  }
  return passes;
}

export const actionsOf = ({ actions, independent, afterStatus }: Decision): readonly Action[] => [
  ...actions,
  ...independent,
  ...afterStatus,
];

/**
 * A new side that is ready waits only for time to go by, or for a person. Where one is not ready yet, it is not known when it will be;
 * and at rest nothing happens.
 */
function pauseOf({ status, requeueAfterMs }: Decision): number | undefined {
  const { blueGreenState = "", verification, deploymentReadyTimestamp } = status;
  const isReady = verification?.runningSince !== undefined || timeOf(deploymentReadyTimestamp) > 0;
  return blueGreenState.startsWith("TRANSITIONING") && isReady && !waitsForPerson(status)
    ? requeueAfterMs
    : undefined;
}

/** What begins a transition, or a part of it. */
const begins = (action: Action): string[] =>
  action.kind === "create-child"
    ? [action.child.metadata.name]
    : action.kind === "trigger-savepoint"
      ? [action.jobId]
      : [];

/** What both jobs will measure is not known: it is taken to be as it is asked for, and is a risk. */
const withoutComparison = (resource: FlinkBlueGreenDeployment): FlinkBlueGreenDeployment => ({
  ...resource,
  spec: {
    ...resource.spec,
    configuration: Object.fromEntries(
      Object.entries(resource.spec.configuration ?? {}).filter(([key]) => !comparisonOptions.has(key)),
    ),
  },
});

/** Looked at only when something is due: in between nothing changes. */
const withoutInterval = (resource: FlinkBlueGreenDeployment): FlinkBlueGreenDeployment => ({
  ...resource,
  spec: {
    ...resource.spec,
    configuration: { ...resource.spec.configuration, [blueGreenOptions.rescheduleInterval.key]: "3650 d" },
  },
});

export const waitsForPerson = ({ verification }: FlinkBlueGreenDeploymentStatus): boolean =>
  verification?.verifiedTime !== undefined;

const asPromoted = (resource: FlinkBlueGreenDeployment): FlinkBlueGreenDeployment => ({
  ...resource,
  metadata: {
    ...resource.metadata,
    annotations: {
      ...resource.metadata.annotations,
      [PROMOTE_ANNOTATION]: String(resource.metadata.generation),
    },
  },
});

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify({ ...(one as object), lastReconciledTimestamp: "" }) ===
  JSON.stringify({ ...(other as object), lastReconciledTimestamp: "" });
