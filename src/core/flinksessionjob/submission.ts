import type { SubmissionFacts } from "../../api/flinkFacts.ts";
import type { UpgradeMode } from "../../api/v1beta1/flinkdeployment.ts";
import { deriveJobId } from "../ids.ts";
import { asIntended, isRedeployment } from "../job/launch/launch.ts";
import type { EventIntent } from "../job/model/decision.ts";
import type { FlinkResourceStatus } from "../job/model/flinkResource.ts";
import type { Outcome, Restore, Situation, Step } from "../job/model/situation.ts";
import { isEndReported, isTerminal, jobOf, lastSnapshotOf } from "../job/observe/observeJob.ts";
import {
  describeRestore,
  guardedRestore,
  restoreMode,
  restoreOf,
  restorePath,
} from "../job/restore/chooseRestore.ts";
import { isSamePath } from "../job/restore/knownSnapshots.ts";
import { manualRestore } from "../job/restore/restoreGuard.ts";
import { runLaunched } from "../job/restore/runState.ts";
import { stateOriginOf } from "../job/restore/stateOrigin.ts";
import { report } from "../job/status/failure.ts";
import {
  isFirstDeployment,
  isLaunchIntended,
  launched,
  launchIntended,
  neverLaunched,
  suspended,
  withJob,
} from "../job/status/status.ts";
import { cancelOnce } from "../job/suspension/cancelOnce.ts";
import { untilNextTry } from "../job/upgrade/awaitJars.ts";
import { errorTypes } from "../statusError.ts";
import { launchRefusal } from "./awaitSessionCluster.ts";
import { editDuringStart } from "./editDuringStart.ts";

/** After this time an overview without the job shows that no request for it is in flight any more. */
const IN_FLIGHT_MS = 30_000;
/** The time within which an accepted job is listed. */
const LISTED_MS = 5_000;

/**
 * An intended start of a session job: ends the old job, records the id of the new one, and submits it under this id
 * until the JobManager lists it. Flink accepts an id once, so nothing is started twice.
 */
export const submission: Step = (situation) => {
  const { status, deployed } = situation;
  if (!isLaunchIntended(status, deployed)) return undefined;
  const { jobId, state } = status.jobStatus ?? {};
  return jobId === undefined || isTerminal(state) ? prepare(situation) : submit(situation, jobId);
};

/** No request is sent yet: an edit is applied, unless that would delay a job that can run. */
function prepare(situation: Situation): Outcome {
  const { spec } = situation;
  const mode = restoreMode(situation);
  const ending = endOldJob(situation, mode);
  if (ending !== undefined) return ending;
  if (spec.job?.state === "suspended")
    return { status: isFirstDeployment(situation) ? neverLaunched(situation) : suspended(situation, mode) };
  const edit = editDuringStart(situation);
  if (edit === "applied") return { ...withEdit(situation, mode), requeueAfterMs: 0 };
  if (edit === "awaited") return { requeueAfterMs: 1_000 };
  const refusal = launchRefusal(situation);
  return refusal === undefined ? nameJob(asIntended(situation), mode) : { waitsFor: refusal };
}

const withEdit = (situation: Situation, mode: UpgradeMode): Outcome => ({
  status: launchIntended(situation, mode, {
    ...(isFirstDeployment(situation)
      ? { upgradeSavepointPath: situation.spec.job?.initialSavepointPath }
      : {}),
  }),
});

/** Cancels the old job if it still runs. Records it first if the new one restores from its state. */
function endOldJob(situation: Situation, mode: UpgradeMode): Outcome | undefined {
  const { facts, status } = situation;
  const job = jobOf(facts, status.jobStatus?.jobId);
  if (job === undefined) return undefined;
  if (!isTerminal(job.state)) {
    return { actions: cancelOnce(situation, job), requeueAfterMs: 500 };
  }
  // A job that was stopped with a savepoint has reported its path.
  if (mode === "stateless" || job.state === "FINISHED" || givesStateUp(situation)) return undefined;
  if (!isEndReported(facts, job.id)) return { requeueAfterMs: 500 };
  const last = lastSnapshotOf(facts, job.id);
  const known = status.jobStatus?.upgradeSavepointPath;
  if (last.kind !== "at" || isSamePath(last.path, known) || stateOriginOf(status, facts).kind !== "continues")
    return undefined;
  return { status: withJob(status, { upgradeSavepointPath: last.path }), requeueAfterMs: 0 };
}

/** Records the id and the restore path before a request is sent. */
function nameJob(situation: Situation, mode: UpgradeMode): Outcome {
  const { status, uid, now } = situation;
  const guarded = givesStateUp(situation)
    ? { kind: "restore" as const, restore: restoreOf(situation, mode) }
    : guardedRestore(situation, mode);
  if (guarded.kind === "refused") return manualRestore(situation, "RestoreFailed", guarded.why);
  const named = withJob(status, {
    jobId: deriveJobId(uid, now),
    state: "RECONCILING",
    startTime: undefined,
    upgradeSavepointPath: restorePath(guarded.restore),
  });
  return {
    status: {
      ...named,
      run: runLaunched(guarded.restore, situation.facts),
      reconciliationStatus: { ...named.reconciliationStatus, reconciliationTimestamp: now },
    },
    requeueAfterMs: 0,
  };
}

/**
 * Unlike that of an application, the JobManager stays and keeps reporting the checkpoints of the old job, whose state
 * the user has discarded. A redeployment is recognised by a run without a start time.
 */
const givesStateUp = (situation: Situation): boolean =>
  isRedeployment(situation) && situation.status.jobStatus?.startTime === undefined;

/** The restore recorded with the id. HA metadata under this id belongs to the new job. */
const namedRestore = (situation: Situation): Restore =>
  restoreOf({ ...situation, facts: { ...situation.facts, haConfigMaps: [] } }, restoreMode(situation));

function submit(situation: Situation, jobId: string): Outcome {
  const { facts } = situation;
  if (jobOf(facts, jobId) !== undefined) return submitted(asIntended(situation));
  const known = facts.submission?.jobId === jobId ? facts.submission : undefined;
  switch (known?.state) {
    case "running":
      return {};
    case "accepted":
      return (facts.flink?.jobsAt ?? 0) - known.at < LISTED_MS
        ? { requeueAfterMs: 1_000 }
        : send(situation, jobId);
    case "failed":
      return afterFailure(situation, jobId, known);
    case undefined:
      return noRequestInFlight(situation)
        ? (revertIntent(situation) ?? send(situation, jobId))
        : send(situation, jobId);
  }
}

/** The id was recorded so long ago that no request of a previous operator process can be in flight. */
export const noRequestInFlight = ({ facts, status }: Situation): boolean =>
  (facts.flink?.jobsAt ?? 0) - (status.reconciliationStatus?.reconciliationTimestamp ?? 0) > IN_FLIGHT_MS;

/** Reverts the intent if the job is not to be started as intended any more. */
function revertIntent(situation: Situation): Outcome | undefined {
  const { status, spec } = situation;
  const isOther = editDuringStart(situation) === "applied" || spec.job?.state === "suspended";
  if (!isOther && launchRefusal(situation) === undefined) return undefined;
  return {
    status: withJob({ ...status, error: undefined }, { jobId: undefined, state: "FINISHED" }),
    requeueAfterMs: 0,
  };
}

function send(situation: Situation, jobId: string): Outcome {
  const intended = asIntended(situation);
  const refusal = launchRefusal(situation);
  if (refusal !== undefined) return { waitsFor: refusal, requeueAfterMs: 1_000 };
  const restore = namedRestore(intended);
  const sent = intended.submission?.({ generation: intended.generation, jobId, launchId: "", restore });
  if (sent === undefined) return {};
  // It is one start of the job, however often it is tried.
  const events = situation.facts.submission?.jobId === jobId ? [] : [submitting];
  return { actions: [{ kind: "submit", submission: sent }], events, requeueAfterMs: 1_000 };
}

function afterFailure(
  situation: Situation,
  jobId: string,
  failed: SubmissionFacts & { state: "failed" },
): Outcome {
  const { facts, status } = situation;
  const noneInFlight = (facts.flink?.jobsAt ?? 0) - failed.at > (failed.certain ? 0 : IN_FLIGHT_MS);
  const back = noneInFlight ? revertIntent(situation) : undefined;
  if (back !== undefined) return back;
  const remaining = untilNextTry(situation, failed);
  if (remaining <= 0) return send(situation, jobId);
  return { ...reportFailure(status, failed), requeueAfterMs: remaining };
}

/** Transient failures are reported only if they persist. */
const reportFailure = (
  status: FlinkResourceStatus,
  { certain, tries, error }: SubmissionFacts & { state: "failed" },
) =>
  certain || tries > 2
    ? report(
        status,
        errorTypes.reconciliation,
        "SubmissionFailed",
        `The job cannot be submitted: ${error}`,
        "Job",
      )
    : {};

/** The JobManager lists the job. The first run of a job is not recorded yet: its id came with the intent to deploy it. */
function submitted(situation: Situation): Outcome {
  const { facts } = situation;
  const restore = namedRestore(situation);
  const status = launched(situation, restoreMode(situation));
  const sent = facts.submission?.jobId === status.jobStatus?.jobId ? facts.submission : undefined;
  const sqlTexts = sent?.texts === undefined ? {} : { sqlTexts: sent.texts };
  return {
    status: { ...status, run: { ...(status.run ?? runLaunched(restore, facts)), ...sqlTexts } },
    launchedFrom: describeRestore(situation, restore),
    requeueAfterMs: 0,
  };
}

const submitting: EventIntent = {
  type: "Normal",
  reason: "Submit",
  component: "Job",
  message: "Starting deployment",
};
