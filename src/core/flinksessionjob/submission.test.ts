import { describe, expect, it, test } from "vitest";
import type { Situation } from "../job/model/situation.ts";
import { aJobId, aSituation, aSnapshot, flinkFacts, toldCheckpoints } from "../job/situation.fixture.ts";
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

test("what is not to be started is nobody's concern here", () => {
  expect(submission(aSessionJobSituation())).toBeUndefined();
});

describe("before anything is sent", () => {
  it("cancels what still runs of the old job, once", () => {
    const running = (jobsAt: number) =>
      intendedSituation({ facts: sessionJobFacts({ flink: flinkFacts("RUNNING", { jobsAt }) }) });
    expect(submission(running(1_001))?.actions).toEqual([{ kind: "cancel", jobId: aJobId }]);
    // It may have been stopped since.
    expect(submission(running(1_000))?.actions).toEqual([]);
    const cancelling = intendedSituation({ facts: sessionJobFacts({ flink: flinkFacts("CANCELLING") }) });
    expect(submission(cancelling)).toMatchObject({ actions: [] });
  });

  it("writes the new job's id and what it starts from, and sends nothing in that pass", () => {
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

  it("goes on from the last checkpoint of a job that it had to cancel", () => {
    const flink = flinkFacts("CANCELED", toldCheckpoints({ latestCompleted: aSnapshot(9) }));
    const cancelled = intendedSituation(
      { facts: sessionJobFacts({ flink }) },
      { upgradeSavepointPath: path },
    );
    expect(submission(cancelled)?.status?.jobStatus?.upgradeSavepointPath).toBe("file:/checkpoints/chk-9");
  });

  it.each([
    ["holds what Flink still tells of the old job against no path that its user chose", undefined, path],
    [
      "starts a job that has run since from no older state than it came to",
      "1000",
      "file:/checkpoints/chk-9",
    ],
  ])("%s", (_, startTime, restored) => {
    const flink = flinkFacts("CANCELED", toldCheckpoints({ latestCompleted: aSnapshot(9) }));
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

  it("lets a job that is to be suspended stand still", () => {
    const situation = intendedSituation({
      facts: sessionJobFacts({ flink: noJob() }),
      spec: withSessionJob({ state: "suspended" }),
    });
    expect(submission(situation)?.status?.reconciliationStatus?.state).toBe("DEPLOYED");
  });
});

describe("a job that has its id", () => {
  const named = (facts: Partial<Situation["facts"]>, more: Partial<Situation> = {}) =>
    intendedSituation(
      { facts: sessionJobFacts({ flink: noJob(), ...facts }), ...more },
      { state: "RECONCILING", upgradeSavepointPath: path },
    );

  it("is submitted under it, from what was written", () => {
    const outcome = submission(named({}));
    expect(outcome?.actions).toMatchObject([
      { kind: "submit", submission: { run: { jobId: aJobId, savepointPath: path } } },
    ]);
    expect(outcome?.events).toMatchObject([{ reason: "Submit", component: "Job" }]);
  });

  it("counts as deployed once the JobManager lists it, whoever asked for it", () => {
    const outcome = submission(named({ flink: flinkFacts("RUNNING") }));
    expect(outcome?.actions).toBeUndefined();
    expect(outcome?.status?.reconciliationStatus?.state).toBe("DEPLOYED");
  });

  it("has started from what was written down, whatever it has come to since", () => {
    const started = named({ flink: flinkFacts("RUNNING"), haConfigMaps: aSituation().facts.haConfigMaps });
    const spec = withSessionJob({ state: "suspended", upgradeMode: "last-state" });
    const outcome = submission({ ...started, deployed: { spec, metadata: { firstDeployment: false } } });
    expect(outcome?.launchedFrom).toBe(path);
  });

  it("is not sent twice while it is on its way, or taken", () => {
    expect(submission(named({ submission: { jobId: aJobId, state: "running", tries: 0 } }))).toEqual({});
    const taken = { jobId: aJobId, state: "accepted", at: 900 } as const;
    expect(submission(named({ submission: taken }))?.actions).toBeUndefined();
  });

  it("is sent again where it was taken and is not there long after", () => {
    const taken = { jobId: aJobId, state: "accepted", at: 900 } as const;
    expect(submission(named({ submission: taken, flink: noJob(60_000) }))?.actions).toHaveLength(1);
  });

  const failed = {
    jobId: aJobId,
    state: "failed",
    at: 900,
    tries: 1,
    error: "no such class",
    certain: true,
  } as const;

  it("tells why Flink refused it, and tries again after a pause", () => {
    const outcome = submission(named({ submission: failed }));
    expect(outcome?.status?.error).toContain("no such class");
    expect(outcome?.requeueAfterMs).toBe(900 + 5_000 - 2_000);
    expect(submission(named({ submission: failed }, { now: 10_000 }))?.actions).toHaveLength(1);
  });

  it("takes an edit up once it was refused, under another id", () => {
    const edited = named({ submission: failed }, { generation: 3 });
    expect(submission(edited)?.status?.jobStatus).toMatchObject({ state: "FINISHED", jobId: undefined });
  });

  it("takes no edit up while its request may still be under way", () => {
    const unsure = { ...failed, certain: false };
    const edited = named({ submission: unsure }, { generation: 3, now: 10_000 });
    expect(submission(edited)?.actions).toHaveLength(1);
    const calm = named({ submission: unsure, flink: noJob(60_000) }, { generation: 3, now: 60_000 });
    expect(submission(calm)?.status?.jobStatus?.jobId).toBeUndefined();
  });
});
