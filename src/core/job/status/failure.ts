import { firstReason, type Reason } from "../../reasons.ts";
import { errorTypes, formatStatusError, type StatusError } from "../../statusError.ts";
import type { Action, EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Situation } from "../model/situation.ts";

/** Reasons of the reference's UpgradeFailureException (REFERENCE 1.4). */
export type UpgradeFailureReason =
  | "UpgradeFailed"
  | "RestoreFailed"
  | "SavepointError"
  | "CheckpointNotFound"
  | "CleanupFailed";

/** An upgrade that cannot go on: the status says why, and one event, however often it is decided again. */
export function upgradeFailure(
  { status }: Pick<Situation, "status">,
  reason: UpgradeFailureReason,
  message: string,
): Outcome {
  return report(status, errorTypes.upgradeFailure, reason, message);
}

/** Sets status.error and records the event, unless the status says exactly this already. */
export function report(
  status: FlinkResourceStatus,
  type: string,
  reason: Reason,
  message: string,
  component: EventIntent["component"] = "JobManagerDeployment",
  causes?: StatusError["causes"],
): Outcome & { status: FlinkResourceStatus; events: readonly EventIntent[] } {
  const error = formatStatusError({ type, message, reason, causes });
  if (status.error === error || isSameStop(status.error, error)) return { status, events: [] };
  return {
    status: { ...status, error },
    events: [{ type: "Warning", reason, component, message, ofError: true }],
  };
}

/** With which the candidates begin of an act that stops: a job that runs on has a newer checkpoint every minute. */
export const CANDIDATES = "Known snapshots, the newest first: ";

function isSameStop(known: string | undefined, error: string): boolean {
  const [before, after] = [known?.split(CANDIDATES) ?? [], error.split(CANDIDATES)];
  return before.length > 1 && after.length > 1 && before[0] === after[0];
}

/**
 * The events worth telling after a pass that leads from one status to another. Where two problems hold at once, the
 * later one decides on status.error; each would be news again in every pass.
 */
export const newEvents = (
  before: FlinkResourceStatus | undefined,
  after: FlinkResourceStatus,
  events: readonly EventIntent[],
): EventIntent[] => events.filter((event) => event.ofError !== true || after.error !== before?.error);

/** An action that did not succeed, in plain words of where it failed. */
export interface ActFailure {
  readonly action: Action;
  /** HTTP status of the API server or the JobManager; 0 where no answer came. */
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

/** So often in a row a failure that may pass is not told: with the queue's back-off, for about half a minute. */
const PATIENCE = 5;

/**
 * A failed action of a pass whose status has not been written: what the status says instead. `times`: how often in a
 * row passes have failed, this one included.
 */
export function decideFailure(observed: FlinkResourceStatus, failure: ActFailure, times: number): Outcome {
  if (isTransientFailure(failure) && times <= PATIENCE) return {};
  const { action, message } = failure;
  const reason = firstReason(failure.reason);
  switch (action.kind) {
    case "dry-run":
      return report(
        observed,
        errorTypes.deploymentFailed,
        reason,
        `The new cluster was refused, and nothing was changed: ${message}`,
      );
    case "launch":
    case "expose":
      return report(observed, errorTypes.deploymentFailed, reason, message);
    case "prepare-ha-restore":
      return report(observed, errorTypes.upgradeFailure, "RestoreFailed", message);
    case "stop-job-manager":
    case "delete-deployment":
    case "delete-config-maps":
    case "remove-finalizer":
      return report(observed, errorTypes.reconciliation, "CleanupFailed", message);
    case "create-snapshot":
      return report(
        observed,
        errorTypes.reconciliation,
        reason,
        `The FlinkStateSnapshot ${action.object.metadata.name} cannot be created: ${message}`,
      );
    case "delete-snapshot":
    case "dispose-savepoint":
      return report(observed, errorTypes.reconciliation, "CleanupFailed", message);
    case "trigger-savepoint":
      return report(observed, errorTypes.reconciliation, "SavepointError", message);
    case "trigger-checkpoint":
      return report(observed, errorTypes.reconciliation, "CheckpointError", message);
    case "stop-with-savepoint":
      return report(observed, errorTypes.upgradeFailure, "SavepointError", message);
    case "scale-deployment":
      return report(
        observed,
        errorTypes.reconciliation,
        reason,
        `The TaskManagers cannot be scaled: ${message}`,
      );
    case "add-finalizer":
    case "apply-route":
    case "delete-route":
    case "submit":
    case "fetch-jar":
    case "cancel":
      return report(observed, errorTypes.reconciliation, "Error", message);
  }
}

/**
 * Worth no word to the user unless it stays: a lost race (409), a busy or absent server. The queue's back-off tries
 * again.
 */
export const isTransientFailure = ({ status }: Pick<ActFailure, "status">): boolean =>
  status === 0 || status === 409 || status === 429 || status >= 500;
