import {
  type FlinkBlueGreenDeployment,
  type FlinkBlueGreenDeploymentStatus,
  templateSpecOf,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { startOf, usableRollback } from "../../core/flinkbluegreendeployment/rollback.ts";
import { readStoredSpec } from "../../core/flinkbluegreendeployment/storedSpec.ts";
import { patchToSpec } from "../../views/stableSpec.ts";

/**
 * The merge patch of the spec that goes back to what ran before a transition, from the savepoint that it was stopped with: a
 * savepointRedeployNonce, as for any start that the user names. Why there is none, in words, where there is nothing to go back to.
 */
export function rollbackPatch({ spec, status = {} }: FlinkBlueGreenDeployment, now: number): object | string {
  const rollback = usableRollback(status, now);
  if (rollback === undefined) return whyNot(status);
  let before: FlinkDeploymentSpec;
  try {
    before = templateSpecOf(readStoredSpec(rollback.spec, "rollback.spec") ?? {});
  } catch (error) {
    return (error as Error).message;
  }
  const present = templateSpecOf(spec);
  const patch: { readonly job?: object } = patchToSpec(present, before);
  const job = {
    ...patch.job,
    upgradeMode: before.job?.upgradeMode ?? null,
    savepointRedeployNonce: (present.job?.savepointRedeployNonce ?? 0) + 1,
    initialSavepointPath: startOf(rollback) ?? null,
  };
  return { template: { spec: { ...patch, job } } };
}

function whyNot({ rollback }: FlinkBlueGreenDeploymentStatus): string {
  if (rollback === undefined)
    return "there is nothing to go back to (kubernetes.operator.bluegreen.rollback.time, docs/bluegreen.md)";
  const { expirationTimestamp } = rollback;
  return expirationTimestamp === undefined
    ? "what ran before is still being stopped: try again once status.rollback has its savepoint"
    : `there is nothing to go back to any more: the time was over at ${expirationTimestamp}`;
}
