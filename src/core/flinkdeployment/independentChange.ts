import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import type { Situation, Step } from "../job/model/situation.ts";
import { specChanged } from "../job/upgrade/specChangedEvent.ts";
import { formatLastReconciledSpec } from "../spec/lastReconciledSpec.ts";

/**
 * A change outside the cluster. It needs no restart here, but the Java operator would restart the job. It is recorded
 * as deployed, so that the Java operator does not restart the job after a hand-over either.
 */
export const independentChange: Step = (situation) => {
  const { diff, deployed, status } = situation;
  if (diff?.type !== "APPLY" || deployed === undefined || status.reconciliationStatus?.state !== "DEPLOYED")
    return undefined;
  return {
    events: [specChanged(situation)],
    status: recordedWithoutLaunch(situation, asDeployed(situation.spec, deployed.spec)),
    // The same edit may ask for a snapshot.
    requeueAfterMs: 0,
  };
};

/** Records `spec` as deployed without a launch; stable if the previous one was stable. */
export function recordedWithoutLaunch(
  { status, generation, deployed }: Situation,
  spec: FlinkDeploymentSpec,
): FlinkDeploymentStatus {
  const before = status.reconciliationStatus;
  const recorded = formatLastReconciledSpec(spec, {
    firstDeployment: deployed?.metadata?.firstDeployment === true,
  });
  const wasStable = before?.lastStableSpec === before?.lastReconciledSpec;
  return {
    ...status,
    error: undefined,
    observedGeneration: generation,
    reconciliationStatus: {
      ...before,
      lastReconciledSpec: recorded,
      ...(wasStable ? { lastStableSpec: recorded } : {}),
    },
  };
}

/**
 * The job keeps running as it was started, so its recorded spec stays, and a new nonce still triggers its snapshot.
 */
const asDeployed = (spec: FlinkDeploymentSpec, deployed: FlinkDeploymentSpec): FlinkDeploymentSpec => ({
  ...spec,
  job: deployed.job,
});
