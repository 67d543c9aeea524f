import type { FlinkStateSnapshot, FlinkStateSnapshotStatus } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { knownStatus } from "../job/status/status.ts";
import { errorTypes } from "../statusError.ts";
import { type SnapshotTarget, validateFlinkStateSnapshot } from "../validate/validateFlinkStateSnapshot.ts";
import { completed, errorOf } from "./attempt.ts";
import type { Decision, Outcome } from "./decision.ts";
import { deleting } from "./disposal.ts";
import type { Facts } from "./facts.ts";
import { setMetadata } from "./labels.ts";
import { jobOf, type Situation, type Step, stateOf } from "./situation.ts";
import { inProgress, pending, triggerFailed } from "./trigger.ts";

export interface Input {
  readonly resource: FlinkStateSnapshot;
  readonly facts: Facts;
  readonly progressCheckIntervalMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** In this order. The first step with an outcome decides the reconcile. */
const steps: readonly Step[] = [deleting, keepMetadata, settled, invalid, alreadyThere, inProgress, pending];

/** Decides one reconcile of a FlinkStateSnapshot. Pure: equal input gives an equal decision. */
export function decide(input: Input): Decision {
  const situation = situationOf(input);
  const outcome = steps.map((step) => step(situation)).find((answer) => answer !== undefined) ?? {};
  return decisionOf(situation, outcome);
}

/** A request to a JobManager that failed. Undefined: the failure may be transient, and the request is retried. */
export function decideFailure(
  input: Input,
  failure: { readonly kind: string; readonly status: number; readonly message: string },
): Decision | undefined {
  if (failure.kind !== "trigger-savepoint" && failure.kind !== "trigger-checkpoint") return undefined;
  const situation = situationOf(input);
  const outcome = triggerFailed(situation, failure);
  return outcome && decisionOf(situation, outcome);
}

const situationOf = (input: Input): Situation => ({
  ...input,
  status: withoutRefusal(knownStatus(input.resource.status) as FlinkStateSnapshotStatus),
});

/** Clears a validation error. If it still applies, a later step reports it again. */
function withoutRefusal(status: FlinkStateSnapshotStatus): FlinkStateSnapshotStatus {
  if (status.error?.includes(errorTypes.validation) !== true) return status;
  const { error: _, ...rest } = status;
  return rest;
}

function decisionOf({ status }: Situation, outcome: Outcome): Decision {
  return {
    actions: outcome.actions ?? [],
    status: outcome.status ?? status,
    events: outcome.events ?? [],
    follow: outcome.follow,
    requeueAfterMs: outcome.requeueAfterMs,
  };
}

function keepMetadata(situation: Situation): Outcome | undefined {
  const action = setMetadata(situation.resource, stateOf(situation), jobOf(situation)?.sessionCluster);
  return action && { actions: [action], status: asFound(situation), requeueAfterMs: 0 };
}

/** Keeps the validation error that another step is about to report again. */
const asFound = ({ resource }: Situation): FlinkStateSnapshotStatus =>
  knownStatus(resource.status) as FlinkStateSnapshotStatus;

function settled(situation: Situation): Outcome | undefined {
  const state = stateOf(situation);
  return state === "COMPLETED" || state === "ABANDONED" || state === "FAILED" ? {} : undefined;
}

function invalid({ resource, facts, status }: Situation): Outcome | undefined {
  const [error] = validateFlinkStateSnapshot(resource, targetOf(facts));
  if (error === undefined) return undefined;
  const message = `${error.field}: ${error.message}`;
  const statusError = errorOf(message, "ValidationError", errorTypes.validation);
  const isNew = knownStatus(resource.status).error !== statusError;
  return {
    status: { ...status, state: status.state ?? "TRIGGER_PENDING", error: statusError },
    events: isNew ? [{ type: "Warning", reason: "ValidationError", component: "Operator", message }] : [],
  };
}

function targetOf({ job }: Facts): SnapshotTarget {
  if (job === undefined) return "unknown";
  if (job === "missing") return job;
  const { hasJob, flinkVersion, savepointDirectory } = job;
  return { hasJob, flinkVersion, savepointDirectory };
}

/**
 * It is unknown when the snapshot was taken, so no time is recorded: it never counts as newer than a job's own
 * snapshots.
 */
function alreadyThere(situation: Situation): Outcome | undefined {
  const { savepoint } = situation.resource.spec;
  if (savepoint?.alreadyExists !== true || stateOf(situation) === "COMPLETED") return undefined;
  return completed(situation, savepoint.path ?? "");
}
