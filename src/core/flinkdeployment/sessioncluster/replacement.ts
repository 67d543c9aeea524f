import { dryRun } from "../../job/launch/dryRun.ts";
import type { EventIntent } from "../../job/model/decision.ts";
import type { SessionJobFacts } from "../../job/model/facts.ts";
import type { Outcome, Situation, Step } from "../../job/model/situation.ts";
import { isTerminal } from "../../job/observe/observeJob.ts";
import type { Explanation } from "../../job/status/decisionRecord.ts";
import { launchIntended, relaunchIntended } from "../../job/status/status.ts";
import { specChanged } from "../../job/upgrade/specChangedEvent.ts";

/**
 * A session cluster gets a new spec by being replaced, which stops its jobs (REFERENCE 1.18). So its status first
 * announces the replacement. Each session job then saves its state and reports in its own status that it is suspended
 * (src/core/flinksessionjob/suspendForReplacement.ts). Then the cluster is deleted (docs/adr/0009).
 */
export const replaceSessionCluster: Step = (situation) => {
  const { diff, status, generation, settings, now } = situation;
  const announced = status.replacement;
  if (diff === undefined || diff.type === "IGNORE") {
    // The change was reverted: its jobs resume.
    return announced === undefined
      ? undefined
      : { status: { ...status, replacement: undefined }, othersMayAct: true };
  }
  if (settings.saveSessionJobsMs === undefined) return replaceAtOnce(situation);
  const awaited = awaitedJobs(situation);
  if (announced?.generation !== generation) return announce(situation, settings.saveSessionJobsMs);
  const remaining = Date.parse(announced.until ?? "") - now;
  if (awaited.length === 0 || !(remaining > 0)) return replace(situation, awaited);
  return {
    waitsFor: `the session jobs ${namesOf(awaited)} to save their state, until ${announced.until} at the latest`,
    requeueAfterMs: Math.min(remaining, settings.progressCheckIntervalMs),
  };
};

function announce(situation: Situation, timeoutMs: number): Outcome {
  const { status, generation, now } = situation;
  return {
    actions: dryRun(situation),
    events: [specChanged(situation)],
    status: {
      ...status,
      error: undefined,
      replacement: {
        generation,
        since: new Date(now).toISOString(),
        until: new Date(now + timeoutMs).toISOString(),
      },
    },
    explanation: explain(situation),
    requeueAfterMs: 0,
  };
}

/** As in the Java operator: everything that runs in the cluster is stopped with it. */
const replaceAtOnce = (situation: Situation): Outcome => ({
  actions: dryRun(situation),
  events: [specChanged(situation), replacing],
  status: launchIntended(situation, "stateless"),
  explanation: explain(situation),
  requeueAfterMs: 0,
});

function explain({ diff, facts, settings }: Situation): Explanation {
  const jobs = (facts.sessionJobs ?? []).filter(({ needsCluster }) => needsCluster);
  return {
    act: "Upgrade",
    reason: "The spec changed in a way that needs new pods, so the session cluster is replaced.",
    facts: [
      ...(diff === undefined ? [] : [diff.text]),
      ...plan(jobs, settings.saveSessionJobsMs !== undefined),
    ],
  };
}

/** Which session jobs will be restarted, and how. */
function plan(jobs: readonly SessionJobFacts[], saved: boolean): string[] {
  if (jobs.length === 0) return ["No session job runs in it"];
  if (!saved) return [`Session jobs that go down with it: ${namesOf(jobs)}`];
  const [stateful, stateless] = [jobs.filter((job) => job.stateful), jobs.filter((job) => !job.stateful)];
  return [
    ...(stateful.length === 0 ? [] : [`Session jobs that save their state first: ${namesOf(stateful)}`]),
    ...(stateless.length === 0 ? [] : [`Session jobs that start empty: ${namesOf(stateless)}`]),
  ];
}

/**
 * Without a JobManager no job can save its state, and the next one recovers them. One of another version of Flink cannot:
 * it does not read the HA metadata. Then a JobManager that is being started again is waited for, which recovers them first.
 */
function canSaveJobs({ status, spec, deployed, settings }: Situation): boolean {
  switch (status.jobManagerDeploymentStatus) {
    case "READY":
    case "DEPLOYED_NOT_READY":
      return true;
    case "DEPLOYING":
      return settings.highAvailability && spec.flinkVersion !== deployed?.spec.flinkVersion;
    default:
      return false;
  }
}

/** The jobs that have not reported that they are suspended, and those that Flink still lists. */
function awaitedJobs(situation: Situation): readonly SessionJobFacts[] {
  const { facts } = situation;
  if (!canSaveJobs(situation)) return [];
  const running = new Set(
    (facts.flink?.jobs ?? []).filter(({ state }) => !isTerminal(state)).map(({ id }) => id),
  );
  return (facts.sessionJobs ?? []).filter(
    ({ needsCluster, jobId }) => needsCluster || (jobId !== undefined && running.has(jobId)),
  );
}

const replace = (situation: Situation, unsaved: readonly SessionJobFacts[]): Outcome => ({
  events: [replacing, ...(unsaved.length > 0 ? [notSaved(unsaved)] : [])],
  status: launchIntended(situation, "stateless"),
  requeueAfterMs: 0,
});

/** The session cluster's Deployment is deleted: the deployed spec is deployed again (REFERENCE 1.9). */
export const lostSessionCluster: Step = (situation) => {
  const { status, deployed, settings } = situation;
  if (status.jobManagerDeploymentStatus !== "MISSING" || deployed === undefined) return undefined;
  if (!settings.recoveryEnabled) return undefined;
  return {
    events: [recovering],
    status: relaunchIntended(situation, "stateless"),
    explanation: {
      act: "Recover",
      reason: "The JobManager's Deployment is gone though the cluster should run.",
    },
    requeueAfterMs: 0,
  };
};

/** The maximum number of listed names. */
const maxNames = 10;

export function namesOf(all: readonly { readonly name: string }[]): string {
  const names = all.map(({ name }) => name).sort();
  const left = names.length - maxNames;
  return names.slice(0, maxNames).join(", ") + (left > 0 ? ` and ${left} more` : "");
}

const recovering: EventIntent = {
  type: "Warning",
  reason: "RecoverDeployment",
  component: "JobManagerDeployment",
  message: "Recovering lost deployment",
};

const replacing: EventIntent = {
  type: "Normal",
  reason: "Suspended",
  component: "JobManagerDeployment",
  message: "Suspending existing deployment.",
};

const notSaved = (jobs: readonly SessionJobFacts[]): EventIntent => ({
  type: "Warning",
  reason: "SessionJobsNotSaved",
  component: "JobManagerDeployment",
  message:
    `The session cluster is replaced although these session jobs could not save their state in time: ${namesOf(jobs)}. ` +
    "Each goes on from its newest checkpoint, or says that a person is needed.",
});
