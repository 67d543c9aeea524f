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

/** An upgrade that cannot continue: the status reports why, with one event, however often it is decided. */
export function upgradeFailure(
  { status }: Pick<Situation, "status">,
  reason: UpgradeFailureReason,
  message: string,
): Outcome {
  return report(status, errorTypes.upgradeFailure, reason, message);
}

/** Sets status.error and records the event, unless the status contains exactly this error already. */
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
    events: [{ type: "Warning", reason, component, message, reportsError: true }],
  };
}

/**
 * The start of the list of candidates in a refusal. It is cut off for comparisons, because a running job has a newer
 * checkpoint every minute.
 */
export const CANDIDATES = "Known snapshots, the newest first: ";

function isSameStop(known: string | undefined, error: string): boolean {
  const [before, after] = [known?.split(CANDIDATES) ?? [], error.split(CANDIDATES)];
  return before.length > 1 && after.length > 1 && before[0] === after[0];
}

/**
 * The events to record after a reconcile that leads from one status to another. If two problems exist at once, the
 * later one sets status.error; without this filter each would be recorded in every reconcile.
 */
export const newEvents = (
  before: FlinkResourceStatus | undefined,
  after: FlinkResourceStatus,
  events: readonly EventIntent[],
): EventIntent[] => events.filter((event) => event.reportsError !== true || after.error !== before?.error);

/** An action that failed, in the words of the server that failed it. */
export interface ActFailure {
  readonly action: Action;
  /** HTTP status of the API server or the JobManager; 0 without an answer. */
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

/** The number of transient failures in a row that are not reported: with the queue's backoff, about half a minute. */
const MAX_UNREPORTED_FAILURES = 5;

/**
 * A failed action of a reconcile whose status has not been written: the status and events to write instead. `times`:
 * the number of failed reconciles in a row, including this one.
 */
export function decideFailure(observed: FlinkResourceStatus, failure: ActFailure, times: number): Outcome {
  if (isTransientFailure(failure) && times <= MAX_UNREPORTED_FAILURES) return {};
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
    case "start-sql-check":
      return report(
        observed,
        errorTypes.upgradeFailure,
        "UpgradeFailed",
        `The job stays as it is, since its new script cannot be checked: ${message}`,
      );
    case "launch-standby":
      return report(
        observed,
        errorTypes.upgradeFailure,
        "UpgradeFailed",
        `The job stays as it is, since its new cluster cannot be created: ${message}`,
      );
    case "open-gate":
    case "launch":
    case "expose":
      return report(observed, errorTypes.deploymentFailed, reason, message);
    case "release-ha-lease":
    case "prepare-ha-restore":
      return report(observed, errorTypes.upgradeFailure, "RestoreFailed", message);
    case "stop-job-manager":
    case "delete-deployment":
    case "delete-sql-check":
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
    case "rescale":
      return report(
        observed,
        errorTypes.reconciliation,
        "Error",
        `The parallelism cannot be changed in place: ${message}`,
        "Job",
      );
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
    case "check-script":
    case "cancel":
      return report(observed, errorTypes.reconciliation, "Error", message);
  }
}

/**
 * Not reported to the user unless it persists: a conflict (409), or a server that is overloaded or down. The queue's
 * backoff retries.
 */
export const isTransientFailure = ({ status }: Pick<ActFailure, "status">): boolean =>
  status === 0 || status === 409 || status === 429 || status >= 500;
