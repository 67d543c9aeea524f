import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import {
  aJobId,
  aSnapshot,
  checkpointFacts,
  flinkFacts,
  runningStatus,
  someFacts,
  someSettings,
  withJobState,
} from "../situation.fixture.ts";
import { stateOriginOf, withNewestSnapshot } from "./stateOrigin.ts";

/** Checkpoint 3 of the first run is known. The current run started at 500. */
const remembered = (more: object = {}): FlinkDeploymentStatus => ({
  ...runningStatus,
  newestSnapshot: {
    path: "file:/checkpoints/chk-3",
    kind: "checkpoint",
    jobId: aJobId,
    checkpointId: 3,
    takenAt: 400,
    ...more,
  },
});

const reportedCheckpoints = (snapshots: Parameters<typeof checkpointFacts>[0]) =>
  someFacts({ flink: flinkFacts("RUNNING", checkpointFacts(snapshots)) });

describe("a job whose JobManager was restarted", () => {
  test.each([
    ["was restored from what is remembered", { latestRestored: aSnapshot(3) }, "continues"],
    ["was restored from something newer", { latestRestored: aSnapshot(4) }, "continues"],
    ["has nothing to report yet", {}, "began-anew"],
    ["was restored from something older", { latestRestored: aSnapshot(2) }, "began-anew"],
    ["has completed a checkpoint of its own", { latestCompleted: aSnapshot(1) }, "diverged"],
    [
      "has taken a savepoint of its own",
      { latestSavepoint: aSnapshot(1, { isSavepoint: true }) },
      "diverged",
    ],
    ["got no request since", { latestCompleted: aSnapshot(3, { timestamp: 400 }) }, "unknown"],
  ])("and that %s", (_, snapshots, kind) => {
    expect(stateOriginOf(remembered(), reportedCheckpoints(snapshots)).kind).toBe(kind);
  });

  test.each([
    ["refuses to report its checkpoints", "answered", 600, "diverged"],
    ["refused to report the previous run", "answered", 499, "unknown"],
    ["did not answer at the end of the previous run", "refused", 499, "unknown"],
    ["temporarily does not answer", "timeout", 600, "unknown"],
    ["has not answered for long", "timeout", 60_501, "diverged"],
  ] as const)("does not count as continued if Flink %s", (_, kind, at, expected) => {
    const partFailures = { checkpoints: { kind, status: 0, message: "", at } };
    const facts = someFacts({ flink: flinkFacts("RUNNING", { partFailures }) });
    expect(stateOriginOf(remembered(), facts).kind).toBe(expected);
  });
});

describe("a job continues", () => {
  test("if it has run all the time", () => {
    expect(stateOriginOf(remembered({ takenAt: 600 }), reportedCheckpoints({})).kind).toBe("continues");
  });

  test("if nothing is remembered, or only a snapshot of another job", () => {
    expect(stateOriginOf(runningStatus, reportedCheckpoints({})).kind).toBe("continues");
    expect(stateOriginOf(remembered({ jobId: "b".repeat(32) }), reportedCheckpoints({})).kind).toBe(
      "continues",
    );
  });
});

describe("the newest snapshot", () => {
  const available = someSettings({ highAvailability: true });
  const mortal = someSettings({ highAvailability: false });
  const checkpoint = aSnapshot(7);
  const savepoint = aSnapshot(8, { isSavepoint: true });
  const listed = { latestCompleted: checkpoint, latestSavepoint: savepoint };

  test("is remembered when the job is no longer visible, and not before", () => {
    expect(
      withNewestSnapshot(runningStatus, reportedCheckpoints(listed), available).newestSnapshot,
    ).toBeUndefined();
    expect(
      withNewestSnapshot(withJobState("RECONCILING"), reportedCheckpoints(listed), available).newestSnapshot,
    ).toEqual({
      path: "file:/checkpoints/chk-7",
      kind: "checkpoint",
      jobId: aJobId,
      checkpointId: 7,
      takenAt: 700,
    });
  });

  test("may be a savepoint only without HA: with it, Flink restores the newest checkpoint", () => {
    const { newestSnapshot } = withNewestSnapshot(
      withJobState("RECONCILING"),
      reportedCheckpoints(listed),
      mortal,
    );
    expect(newestSnapshot).toMatchObject({ kind: "savepoint", checkpointId: 8 });
  });

  test("is remembered if the job is back before its loss was noticed", () => {
    const facts = reportedCheckpoints({ latestCompleted: aSnapshot(3, { timestamp: 400 }) });
    expect(withNewestSnapshot(runningStatus, facts, mortal).newestSnapshot?.checkpointId).toBe(3);
  });

  test("stays the same if the next JobManager is lost too", () => {
    const status = { ...remembered(), jobStatus: { jobId: aJobId, state: "RECONCILING" as const } };
    const facts = reportedCheckpoints({ latestCompleted: aSnapshot(9) });
    expect(withNewestSnapshot(status, facts, available).newestSnapshot).toEqual(status.newestSnapshot);
  });

  test("cannot be restored if a later run completed snapshots of its own and was lost too", () => {
    const status = { ...remembered(), jobStatus: { jobId: aJobId, state: "RECONCILING" as const } };
    const { newestSnapshot } = withNewestSnapshot(
      status,
      reportedCheckpoints({ latestCompleted: aSnapshot(9) }),
      mortal,
    );
    expect(newestSnapshot).toMatchObject({ checkpointId: 3, path: undefined });
  });

  test("is cleared once the job continues from it", () => {
    const facts = reportedCheckpoints({ latestRestored: aSnapshot(3) });
    expect(withNewestSnapshot(remembered(), facts, available).newestSnapshot).toBeUndefined();
    expect(withNewestSnapshot(remembered(), reportedCheckpoints({}), available).newestSnapshot).toBeDefined();
  });
});
