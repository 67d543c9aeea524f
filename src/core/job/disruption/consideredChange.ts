import type { PendingChange } from "../../../api/v1beta1/commonStatus.ts";
import type { SpecDiff } from "../../diff/diff.ts";
import type { LastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { type HeldChange, type Hold, holdOf, isAskedFor, isDisruptive, isUnderWay } from "./hold.ts";
import { withoutPendingChange, withPendingChange } from "./pendingChange.ts";
import type { DisruptionStep } from "./wave.ts";

/** What may have to wait in a reconcile: the difference between what is deployed and what is requested, if there is one. */
export interface ConsideredChange extends Omit<HeldChange, "deployed" | "diff"> {
  readonly deployed: LastReconciledSpec | undefined;
  /** From the deployed spec to the requested one. Undefined: nothing is deployed, or the requested spec is refused. */
  readonly diff: SpecDiff | undefined;
  /** The requested spec is refused. */
  readonly isRefused: boolean;
  /** Nothing waits: the resource is being deleted, or a plan asks what the change would do. */
  readonly mayAct: boolean;
  /** The session cluster of the job is about to be replaced. */
  readonly isReplaced: boolean;
}

/** The change, if it may have to wait at all. */
function heldChange({ deployed, diff, mayAct, ...change }: ConsideredChange): HeldChange | undefined {
  return deployed === undefined || diff === undefined || mayAct ? undefined : { ...change, deployed, diff };
}

const holdUnlessInPlace = (change: ConsideredChange): Hold | undefined => {
  const held = heldChange(change);
  return held && holdOf(held);
};

/** What the change waits for, unless it goes in place. `goesInPlace`: whether it does if it does not wait. */
export function effectiveHold(change: ConsideredChange, goesInPlace: () => boolean): Hold | undefined {
  const hold = holdUnlessInPlace(change);
  // An edit that began to wait for approval goes on waiting: the reason why it cannot be done in place may not be seen again.
  // Whatever is under way comes before a change in place, and would launch with it.
  const mayGoInPlace =
    hold !== undefined &&
    waitedFor(change)?.waitsFor !== "Approval" &&
    !isUnderWay(change.before) &&
    !change.isReplaced;
  return mayGoInPlace && goesInPlace() ? undefined : hold;
}

/** How the decision takes a place of its wave: for a change that is no edit, and with a limit of how many may be disrupted at once. */
export function disruptionStep(
  change: ConsideredChange,
  hold: Hold | undefined,
  decided: FlinkResourceStatus,
  prepares: boolean,
): DisruptionStep | undefined {
  const held = heldChange(change);
  const mayTakePlace =
    held !== undefined &&
    hold === undefined &&
    change.nextSettings.maxUnavailable !== undefined &&
    isDisruptive(held) &&
    !isAskedFor(held) &&
    !isUnderWay(change.before);
  if (!mayTakePlace) return undefined;
  if (isUnderWay(decided)) return "begins";
  return prepares ? "prepares" : undefined;
}

/** What the present generation waits for since an earlier reconcile. */
const waitedFor = ({ before, resource }: ConsideredChange): PendingChange | undefined =>
  before.pendingChange?.generation === (resource.metadata.generation ?? 0) ? before.pendingChange : undefined;

/** The status with the record of the change that waits, and of an edit that was refused. */
export function withChange(
  observed: FlinkResourceStatus,
  change: ConsideredChange,
  hold: Hold | undefined,
): FlinkResourceStatus {
  const refusedGeneration = refusedGenerationOf(change);
  const status =
    observed.refusedGeneration === refusedGeneration ? observed : { ...observed, refusedGeneration };
  const held = heldChange(change);
  if (held !== undefined && hold !== undefined) return withPendingChange(status, hold, held);
  // It is kept until the intent is written, unless nothing has to wait any more.
  const isKept =
    held !== undefined && waitedFor(change) !== undefined && holdOf(held) === undefined && isDisruptive(held);
  return isKept ? status : withoutPendingChange(status);
}

function refusedGenerationOf(change: ConsideredChange): number | undefined {
  const { resource, before, deployed, diff, isRefused, settings } = change;
  const { generation = 0 } = resource.metadata;
  const isRefusedEdit = isRefused && deployed !== undefined && settings.approvalRequired;
  const wasRefused = before.refusedGeneration === generation && diff?.type !== "IGNORE";
  return isRefusedEdit || wasRefused ? generation : undefined;
}

/**
 * The generation that counts as observed. It identifies an intended launch. At any other time a rejected edit counts as
 * observed too.
 */
export function seenGeneration(
  { resource, before, isRefused }: ConsideredChange,
  hold: Hold | undefined,
): number | undefined {
  const launching = before.reconciliationStatus?.state === "UPGRADING";
  const isSeen = hold === undefined && !(isRefused && launching);
  return isSeen ? (resource.metadata.generation ?? 0) : before.observedGeneration;
}
