import { isDeepStrictEqual } from "node:util";
import type {
  FlinkBlueGreenDeployment,
  FlinkBlueGreenDeploymentSpec,
  FlinkBlueGreenDeploymentStatus,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { EventIntent } from "../job/model/decision.ts";
import { withKstatus } from "../job/status/conditions.ts";
import { withDecision } from "../job/status/decisionRecord.ts";
import { isTransientFailure } from "../job/status/failure.ts";
import { knownStatus } from "../job/status/status.ts";
import { active } from "./active.ts";
import { conditionReasonOf, errorReasonOf } from "./conditionReason.ts";
import type { Action, Decision, Outcome } from "./decision.ts";
import { deleting, keepFinalizer } from "./deletion.ts";
import { warning } from "./events.ts";
import type { Facts } from "./facts.ts";
import { created, initializing } from "./initializing.ts";
import { rollbackEndOf, withoutExpiredRollback, withReadableRollback } from "./rollback.ts";
import { keepActiveRoute } from "./route.ts";
import { followedSavepoint, savepointing, triggerFailed } from "./savepoint.ts";
import { readBlueGreenSettings } from "./settings.ts";
import type { Situation, Step } from "./situation.ts";
import { isoTime, withoutError } from "./status.ts";
import { readStoredSpec } from "./storedSpec.ts";
import { transitioning } from "./transitioning.ts";

type Status = FlinkBlueGreenDeploymentStatus;

export interface Input {
  readonly resource: FlinkBlueGreenDeployment;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Why the API server has refused the Ingress in this reconcile; absent: it has not. */
  readonly refusal?: string;
}

/** In this order. The first step with an outcome decides the reconcile. */
const steps: readonly Step[] = [
  deleting,
  created,
  keepFinalizer,
  initializing,
  savepointing,
  transitioning,
  active,
];

/** Decides one reconcile of a FlinkBlueGreenDeployment. Pure: equal input gives an equal decision. */
export function decideBlueGreen(input: Input): Decision {
  const situation = situationOf(input);
  if (typeof situation === "string") return unreadable(input, situation);
  const outcome = steps.map((step) => step(situation)).find((answer) => answer !== undefined) ?? {};
  return complete(situation, outcome);
}

/** An action that failed. Undefined: the failure may be transient, and the reconcile is repeated. */
export function decideFailure(input: Input, { action, status, message }: ActFailure): Decision | undefined {
  const situation = situationOf(input);
  if (typeof situation === "string" || isTransientFailure({ status })) return undefined;
  if (action.kind === "trigger-savepoint") {
    const intended = { ...situation, status: { ...situation.status } };
    return complete(intended, triggerFailed(intended, message));
  }
  // Somebody else has changed the object: its present state leads to another decision.
  if (status === 404 || status === 409) return undefined;
  const error = refusalOf({ action, message });
  return complete(situation, {
    status: { ...situation.status, error },
    errorReason: "Error",
    events: input.resource.status?.error === error ? [] : [warning("Error", error)],
    requeueAfterMs: situation.settings.intervalMs,
  });
}

/**
 * Why a route that other actions wait for was refused: the reconcile is decided again with it. Undefined: another action has failed, or
 * the failure may be transient.
 */
export const routeRefusal = (failure: ActFailure): string | undefined =>
  (failure.action.kind === "apply-route" || failure.action.kind === "delete-route") &&
  !isTransientFailure(failure) &&
  failure.status !== 404 &&
  failure.status !== 409
    ? refusalOf(failure)
    : undefined;

/** An action that the API server has refused, in a sentence. */
export const refusalOf = ({ action, message }: Pick<ActFailure, "action" | "message">): string =>
  `${describe(action)} was refused: ${message}`;

export interface ActFailure {
  readonly action: Action;
  /** HTTP status of the API server or the JobManager. 0: no response. */
  readonly status: number;
  readonly message: string;
}

function describe(action: Action): string {
  switch (action.kind) {
    case "create-child":
      return `The FlinkDeployment ${action.child.metadata.name}`;
    case "patch-child":
    case "label-child":
      return `The change of the FlinkDeployment ${action.name}`;
    case "delete-child":
      return `The deletion of the FlinkDeployment ${action.name}`;
    case "apply-route":
      return `spec.ingress: the ${action.route}`;
    case "delete-route":
      return `The deletion of the ${action.route} ${action.name}`;
    default:
      return `The action ${action.kind}`;
  }
}

/** Why the status cannot be acted on, as text. */
function situationOf({ resource, facts, now, refusal }: Input): Situation | string {
  const stored = knownStatus(resource.status as never) as Status;
  let reconciled: FlinkBlueGreenDeploymentSpec | undefined;
  try {
    reconciled = readStoredSpec(stored.lastReconciledSpec);
  } catch (error) {
    return (error as Error).message;
  }
  const current = withoutExpiredRollback(withReadableRollback(withoutOldRetry(stored, resource)), now);
  const status = withoutFinishedErrors(current, facts);
  const settings = readBlueGreenSettings(resource.spec, status.rollback?.startTime === undefined);
  return { resource, status, reconciled, facts, settings, now, refusal };
}

/** After another edit a savepoint is taken at once. */
function withoutOldRetry(status: Status, { metadata }: FlinkBlueGreenDeployment): Status {
  const { retry, ...rest } = status;
  return retry === undefined || status.observedGeneration === metadata.generation ? status : rest;
}

/** An error that a later part of the reconcile reports again if it still applies. */
function withoutFinishedErrors(status: Status, { invalid }: Facts): Status {
  const reason = errorReasonOf(status);
  const isOver =
    reason === "Error" || reason === "IngressManagement" || (reason === "ValidationError" && !invalid);
  return isOver ? withoutError(status) : status;
}

const unreadable = ({ resource, now }: Input, error: string): Decision => {
  const status = (resource.status ?? {}) as Status;
  const reason = { kind: "stalled", reason: "Error", message: error } as const;
  return {
    actions: [],
    independent: [],
    afterStatus: [],
    status: {
      ...status,
      error,
      conditions: withKstatus(status.conditions, reason, resource.metadata.generation ?? 0, now),
    },
    events: status.error === error ? [] : [warning("Error", error)],
    follow: undefined,
    askNow: undefined,
    measure: [],
    requeueAfterMs: undefined,
  };
};

/** Adds the Ingress, the error of an invalid spec, the decision record, the conditions and the times. */
function complete(before: Situation, outcome: Outcome): Decision {
  const { resource, now, refusal } = before;
  const { generation = 0 } = resource.metadata;
  const after = { ...before, status: outcome.status ?? before.status };
  const route = keepActiveRoute(after);
  const reported = withReports(before, outcome, route.error ?? refusal);
  const { explanation } = outcome;
  const decided =
    explanation === undefined ? reported.status : withDecision(reported.status, explanation, generation, now);
  const situation = { ...before, status: decided };
  const conditions = withKstatus(
    decided.conditions,
    conditionReasonOf(situation, { ...outcome, ...reported.reason }),
    generation,
    now,
  );
  return {
    actions: outcome.actions ?? [],
    independent: refusal === undefined ? route.actions : [],
    status: timed({ ...decided, observedGeneration: generation, conditions }, resource.status, now),
    afterStatus: outcome.afterStatus ?? [],
    events: [...(outcome.events ?? []), ...reported.events, ...route.events],
    follow: followedSavepoint(situation),
    askNow: outcome.askNow,
    measure: outcome.measure ?? [],
    requeueAfterMs: soonest(
      outcome.requeueAfterMs ?? (refusal === undefined ? undefined : before.settings.intervalMs),
      rollbackEndOf(decided),
      now,
    ),
  };
}

/** In a day it is looked at again anyway: a longer time is none for a timer. */
const soonest = (afterMs: number | undefined, end: number | undefined, now: number): number | undefined =>
  end === undefined ? afterMs : Math.min(afterMs ?? DAY_MS, end - now + 1, DAY_MS);

const DAY_MS = 86_400_000;

type Report = Pick<Outcome, "errorReason">;

/** An error of the spec or of the Ingress, unless the reconcile reports another one. */
function withReports(
  { status: before, facts, resource }: Situation,
  outcome: Outcome,
  routeError: string | undefined,
): { readonly status: Status; readonly events: readonly EventIntent[]; readonly reason: Report } {
  const status = outcome.status ?? before;
  const { invalid } = facts;
  const isDeleting = resource.metadata.deletionTimestamp !== undefined;
  const message = invalid === undefined ? routeError : `${invalid.field}: ${invalid.message}`;
  if (message === undefined || isDeleting || outcome.errorReason !== undefined)
    return { status, events: [], reason: {} };
  const errorReason = invalid === undefined ? "IngressManagement" : "ValidationError";
  if (invalid === undefined && status.error !== undefined) return { status, events: [], reason: {} };
  const known = (resource.status as Status | undefined)?.error;
  return {
    status: { ...status, error: message },
    events: known === message ? [] : [warning(errorReason, message)],
    reason: { errorReason },
  };
}

/** The time of the last change. The Java operator writes it at each reconcile. */
const timed = (status: Status, stored: Status | undefined, now: number): Status => {
  const { lastReconciledTimestamp } = stored ?? {};
  const isSame = isDeepStrictEqual(
    JSON.parse(JSON.stringify({ ...status, lastReconciledTimestamp })),
    JSON.parse(JSON.stringify(stored ?? {})),
  );
  return isSame ? status : { ...status, lastReconciledTimestamp: isoTime(now) };
};
