import { describe, expect, it, test } from "vitest";
import type { Situation } from "../job/model/situation.ts";
import { aJobId, aSituation, aSnapshot, checkpointFacts, flinkFacts } from "../job/situation.fixture.ts";
import {
  aSessionCluster,
  aSessionJobSituation,
  intendedSituation,
  sessionJobFacts,
  withSessionJob,
} from "./situation.fixture.ts";
import { submission } from "./submission.ts";

const noJob = (jobsAt = 1_000) => flinkFacts("RUNNING", { jobs: [], jobsAt });
const path = "file:/savepoints/1";

test("does not apply to a job that is not to be started", () => {
  expect(submission(aSessionJobSituation())).toBeUndefined();
});

describe("before a request is sent", () => {
  it("cancels the old job if it still runs, once", () => {
    const running = (jobsAt: number) =>
      intendedSituation({ facts: sessionJobFacts({ flink: flinkFacts("RUNNING", { jobsAt }) }) });
    expect(submission(running(1_001))?.actions).toEqual([{ kind: "cancel", jobId: aJobId }]);
    // An overview from before the stop does not count: the job may have been stopped since.
    expect(submission(running(1_000))?.actions).toEqual([]);
    const cancelling = intendedSituation({ facts: sessionJobFacts({ flink: flinkFacts("CANCELLING") }) });
    expect(submission(cancelling)).toMatchObject({ actions: [] });
  });

  it("writes the new job's id and its restore path, and sends no request in that reconcile", () => {
    const ended = intendedSituation(
      {
        facts: sessionJobFacts({ flink: noJob() }),
        deployed: {
          spec: withSessionJob({ state: "suspended", upgradeMode: "savepoint" }),
          metadata: undefined,
        },
      },
      { upgradeSavepointPath: path },
    );
    const outcome = submission(ended);
    expect(outcome?.actions).toBeUndefined();
    expect(outcome?.status?.jobStatus).toMatchObject({ state: "RECONCILING", upgradeSavepointPath: path });
    expect(outcome?.status?.jobStatus?.jobId).not.toBe(aJobId);
  });

  it("restores from the last checkpoint of a job that it had to cancel", () => {
    const flink = flinkFacts("CANCELED", checkpointFacts({ latestCompleted: aSnapshot(9) }));
    const cancelled = intendedSituation(
      { facts: sessionJobFacts({ flink }) },
      { upgradeSavepointPath: path },
    );
    expect(submission(cancelled)?.status?.jobStatus?.upgradeSavepointPath).toBe("file:/checkpoints/chk-9");
  });

  it.each([
    ["uses the user's path, whatever Flink still reports of the old job", undefined, path],
    ["starts a job that has run since from its newest state", "1000", "file:/checkpoints/chk-9"],
  ])("%s", (_, startTime, restored) => {
    const flink = flinkFacts("CANCELED", checkpointFacts({ latestCompleted: aSnapshot(9) }));
    const redeployed = intendedSituation(
      {
        facts: sessionJobFacts({ flink }),
        spec: withSessionJob({ savepointRedeployNonce: 1, initialSavepointPath: path }),
        deployed: {
          spec: withSessionJob({ state: "suspended", upgradeMode: "savepoint" }),
          metadata: { firstDeployment: false },
        },
      },
      { upgradeSavepointPath: path, state: "CANCELED", startTime },
    );
    expect(submission(redeployed)?.status?.jobStatus?.upgradeSavepointPath).toBe(restored);
  });

  it.each([
    ["is to be replaced", { ...aSessionCluster, replacement: "for generation 3" }],
    ["is being launched", { ...aSessionCluster, stays: false }],
    ["is being deleted", { ...aSessionCluster, deleting: true }],
  ])("starts nothing on a session cluster that %s", (_, session) => {
    const outcome = submission(intendedSituation({ facts: sessionJobFacts({ flink: noJob(), session }) }));
    expect(outcome?.waitsFor).toContain("the session cluster session");
    expect(outcome?.status).toBeUndefined();
  });

  it("suspends a job that is to be suspended", () => {
    const situation = intendedSituation({
      facts: sessionJobFacts({ flink: noJob() }),
      spec: withSessionJob({ state: "suspended" }),
    });
    expect(submission(situation)?.status?.reconciliationStatus?.state).toBe("DEPLOYED");
  });
});

describe("a job with a recorded id", () => {
  const named = (facts: Partial<Situation["facts"]>, more: Partial<Situation> = {}) =>
    intendedSituation(
      { facts: sessionJobFacts({ flink: noJob(), ...facts }), ...more },
      { state: "RECONCILING", upgradeSavepointPath: path },
    );

  it("is submitted under it, with the recorded restore", () => {
    const outcome = submission(named({}));
    expect(outcome?.actions).toMatchObject([
      { kind: "submit", submission: { run: { jobId: aJobId, savepointPath: path } } },
    ]);
    expect(outcome?.events).toMatchObject([{ reason: "Submit", component: "Job" }]);
  });

  test.each<[string, string | undefined, string | undefined]>([
    ["what its script refers to", aJobId, "hash"],
    ["nothing of a script that refers to nothing, or of an earlier process", undefined, undefined],
    ["nothing of an earlier job", "0".repeat(32), undefined],
  ])("keeps with which texts it was submitted: %s", (_, jobId, sqlTexts) => {
    const sent = jobId && ({ jobId, state: "running", tries: 0, texts: "hash" } as const);
    const facts = sessionJobFacts(sent ? { submission: sent } : {});
    const { status } = submission(intendedSituation({ facts }, { state: "RECONCILING" })) ?? {};
    expect(status?.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(status?.run?.sqlTexts).toBe(sqlTexts);
  });

  it("counts as deployed once the JobManager lists it, whoever submitted it", () => {
    const outcome = submission(named({ flink: flinkFacts("RUNNING") }));
    expect(outcome?.actions).toBeUndefined();
    expect(outcome?.status?.reconciliationStatus?.state).toBe("DEPLOYED");
  });

  it("records the restore path that it was started with, whatever it has completed since", () => {
    const started = named({ flink: flinkFacts("RUNNING"), haConfigMaps: aSituation().facts.haConfigMaps });
    const spec = withSessionJob({ state: "suspended", upgradeMode: "last-state" });
    const outcome = submission({ ...started, deployed: { spec, metadata: { firstDeployment: false } } });
    expect(outcome?.launchedFrom).toBe(path);
  });

  it("has its run recorded with the deployment: what it was started from, and no state of its own yet", () => {
    const spec = withSessionJob({ initialSavepointPath: path });
    const started = {
      ...named({ flink: flinkFacts("RUNNING") }, { spec }),
      deployed: { spec: withSessionJob({ state: "suspended" }), metadata: { firstDeployment: true } },
    };
    const runOf = (run: Situation["status"]["run"]) =>
      submission({ ...started, status: { ...started.status, run } })?.status?.run;
    expect(runOf(undefined)).toEqual({ startedFrom: path });
    expect(runOf({ startedFrom: "file:/recorded" })).toEqual({ startedFrom: "file:/recorded" });
  });

  it("is not sent twice while it is in flight, or accepted", () => {
    expect(submission(named({ submission: { jobId: aJobId, state: "running", tries: 0 } }))).toEqual({});
    const accepted = { jobId: aJobId, state: "accepted", at: 900 } as const;
    expect(submission(named({ submission: accepted }))?.actions).toBeUndefined();
  });

  it("is sent again if it was accepted and is not listed long after", () => {
    const accepted = { jobId: aJobId, state: "accepted", at: 900 } as const;
    expect(submission(named({ submission: accepted, flink: noJob(60_000) }))?.actions).toHaveLength(1);
  });

  const failed = {
    jobId: aJobId,
    state: "failed",
    at: 900,
    tries: 1,
    error: "no such class",
    certain: true,
  } as const;

  it("reports why Flink rejected it, and retries after a pause", () => {
    const outcome = submission(named({ submission: failed }));
    expect(outcome?.status?.error).toContain("no such class");
    expect(outcome?.requeueAfterMs).toBe(900 + 5_000 - 2_000);
    const retried = submission(named({ submission: failed }, { now: 10_000 }));
    expect(retried?.actions).toHaveLength(1);
    // It is still the same start of the job.
    expect(retried?.events).toEqual([]);
  });

  it("is replaced by an edit, under another id, once it was rejected", () => {
    const edited = named({ submission: failed }, { generation: 3 });
    expect(submission(edited)?.status?.jobStatus).toMatchObject({ state: "FINISHED", jobId: undefined });
  });

  it("is not replaced by an edit while its request may still be in flight", () => {
    const unsure = { ...failed, certain: false };
    const edited = named({ submission: unsure }, { generation: 3, now: 10_000 });
    expect(submission(edited)?.actions).toHaveLength(1);
    const noneInFlight = named({ submission: unsure, flink: noJob(60_000) }, { generation: 3, now: 60_000 });
    expect(submission(noneInFlight)?.status?.jobStatus?.jobId).toBeUndefined();
  });
});
