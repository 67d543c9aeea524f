import { diffSpec } from "../../diff/diff.ts";
import {
  formatLastReconciledSpec,
  type LastReconciledSpec,
  readLastReconciledSpec,
} from "../../spec/lastReconciledSpec.ts";
import type { FlinkResource, FlinkResourceStatus } from "../model/flinkResource.ts";
import type { ResourceKind } from "../model/resourceKind.ts";

/**
 * A resource that is rolled back, presented as if its user had requested the last stable spec, so that each decision
 * about a running or launching cluster applies to it too. The stored status keeps the failed spec, by which the Java
 * operator and this one recognise that there is no new edit (REFERENCE 1.8).
 */
export interface RollbackView {
  readonly resource: FlinkResource;
  /** Converts the view's status to the one to store. A rejected edit does not end the rollback. */
  asStored(status: FlinkResourceStatus, refused: boolean): FlinkResourceStatus;
}

/** Throws if a recorded spec cannot be read. */
export function rollbackView(
  resource: FlinkResource,
  status: FlinkResourceStatus,
  { spec: type }: ResourceKind,
): RollbackView {
  const asIs: RollbackView = { resource: { ...resource, status }, asStored: (decided) => decided };
  const { state, lastReconciledSpec, lastStableSpec } = status.reconciliationStatus ?? {};
  if (state !== "ROLLING_BACK" && state !== "ROLLED_BACK") return asIs;
  const failed = readLastReconciledSpec(lastReconciledSpec);
  const stable = readLastReconciledSpec(lastStableSpec);
  if (failed === undefined || stable === undefined) return asIs;
  const underway = state === "ROLLING_BACK";
  const viewed: FlinkResourceStatus = {
    ...status,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      state: underway ? "UPGRADING" : "DEPLOYED",
      lastReconciledSpec: underway ? intendedOf(stable, failed, type) : lastStableSpec,
    },
  };
  // A new edit ends the rollback. It is an upgrade from the last stable spec.
  if (diffSpec(failed.spec, resource.spec, { type }).type !== "IGNORE")
    return {
      resource: { ...resource, status: viewed },
      asStored: (decided, refused) => (refused ? storedForm(decided, failed, lastStableSpec, type) : decided),
    };
  const upgradeMode = resource.spec.job?.upgradeMode;
  const spec = { ...stable.spec, job: { ...stable.spec.job, upgradeMode } };
  return {
    resource: { ...resource, spec, status: viewed },
    asStored: (decided) => storedForm(decided, failed, lastStableSpec, type),
  };
}

/** The intent to launch the last stable spec, from what was recorded when the rollback began. */
const intendedOf = (
  stable: LastReconciledSpec,
  failed: LastReconciledSpec,
  type: ResourceKind["spec"],
): string =>
  formatLastReconciledSpec(
    {
      ...stable.spec,
      job: { ...stable.spec.job, state: "suspended", upgradeMode: failed.spec.job?.upgradeMode },
    },
    { firstDeployment: false },
    type,
  );

/** Only the upgrade mode of the launch changes in the recorded failed spec. */
function storedForm(
  decided: FlinkResourceStatus,
  failed: LastReconciledSpec,
  lastStableSpec: string | undefined,
  type: ResourceKind["spec"],
): FlinkResourceStatus {
  const { state, lastReconciledSpec } = decided.reconciliationStatus ?? {};
  const upgradeMode = readLastReconciledSpec(lastReconciledSpec)?.spec.job?.upgradeMode;
  return {
    ...decided,
    reconciliationStatus: {
      ...decided.reconciliationStatus,
      state: state === "UPGRADING" ? "ROLLING_BACK" : "ROLLED_BACK",
      lastReconciledSpec: withUpgradeMode(failed, upgradeMode, type),
      lastStableSpec,
    },
  };
}

export const withUpgradeMode = (
  { spec, metadata }: LastReconciledSpec,
  upgradeMode: NonNullable<LastReconciledSpec["spec"]["job"]>["upgradeMode"],
  type: ResourceKind["spec"],
): string =>
  formatLastReconciledSpec(
    { ...spec, job: { ...spec.job, upgradeMode } },
    { firstDeployment: metadata?.firstDeployment ?? false },
    type,
  );
