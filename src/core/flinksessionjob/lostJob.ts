import type { UpgradeMode } from "../../api/v1beta1/flinkdeployment.ts";
import type { EventIntent } from "../job/model/decision.ts";
import { hasHaMetadata } from "../job/model/facts.ts";
import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { isAbsent, isTerminal } from "../job/observe/observeJob.ts";
import { knownSnapshots } from "../job/restore/knownSnapshots.ts";
import { manualRestore } from "../job/restore/restoreGuard.ts";
import { EMPTY_STATE } from "../job/status/decisionRecord.ts";
import { isStateless, relaunchIntended, withJob } from "../job/status/status.ts";

/**
 * The session cluster answers and does not know the job that should run: its JobManager was lost, and the job with
 * it. With high availability the JobManager recovers it by its id, if it finds it where its version of Flink looks.
 * Otherwise it is submitted again, from the newest known snapshot.
 */
export const lostJob: Step = (situation) => {
  const { status, deployed, spec, facts, settings } = situation;
  const { jobId, state, startTime, upgradeSavepointPath } = status.jobStatus ?? {};
  if (status.reconciliationStatus?.state !== "DEPLOYED" || deployed?.spec.job?.state !== "running")
    return undefined;
  if (isTerminal(state) || !isAbsent(facts, jobId)) return undefined;
  const leftOver = hasHaMetadata(facts.haConfigMaps);
  if (leftOver && facts.session?.recoversJob !== false)
    return { waitsFor: "the JobManager to recover the job" };
  if (!settings.recoveryEnabled) return undefined;
  if (isStateless(spec)) return relaunch(situation, "stateless", undefined);
  const newest = newestOfRun(situation);
  if (newest !== undefined) return relaunch(situation, "savepoint", newest);
  // It was never seen to run: its start path is still its newest state.
  if (startTime === undefined)
    return relaunch(
      situation,
      upgradeSavepointPath === undefined ? "stateless" : "savepoint",
      upgradeSavepointPath,
    );
  return manualRestore(
    situation,
    "RestoreFailed",
    leftOver
      ? NOT_READ
      : "The JobManager of the session cluster was lost, and the job with it, before it told of a snapshot of the job.",
  );
};

const NOT_READ =
  "The JobManager of the session cluster does not recover the job, as the HA metadata do not name it for this version of " +
  "Flink, and the path of its newest snapshot is not known.";

/** The newest snapshot of this run, as far as it was reported. */
function newestOfRun({ status, facts }: Situation): string | undefined {
  const [newest] = knownSnapshots(status, facts).filter(
    ({ source, kind }) => source !== "status" || kind === "savepoint",
  );
  return newest?.unusable === undefined ? newest?.path : undefined;
}

function relaunch(situation: Situation, mode: UpgradeMode, path: string | undefined): Outcome {
  const intended = relaunchIntended(situation, mode);
  return {
    events: [recovering],
    status: mode === "stateless" ? intended : withJob(intended, { upgradeSavepointPath: path }),
    explanation: {
      act: "Recover",
      reason: "The session cluster does not know the job any more, though it should run.",
      facts: [
        `The job was ${situation.status.jobStatus?.state ?? "never seen"}`,
        `HA metadata: ${hasHaMetadata(situation.facts.haConfigMaps) ? "not for this version of Flink" : "none"}`,
      ],
      restoresFrom: path ?? EMPTY_STATE,
    },
    requeueAfterMs: 0,
  };
}

const recovering: EventIntent = {
  type: "Warning",
  reason: "RecoverDeployment",
  component: "Job",
  message: "Recovering lost job",
};
