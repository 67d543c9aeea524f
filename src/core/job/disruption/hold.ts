import type { AwaitedBeforeDisruption } from "../../../api/v1beta1/commonStatus.ts";
import { APPROVED_GENERATION_ANNOTATION, BLUE_GREEN_LABEL } from "../../../api/v1beta1/names.ts";
import type { Amount } from "../../../config/values/amount.ts";
import type { SpecDiff } from "../../diff/diff.ts";
import type { LastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { errorTypes } from "../../statusError.ts";
import type { WaveFacts } from "../model/facts.ts";
import type { FlinkResource, FlinkResourceSpec, FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { isBeingStopped } from "../status/beingStopped.ts";
import { isStandalone } from "../status/status.ts";
import { changedFields } from "./changedFields.ts";
import { fullWave } from "./wave.ts";

/** What a change of the spec waits for before it may stop what runs (docs/adr/0032). */
export interface Hold {
  readonly waitsFor: AwaitedBeforeDisruption;
  /** When the next disruption window opens, in milliseconds since the epoch. */
  readonly until?: number;
  /** How many places the wave has that it waits for. */
  readonly places?: Amount | undefined;
}

export interface HeldChange {
  /** With the requested spec. */
  readonly resource: FlinkResource;
  readonly before: FlinkResourceStatus;
  readonly deployed: LastReconciledSpec;
  /** From the deployed spec to the requested one. */
  readonly diff: SpecDiff;
  /** Settings of the deployed cluster. */
  readonly settings: Settings;
  /** Settings of the requested spec. */
  readonly nextSettings: Settings;
  readonly wave: WaveFacts | undefined;
  readonly now: number;
}

/** Undefined: the change may act now. */
export function holdOf(change: HeldChange): Hold | undefined {
  const { resource, before, deployed, nextSettings, wave, now } = change;
  const { generation = 0, labels, annotations } = resource.metadata;
  const isAwaited = awaitsApproval(before, generation);
  // A job that ends while its edit waits is no approval of the edit.
  if (!isDisruptive(change) || !(isAwaited || runs(before, deployed))) return undefined;
  const isEdit = isEditOf(change);
  // An edit that was refused, and is valid by a change of the operator's configuration, was never approved either. The error
  // tells of one from before approval was asked for.
  if (isEdit || before.error?.includes(errorTypes.validation) === true) {
    const isApproved = annotations?.[APPROVED_GENERATION_ANNOTATION]?.trim() === String(generation);
    const isChild = labels?.[BLUE_GREEN_LABEL] !== undefined;
    if (nextSettings.approvalRequired && !isApproved && !isChild) return { waitsFor: "Approval" };
  }
  const windows = nextSettings.disruptionWindows;
  if (isAskedFor(change) || isUnderWay(before)) return undefined;
  if (windows !== undefined && !windows.isOpen(now)) {
    const until = windows.opensAt(now);
    return { waitsFor: "DisruptionWindow", ...(until === undefined ? {} : { until }) };
  }
  const isFull = fullWave(nextSettings, wave) !== undefined;
  return isFull ? { waitsFor: "Wave", places: nextSettings.maxUnavailable } : undefined;
}

/** An edit that no reconcile has acted on, or one that was never approved. */
function isEditOf({ resource, before }: HeldChange): boolean {
  const { generation = 0 } = resource.metadata;
  return (
    before.observedGeneration !== generation ||
    awaitsApproval(before, generation) ||
    before.refusedGeneration === generation
  );
}

/** The user of the resource asks for the restart: it waits neither for a window nor for a wave. */
export const isAskedFor = (change: HeldChange): boolean => isEditOf(change) && !isWaitingAlready(change);

const awaitsApproval = ({ pendingChange }: FlinkResourceStatus, generation: number): boolean =>
  pendingChange?.waitsFor === "Approval" && pendingChange.generation === generation;

/** An edit adds nothing that needs a restart to a change that is no edit and waits: it does not ask for the restart either. */
const isWaitingAlready = ({ before: { pendingChange }, diff }: HeldChange): boolean =>
  (pendingChange?.waitsFor === "DisruptionWindow" || pendingChange?.waitsFor === "Wave") &&
  changedFields(diff).every((field) => pendingChange.changes?.includes(field));

/** A stop, a launch, a warm upgrade or the replacement of a session cluster was begun, and is completed. */
export const isUnderWay = (status: FlinkResourceStatus): boolean =>
  status.reconciliationStatus?.state !== "DEPLOYED" ||
  isBeingStopped(status) ||
  status.warmUpgrade !== undefined ||
  status.replacement !== undefined;

/** The change restarts what runs. A suspension says itself that the job stops, and waits for nothing. */
export const isDisruptive = ({ resource: { spec }, diff: { type }, settings }: HeldChange): boolean =>
  spec.job?.state !== "suspended" &&
  (type === "UPGRADE" ||
    type === "SAVEPOINT_REDEPLOY" ||
    (type === "SCALE" && !scalesTaskManagers(spec, settings)));

/**
 * A reactive job uses all available TaskManagers, and a session cluster offers its slots to any job. So a change of
 * their number needs no restart (REFERENCE 1.19).
 */
export const scalesTaskManagers = (spec: FlinkResourceSpec, { reactive }: Settings): boolean =>
  isStandalone(spec) && (spec.job === undefined || reactive);

/** There is, or is about to be, a job or a session cluster. */
function runs(
  { reconciliationStatus, jobStatus }: FlinkResourceStatus,
  { spec, metadata }: LastReconciledSpec,
): boolean {
  if (reconciliationStatus?.state === "UPGRADING") return metadata?.firstDeployment !== true;
  if (spec.job === undefined) return true;
  const state = jobStatus?.state;
  return spec.job.state !== "suspended" && state !== undefined && !isTerminal(state);
}
