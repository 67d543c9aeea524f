import { dryRun } from "../launch/dryRun.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Situation, Step } from "../model/situation.ts";
import { refuseRedeployment } from "../restore/unreadableHaMetadata.ts";
import { EMPTY_STATE } from "../status/decisionRecord.ts";
import { launchIntended } from "../status/status.ts";
import { suspending } from "../suspension/suspendedResource.ts";
import { specChanged } from "./specChangedEvent.ts";

/** A new savepointRedeployNonce: discards the current state and starts from initialSavepointPath. */
export const redeploy: Step = (situation) => {
  const { diff, spec } = situation;
  if (diff?.type !== "SAVEPOINT_REDEPLOY") return undefined;
  const refused = refuseRedeployment(situation);
  if (refused !== undefined) return refused;
  return {
    actions: dryRun(situation),
    events: [specChanged(situation), suspending],
    status: withStateGivenUp(situation, spec.job?.initialSavepointPath),
    explanation: {
      act: "Redeploy",
      reason:
        "A new savepointRedeployNonce asks to give up the present state and to start from initialSavepointPath.",
      facts: [diff.text],
      restoresFrom: spec.job?.initialSavepointPath ?? EMPTY_STATE,
    },
    requeueAfterMs: 0,
  };
};

/** Without a start time of the run, no earlier snapshot counts as newer than the path. */
const withStateGivenUp = (situation: Situation, path: string | undefined): FlinkResourceStatus => ({
  ...launchIntended(situation, "savepoint", { upgradeSavepointPath: path, startTime: undefined }),
  newestSnapshot: undefined,
});
