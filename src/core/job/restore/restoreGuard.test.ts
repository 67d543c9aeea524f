import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Facts } from "../model/facts.ts";
import type { Restore } from "../model/situation.ts";
import {
  aJobId,
  aSituation,
  aSnapshot,
  aSnapshotResource,
  checkpointFacts,
  flinkFacts,
  haOfJob,
  noCluster,
  runningStatus,
  someFacts,
  someSettings,
} from "../situation.fixture.ts";
import { guardRestore, manualRestore, newestState } from "./restoreGuard.ts";

const afterTheJob = { ...noCluster, haConfigMaps: [] };
const resource = (takenAt: number) => aSnapshotResource({ takenAt });
const known = (
  job: FlinkDeploymentStatus["jobStatus"],
  facts: Partial<Facts> = {},
  more: Partial<FlinkDeploymentStatus> = {},
) =>
  aSituation({
    facts: someFacts({ ...afterTheJob, ...facts }),
    status: { ...runningStatus, ...more, jobStatus: { jobId: aJobId, startTime: "1000", ...job } },
  });
const from = (path: string): Restore => ({ kind: "savepoint", path });
const lastSavepoint = (timeStamp: number, location = "file:/savepoints/last") => ({
  savepointInfo: { lastSavepoint: { location, timeStamp } },
});
const newestSnapshot = {
  path: "file:/chk-3",
  kind: "checkpoint" as const,
  jobId: aJobId,
  checkpointId: 3,
  takenAt: 900,
};

describe("a launch", () => {
  test.each<[string, Restore, ReturnType<typeof known>, Restore]>([
    ["starts empty where nothing is known", { kind: "none" }, known({}), { kind: "none" }],
    [
      "takes no snapshot that is not complete for one",
      { kind: "none" },
      known({}, { snapshots: [aSnapshotResource({ takenAt: 2_000, state: "IN_PROGRESS" })] }),
      { kind: "none" },
    ],
    [
      "starts from a savepoint that was taken since, though it was to start empty",
      { kind: "none" },
      known({}, { snapshots: [resource(2_000)] }),
      from("file:/savepoints/of-resource"),
    ],
    [
      "takes the newer of two",
      from("file:/savepoints/last"),
      known(lastSavepoint(3_000), { snapshots: [resource(2_000)] }),
      from("file:/savepoints/last"),
    ],
    [
      "starts from what is newer than what it was to start from",
      from("file:/savepoints/last"),
      known(lastSavepoint(2_000), { snapshots: [resource(3_000)] }),
      from("file:/savepoints/of-resource"),
    ],
    [
      "holds nothing against what the run was started from, that was taken before it started",
      { kind: "none" },
      known({}, { snapshots: [resource(900)] }),
      { kind: "none" },
    ],
    [
      "holds nothing against a path of which no time is known",
      from("file:/given"),
      known({ upgradeSavepointPath: "file:/given" }, { snapshots: [resource(2_000)] }),
      from("file:/given"),
    ],
    [
      "starts from what is remembered of the run before",
      from("file:/given"),
      known({ upgradeSavepointPath: "file:/given" }, {}, { newestSnapshot }),
      from("file:/chk-3"),
    ],
    [
      "uses HA metadata that is newer than the remembered snapshot",
      { kind: "last-state" },
      known({}, { haConfigMaps: [haOfJob] }, { newestSnapshot }),
      { kind: "last-state" },
    ],
  ])("%s", (_, restore, situation, expected) => {
    expect(guardRestore(situation, restore)).toEqual({ kind: "restore", restore: expected });
  });

  test.each<[string, Restore, ReturnType<typeof known>, string]>([
    [
      "empty, though HA metadata names a checkpoint",
      { kind: "none" },
      known({}, { haConfigMaps: [haOfJob] }),
      "The job would start empty: its newest snapshot is the checkpoint 7 of job",
    ],
    [
      "from HA metadata of a run that started without its state",
      { kind: "last-state" },
      known({}, { haConfigMaps: [haOfJob] }, { newestSnapshot: { ...newestSnapshot, checkpointId: 9 } }),
      "The job would start from older state: its newest snapshot is the checkpoint 9 of job",
    ],
    [
      "from older state, where no path leads to the newest",
      from("file:/given"),
      known(
        {},
        {},
        { newestSnapshot: { ...newestSnapshot, path: "<checkpoint-not-externally-addressable>" } },
      ),
      "not kept in files",
    ],
  ])("is refused if it would start %s", (_, restore, situation, why) => {
    const guarded = guardRestore({ ...situation }, restore);
    expect(guarded).toMatchObject({ kind: "refused", why: expect.stringContaining(why) });
  });
});

describe("the newest state for an upgrade", () => {
  const runs = (snapshots: Parameters<typeof checkpointFacts>[0]) =>
    aSituation({
      status: { ...runningStatus, newestSnapshot: { ...newestSnapshot, takenAt: 400 } },
      facts: someFacts({ haConfigMaps: [], flink: flinkFacts("RUNNING", checkpointFacts(snapshots)) }),
    });

  test("is the job's own state if the job continues from all known snapshots", () => {
    expect(newestState(aSituation())).toEqual({ kind: "own" });
    expect(newestState(runs({ latestRestored: aSnapshot(3) }))).toEqual({ kind: "own" });
  });

  test("is the remembered snapshot if the job started without it", () => {
    expect(newestState(runs({}))).toMatchObject({ kind: "remembered", path: "file:/chk-3" });
  });

  test("is not chosen by the operator if two histories exist", () => {
    expect(newestState(runs({ latestCompleted: aSnapshot(1) }))).toMatchObject({ kind: "lost" });
  });

  test("is unknown until Flink has reported its checkpoints", () => {
    expect(newestState(runs({ latestCompleted: aSnapshot(3, { timestamp: 400 }) })).kind).toBe("wait");
  });
});

test("a refusal lists the known snapshots, the newest first, and what to do", () => {
  const situation = known(lastSavepoint(2_000), { snapshots: [resource(3_000)] });
  const { error } = manualRestore(situation, "UpgradeFailed", "It went wrong.").status ?? {};
  const { message } = JSON.parse(error ?? "{}");
  expect(message).toBe(
    "It went wrong. Known snapshots, the newest first: savepoint at file:/savepoints/of-resource (taken " +
      "1970-01-01T00:00:03.000Z, of a FlinkStateSnapshot); savepoint at file:/savepoints/last (taken " +
      "1970-01-01T00:00:02.000Z, named by the status). To go on from one, set job.initialSavepointPath to its path and " +
      "job.savepointRedeployNonce to a new number. Manual restore required.",
  );
});

describe("a job without HA that started long after the known JobManager container", () => {
  const pod = (runningSince: number | undefined) => ({
    ...someFacts({}).jobManagerPods[0],
    name: "job-abc",
    ip: "10.0.0.1",
    ready: true,
    deleting: false,
    problem: undefined,
    runningSince,
  });
  const [job] = flinkFacts("RUNNING").jobs ?? [];
  const startedAt = 500_000;
  const jobs = job === undefined ? [] : [{ ...job, startTime: startedAt }];
  const at = (runningSince: number | undefined, now: number, highAvailability = false) =>
    newestState(
      aSituation({
        now,
        facts: someFacts({ flink: flinkFacts("RUNNING", { jobs }), jobManagerPods: [pod(runningSince)] }),
        settings: someSettings({ highAvailability }),
        status: runningStatus,
      }),
    ).kind;

  test("is not decided on before the watch delivers the new pod state", () => {
    expect(at(startedAt - 60_001, startedAt + 59_999)).toBe("wait");
    expect(at(undefined, startedAt + 1_000)).toBe("wait");
    expect(at(startedAt - 5_000, startedAt + 1_000)).toBe("own");
  });

  test("is not waited for without limit, nor with HA", () => {
    expect(at(startedAt - 60_001, startedAt + 60_000)).toBe("own");
    expect(at(startedAt - 60_001, startedAt + 1_000, true)).toBe("own");
  });
});
