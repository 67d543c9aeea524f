import type { Condition, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";

const RUNNING = "Running";

/** The `Running` condition of the reference (REFERENCE 1.2): true while the job's state is RUNNING. */
export function withRunningCondition(status: FlinkDeploymentStatus, now: number): FlinkDeploymentStatus {
  if (status.reconciliationStatus?.lastReconciledSpec === undefined) return status;
  const state = status.jobStatus?.state;
  if (state === undefined) return status;
  const value = state === "RUNNING" ? "True" : "False";
  const before = status.conditions?.find((condition) => condition.type === RUNNING);
  const condition: Condition = {
    type: RUNNING,
    status: value,
    reason: state.charAt(0) + state.slice(1).toLowerCase(),
    message: `Job status ${state}`,
    lastTransitionTime:
      before?.status === value && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : new Date(now).toISOString(),
  };
  return {
    ...status,
    conditions: [...(status.conditions ?? []).filter(({ type }) => type !== RUNNING), condition],
  };
}
