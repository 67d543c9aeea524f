import { type FlinkBlueGreenDeployment, templateSpecOf } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { readStoredSpec } from "../../core/flinkbluegreendeployment/storedSpec.ts";
import { patchToSpec } from "../../views/stableSpec.ts";

/**
 * The merge patch of the spec that goes back to what ran before a transition, from the savepoint that it was stopped with: a
 * savepointRedeployNonce, as for any start from a savepoint that the user names. Why there is none, in words, where there is nothing to
 * go back to.
 */
export function rollbackPatch({ spec, status }: FlinkBlueGreenDeployment): object | string {
  const { rollback } = status ?? {};
  if (rollback?.expirationTimestamp === undefined)
    return "there is nothing to go back to (kubernetes.operator.bluegreen.rollback.time, docs/bluegreen.md)";
  const present = templateSpecOf(spec);
  const patch: { readonly job?: object } = patchToSpec(
    present,
    templateSpecOf(readStoredSpec(rollback.spec) ?? {}),
  );
  // A job without state starts anew by any transition.
  if (rollback.savepointPath === undefined) return { template: { spec: patch } };
  const job = {
    ...patch.job,
    savepointRedeployNonce: (present.job?.savepointRedeployNonce ?? 0) + 1,
    initialSavepointPath: rollback.savepointPath,
  };
  return { template: { spec: { ...patch, job } } };
}
