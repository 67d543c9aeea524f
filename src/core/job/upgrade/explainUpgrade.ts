import type { Situation } from "../model/situation.ts";
import type { SuspendMode } from "../model/suspendMode.ts";
import { checkpointsOf } from "../observe/observeJob.ts";
import { isRescale, whyNotInPlace } from "../rescale/eligibility.ts";
import { EMPTY_STATE, type Explanation, NEWEST_IN_HA_METADATA } from "../status/decisionRecord.ts";

/** A mode that stops the job. The others change nothing. */
export type TakeDown = Exclude<SuspendMode, { kind: "wait" | "fail" }>;

/** Why the job is stopped, and what it is restored from. */
export function explainUpgrade(situation: Situation, mode: TakeDown): Explanation {
  const { spec, status, diff } = situation;
  const suspends = spec.job?.state === "suspended";
  const job = status.jobStatus;
  const notInPlace = whyUpgraded(situation);
  const trigger = suspends
    ? "The spec asks to suspend the job"
    : "The spec changed in a way that needs a restart";
  return {
    act: suspends ? "Suspend" : "Upgrade",
    reason: `${trigger}: ${descriptions[mode.kind]}.`,
    facts: [
      ...(diff === undefined ? [] : [diff.text]),
      ...(notInPlace === undefined ? [] : [`The parallelism cannot be changed in place: ${notInPlace}`]),
      `The job was ${job?.state ?? "never seen"}, its JobManager ${status.jobManagerDeploymentStatus ?? "MISSING"}`,
      `upgradeMode: ${spec.job?.upgradeMode ?? "stateless"}`,
    ],
    restoresFrom: sourceOf(situation, mode),
    ...refusals(situation, mode),
  };
}

/** Of a change of the parallelism alone: why it is not changed in place. */
export const whyUpgraded = (situation: Situation): string | undefined =>
  isRescale(situation) ? whyNotInPlace(situation) : undefined;

const descriptions: Record<TakeDown["kind"], string> = {
  none: "nothing of it runs any more",
  stateless: "it is thrown away with its state, as upgradeMode says",
  savepoint: "it is stopped with a savepoint",
  known: "it began anew, and goes back to what the run before had come to",
  cancel: "it is cancelled, and its newest checkpoint kept",
  "last-state": "its JobManager is taken down, and its newest checkpoint kept",
};

function sourceOf({ status }: Situation, mode: TakeDown): string {
  switch (mode.kind) {
    case "stateless":
      return EMPTY_STATE;
    case "known":
      return mode.path;
    case "savepoint":
      return "the savepoint that it is stopped with";
    case "cancel":
      return "the newest checkpoint that Flink tells once it is cancelled";
    case "last-state":
      return NEWEST_IN_HA_METADATA;
    case "none": {
      const { upgradeSavepointPath, savepointInfo } = status.jobStatus ?? {};
      const known = upgradeSavepointPath ?? savepointInfo?.lastSavepoint?.location;
      return mode.restore === "stateless" || known === undefined ? EMPTY_STATE : known;
    }
  }
}

/** If last-state was requested and a savepoint is used, the record contains the reason. */
function refusals({ spec, status, facts }: Situation, mode: TakeDown): Pick<Explanation, "refused"> {
  if (mode.kind === "known")
    return { refused: [{ snapshot: "a savepoint or checkpoint that the job takes now", why: mode.why }] };
  const newest = checkpointsOf(facts, status.jobStatus?.jobId)?.latestCompleted;
  if (mode.kind !== "savepoint" || spec.job?.upgradeMode !== "last-state" || mode.instead === undefined)
    return {};
  return {
    refused: [{ snapshot: newest?.externalPath ?? "the newest checkpoint", why: mode.instead }],
  };
}
