import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { otherColor, templateSpecOf } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { ConditionReason } from "../job/status/conditionReason.ts";
import { firstReason, type Reason } from "../reasons.ts";
import { isReady, jobStateOf } from "./child.ts";
import type { Outcome } from "./decision.ts";
import { childOf, colorOf, type Situation } from "./situation.ts";
import { awaitsPromotion, requirementsOf } from "./verification.ts";

type Status = FlinkBlueGreenDeploymentStatus;

const STALLED = "Stalled";

/** The reason that status.error was reported with; undefined: it is the Java operator's, or there is none. */
export const errorReasonOf = ({ error, conditions = [] }: Status): Reason | undefined => {
  const stalled = conditions.find(({ type, status }) => type === STALLED && status === "True");
  return error !== undefined && stalled?.message === error ? firstReason(stalled.reason) : undefined;
};

/** One of kstatus's three results, with why. `situation.status` is the status after the steps. */
export function conditionReasonOf(situation: Situation, { waitsFor, errorReason }: Outcome): ConditionReason {
  const { status, resource } = situation;
  if (resource.metadata.deletionTimestamp !== undefined)
    return reconciling("Deleting", waitsFor ? `Waiting: ${waitsFor}` : "The FlinkDeployments are deleted.");
  if (status.error !== undefined)
    return {
      kind: "stalled",
      reason: errorReason ?? errorReasonOf(status) ?? "Error",
      message: status.error,
    };
  if (status.jobStatus?.state === "SUSPENDED")
    return { kind: "ready", reason: "Suspended", message: "The job is suspended, as the spec asks." };
  return waitsFor === undefined ? ofState(situation) : reconciling("Waiting", `Waiting: ${waitsFor}`);
}

const reconciling = (reason: Reason, message: string): ConditionReason => ({
  kind: "reconciling",
  reason,
  message,
});

function ofState(situation: Situation): ConditionReason {
  const state = situation.status.blueGreenState ?? "INITIALIZING_BLUE";
  const color = colorOf(state);
  const other = childOf(situation, otherColor(color));
  if (state === "INITIALIZING_BLUE") return reconciling("Deploying", "The first FlinkDeployment is created.");
  if (state.startsWith("SAVEPOINTING"))
    return reconciling("Upgrading", `A savepoint of ${color} is taken for the transition.`);
  const { reconciled } = situation;
  if (
    state.startsWith("TRANSITIONING") &&
    reconciled &&
    jobStateOf(templateSpecOf(reconciled)) === "suspended"
  )
    return reconciling("Suspending", `The job of ${color} is being suspended.`);
  const { verification } = situation.status;
  const { verification: wanted } = situation.settings;
  if (verification?.runningSince !== undefined && wanted !== undefined)
    return verification.verifiedTime === undefined
      ? reconciling(
          "Verifying",
          `${color} is verified beside ${otherColor(color)}: ${requirementsOf(wanted)}.`,
        )
      : reconciling("AwaitingPromotion", awaitsPromotion(situation.resource));
  if (state.startsWith("TRANSITIONING"))
    return other === undefined
      ? reconciling("Deploying", `${color} is to become ready.`)
      : reconciling("Upgrading", `${color} is to become ready beside ${otherColor(color)}.`);
  return ofActiveChild(situation);
}

/** While nothing is under way, the resource is as well as its active FlinkDeployment. */
function ofActiveChild(situation: Situation): ConditionReason {
  const color = colorOf(situation.status.blueGreenState ?? "ACTIVE_BLUE");
  const child = childOf(situation, color);
  if (child === undefined) return reconciling("Recovering", `The FlinkDeployment of ${color} is gone.`);
  const { metadata, status } = child.resource;
  if (isReady(child))
    return {
      kind: "ready",
      reason: "Running",
      message: `The job runs in ${metadata.name}, as the spec asks.`,
    };
  const { reason, message } = status?.conditions?.find(({ type }) => type === "Ready") ?? {};
  const isStalled = status?.conditions?.some(({ type, status }) => type === STALLED && status === "True");
  return {
    kind: isStalled === true ? "stalled" : "reconciling",
    reason: firstReason(reason ?? "Deploying"),
    message: `${metadata.name}: ${message ?? "its job does not run."}`,
  };
}
