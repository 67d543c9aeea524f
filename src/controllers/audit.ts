import { resourceTypes } from "../api/kubernetes.ts";
import type { FlinkBlueGreenDeploymentStatus } from "../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentStatus } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkStateSnapshotStatus } from "../api/v1beta1/flinkstatesnapshot.ts";
import type { EventIntent } from "../core/job/model/decision.ts";
import { type Logger, resourceLogger } from "../telemetry/log.ts";

/**
 * Logs one line for each status change, each event, and each time that a resource settles. Words and columns are those of
 * the Java operator (REFERENCE 1.26, 5.1), since tools and people search for them.
 */
export interface Audit {
  status(namespace: string, name: string, status: FlinkDeploymentStatus): void;
  snapshot(namespace: string, name: string, status: FlinkStateSnapshotStatus): void;
  blueGreen(namespace: string, name: string, status: FlinkBlueGreenDeploymentStatus): void;
  event(namespace: string, name: string, event: EventIntent): void;
  /** A reconcile has found nothing to do. */
  idle(namespace: string, name: string, status: FlinkDeploymentStatus): void;
  remove(namespace: string, name: string): void;
  readonly size: number;
}

const meanings: Readonly<Record<string, string>> = {
  CREATED: "The resource was created in Kubernetes but not yet handled by the operator",
  SUSPENDED: "The resource (job) has been suspended",
  UPGRADING: "The resource is being upgraded",
  DEPLOYED: "The resource is deployed, but it is not yet considered to be stable and might be rolled back",
  STABLE: "The resource deployment is considered to be stable and won't be rolled back",
  ROLLING_BACK: "The resource is being rolled back to the last stable spec",
  ROLLED_BACK: "The resource is deployed with the last stable spec",
  FAILED: "The job terminally failed",
  DELETING: "The resource is being deleted",
  DELETED: "The resource has been deleted",
};

const settledStates: readonly (string | undefined)[] = ["STABLE", "SUSPENDED", "ROLLED_BACK", "FAILED"];

/** Scripts wait for the line: nothing is under way, no snapshot is being taken, and nothing is waited for. */
function isReconciled({ lifecycleState, conditions = [], jobStatus }: FlinkDeploymentStatus): boolean {
  const isUnderWay = conditions.some(({ type, status }) => type === "Reconciling" && status === "True");
  const { savepointInfo, checkpointInfo } = jobStatus ?? {};
  const isTaken = savepointInfo?.triggerType !== undefined || checkpointInfo?.triggerType !== undefined;
  return settledStates.includes(lifecycleState) && !isUnderWay && !isTaken;
}

const line = (what: string, severity: string, state: string, text: string): string =>
  `>>> ${what.padEnd(16)} | ${severity.padEnd(7)} | ${state.padEnd(15)} | ${text}`;

/** The audit log of one kind. */
export function createAudit(log: Logger, kind: string = resourceTypes.flinkDeployment.kind): Audit {
  /** Keys of the resources that had settled at their last reconcile. */
  const settled = new Set<string>();
  const logOf = (namespace: string, name: string): Logger => resourceLogger(log, kind, namespace, name);
  const remove = (namespace: string, name: string): void => void settled.delete(`${namespace}/${name}`);

  return {
    status(namespace, name, { lifecycleState = "CREATED", error }) {
      remove(namespace, name);
      const hasError = error !== undefined && error !== "";
      const text = hasError ? error : (meanings[lifecycleState] ?? "");
      logOf(namespace, name).info(line("Status[Job]", hasError ? "Error" : "Info", lifecycleState, text));
    },
    snapshot(namespace, name, { state = "TRIGGER_PENDING", path, error }) {
      logOf(namespace, name).info(`>>> Status[Snapshot] | ${state.padEnd(15)} | ${path || error || ""}`);
    },
    blueGreen(namespace, name, { blueGreenState = "", error }) {
      logOf(namespace, name).info(`>>> Status[BlueGreen] | ${blueGreenState.padEnd(23)} | ${error ?? ""}`);
    },
    event(namespace, name, { type, reason, component, message }) {
      const severity = type === "Normal" ? "Info" : type;
      logOf(namespace, name).info(line(`Event[${component}]`, severity, reason.toUpperCase(), message));
    },
    idle(namespace, name, status) {
      const key = `${namespace}/${name}`;
      if (settled.has(key) || !isReconciled(status)) return;
      settled.add(key);
      logOf(namespace, name).info("Resource fully reconciled, nothing to do...");
    },
    remove,
    get size() {
      return settled.size;
    },
  };
}
