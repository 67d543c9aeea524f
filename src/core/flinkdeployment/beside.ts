import { isDeepStrictEqual } from "node:util";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { ingressOf } from "../build/ingress.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../lastReconciledSpec.ts";
import type { Action, EventIntent } from "./decision.ts";
import type { Situation, Step } from "./situation.ts";
import { specChanged } from "./specChanged.ts";

/**
 * What changes beside the cluster only: for the Java operator a restart, for us none. It is recorded as deployed, so
 * that the Java operator does not restart the job either once it is back.
 */
export const changeBeside: Step = (situation) => {
  const { diff, deployed, status } = situation;
  if (diff?.type !== "APPLY" || deployed === undefined || status.reconciliationStatus?.state !== "DEPLOYED")
    return undefined;
  return {
    events: [specChanged(situation)],
    status: recordedBeside(situation, asDeployed(situation.spec, deployed.spec)),
  };
};

/** `spec` is what is deployed now, without a launch; stable if what was deployed before was. */
export function recordedBeside(
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

/** The job goes on as it was started: what is recorded of it stays, and a new nonce still asks for its snapshot. */
const asDeployed = (spec: FlinkDeploymentSpec, deployed: FlinkDeploymentSpec): FlinkDeploymentSpec => ({
  ...spec,
  job: deployed.job,
});

export interface Beside {
  readonly actions: readonly Action[];
  readonly events: readonly EventIntent[];
}

const nothing: Beside = { actions: [], events: [] };

/** The Ingress follows the recorded spec: where a pass records another one, it makes, changes or removes it first. */
export function followIngress(
  { status: before, deployed, resource, nextSettings }: Situation,
  after: FlinkDeploymentStatus,
): Beside {
  const text = after.reconciliationStatus?.lastReconciledSpec;
  if (text === before.reconciliationStatus?.lastReconciledSpec) return nothing;
  const [present, wanted] = [deployed?.spec.ingress, readLastReconciledSpec(text)?.spec.ingress];
  if (isDeepStrictEqual(present, wanted)) return nothing;
  if (!nextSettings.managesIngress) return { actions: [], events: wanted === undefined ? [] : [unmanaged] };
  const { metadata } = resource;
  const action: Action =
    wanted === undefined
      ? { kind: "delete-ingress", name: metadata.name }
      : { kind: "apply-ingress", object: ingressOf(metadata, wanted, nextSettings.restPort) };
  return { actions: [action], events: [] };
}

const unmanaged: EventIntent = {
  type: "Warning",
  reason: "IngressManagement",
  component: "Operator",
  message: `spec.ingress has no effect: ${operatorOptions.ingressManage.key} is false`,
};
