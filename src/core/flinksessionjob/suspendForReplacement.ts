import type { Situation, Step } from "../job/model/situation.ts";
import type { SuspendMode } from "../job/model/suspendMode.ts";
import { isTerminal } from "../job/observe/observeJob.ts";
import { savepointToAwait } from "../job/snapshots/pendingSnapshots.ts";
import { upgradeFailure } from "../job/status/failure.ts";
import { awaitOthers } from "../job/suspension/actsOfOthers.ts";
import { decideSuspendMode } from "../job/suspension/suspendMode.ts";
import { explainUpgrade, type TakeDown } from "../job/upgrade/explainUpgrade.ts";
import { takeDown } from "../job/upgrade/upgrade.ts";

/**
 * The session cluster is about to be replaced: the job saves its state, by the rules of an upgrade, and is suspended
 * in the form of an intended start. So either operator, this one or the Java operator, starts it again when the
 * cluster is ready (docs/adr/0009).
 */
export const suspendForReplacement: Step = (situation) => {
  const { status, deployed, facts } = situation;
  const isStopped = deployed?.spec.job?.state !== "running" || isTerminal(status.jobStatus?.state);
  if (status.reconciliationStatus?.state !== "DEPLOYED" || isStopped) return undefined;
  const waitsFor = savepointToAwait(situation);
  if (waitsFor !== undefined) return { waitsFor };
  const mode = suspendModeForReplacement(situation);
  // The job itself is at rest, and its JobManager would be asked once in minutes.
  if (mode.kind === "wait")
    return { looksFirst: true, waitsFor: `${mode.why}, before the session cluster is replaced` };
  if (mode.kind === "fail") return upgradeFailure(situation, "UpgradeFailed", mode.message);
  const others = awaitOthers(situation, mode);
  if (others !== undefined) return others;
  const asUpgrade = explainUpgrade(situation, mode);
  const explanation = {
    ...asUpgrade,
    act: "Upgrade" as const,
    reason: `The session cluster ${facts.session?.name} is about to be replaced: ${descriptions[mode.kind]}.`,
  };
  return takeDown(situation, mode, explanation, []);
};

/** A savepoint if possible, because the next cluster may have another version of Flink. */
function suspendModeForReplacement(situation: Situation): SuspendMode {
  const { status, settings } = situation;
  const mode = decideSuspendMode(situation);
  const canSave = status.jobStatus?.state === "RUNNING" && settings.savepointDirectory !== undefined;
  return mode.kind === "cancel" && canSave ? { kind: "savepoint" } : mode;
}

const descriptions: Record<TakeDown["kind"], string> = {
  none: "nothing of the job runs any more",
  stateless: "the job is cancelled, and starts empty on the next one",
  savepoint: "the job is stopped with a savepoint, and goes on from it",
  known: "the job began anew, and goes back to what the run before had come to",
  cancel: "the job is cancelled, and goes on from its newest checkpoint",
  "last-state": "the job goes on from its newest checkpoint",
};
