import { describe, expect, test } from "vitest";
import type { JobState } from "../../../api/flinkFacts.ts";
import {
  aJobId,
  aSnapshot,
  checkpointFacts,
  flinkFacts,
  someFacts,
  withJobState,
} from "../situation.fixture.ts";
import { isAbsent, jobOf, lastSnapshotOf, observeJob } from "./observeJob.ts";

const reported = checkpointFacts();

describe("the job's state", () => {
  const rows: readonly [string, JobState, JobState, JobState][] = [
    ["found running", "RECONCILING", "RUNNING", "RUNNING"],
    ["restarting", "RUNNING", "RESTARTING", "RESTARTING"],
    ["ended", "RUNNING", "FAILED", "FAILED"],
    ["INITIALIZING is not reported", "RECONCILING", "INITIALIZING", "RECONCILING"],
    ["another client's cancel that failed", "CANCELLING", "RUNNING", "RUNNING"],
    ["a cancelled job has ended", "CANCELLING", "CANCELED", "CANCELED"],
  ];
  test.each(rows)("%s", (_, before, found, expected) => {
    const { job, events } = observeJob(
      withJobState(before),
      "READY",
      someFacts({ flink: flinkFacts(found, reported) }),
      5_000,
    );
    expect(job.state).toBe(expected);
    expect(events.map(({ message }) => message)).toEqual(
      before === expected ? [] : [`Job status changed from ${before} to ${expected}`],
    );
    expect(job.updateTime).toBe(before === expected ? undefined : "5000");
  });

  test("an intended cancel is kept while the overview still shows RUNNING", () => {
    const status = withJobState("CANCELLING", { reconciliationStatus: { state: "UPGRADING" } });
    const { job, events } = observeJob(status, "READY", someFacts({ flink: flinkFacts("RUNNING") }), 5_000);
    expect(job.state).toBe("CANCELLING");
    expect(events).toEqual([]);
  });

  test.each(["FINISHED", "FAILED", "CANCELED"] as const)(
    "%s is not reported before its last checkpoint",
    (state) => {
      const unreported = someFacts({ flink: flinkFacts(state) });
      expect(observeJob(withJobState("RUNNING"), "READY", unreported, 0).job.state).toBe("RUNNING");
      const refusing = { checkpoints: { kind: "answered", status: 500, message: "", at: 1 } } as const;
      const refused = someFacts({ flink: flinkFacts(state, { partFailures: refusing }) });
      expect(observeJob(withJobState("RUNNING"), "READY", refused, 0).job.state).toBe(state);
    },
  );

  test("a JobManager that gave no answer is requested again for a minute", () => {
    const [job] = flinkFacts("FINISHED").jobs ?? [];
    const endTime = job?.endTime ?? 0;
    const unanswered = (at: number) => {
      const checkpoints = { kind: "broken", status: 0, message: "", at } as const;
      return someFacts({ flink: flinkFacts("FINISHED", { partFailures: { checkpoints } }) });
    };
    const stateAt = (at: number) => observeJob(withJobState("RUNNING"), "READY", unanswered(at), 0).job.state;
    expect(stateAt(endTime + 60_000)).toBe("RUNNING");
    expect(stateAt(endTime + 60_001)).toBe("FINISHED");
  });

  test.each([
    ["RUNNING", "RECONCILING"],
    ["RESTARTING", "RECONCILING"],
    ["CANCELLING", "CANCELLING"],
    ["FINISHED", "FINISHED"],
    ["FAILED", "FAILED"],
  ] as const)("was %s, its JobManager is not ready: %s", (before, expected) => {
    expect(observeJob(withJobState(before), "DEPLOYING", someFacts(), 0).job.state).toBe(expected);
  });

  test("a job that its JobManager does not know does not count as running", () => {
    const other = someFacts({ flink: flinkFacts("RUNNING", { jobs: [] }) });
    expect(observeJob(withJobState("RUNNING"), "READY", other, 0).job.state).toBe("RECONCILING");
    expect(observeJob(withJobState("FINISHED"), "READY", other, 0).job.state).toBe("FINISHED");
  });

  test("without facts nothing changes", () => {
    expect(observeJob(withJobState("RUNNING"), "READY", someFacts({ flink: undefined }), 0).job.state).toBe(
      "RUNNING",
    );
  });
});

describe("facts of an older cluster of the same name", () => {
  const facts = someFacts({
    flink: flinkFacts("FAILED", {
      deploymentUid: "older",
      ...checkpointFacts({ latestCompleted: aSnapshot(3) }),
    }),
  });
  test("do not affect the job, its checkpoints or its absence", () => {
    expect(jobOf(facts, aJobId)).toBeUndefined();
    expect(lastSnapshotOf(facts, aJobId)).toEqual({ kind: "unknown" });
    expect(isAbsent(facts, "another")).toBe(false);
  });
});

describe("a job's last snapshot", () => {
  const savepoint = aSnapshot(9, { isSavepoint: true, externalPath: "file:/savepoints/sp-9" });
  test.each([
    ["nothing reported", undefined, { kind: "unknown" }],
    ["checkpointing switched off", checkpointFacts(), { kind: "none" }],
    ["none completed", checkpointFacts({}), { kind: "none" }],
    [
      "the newest by id, whichever kind",
      checkpointFacts({
        latestCompleted: aSnapshot(8),
        latestSavepoint: savepoint,
        latestRestored: aSnapshot(2),
      }),
      { kind: "at", path: "file:/savepoints/sp-9", isSavepoint: true },
    ],
    [
      "what it was started from, where nothing is newer",
      checkpointFacts({ latestRestored: aSnapshot(2) }),
      { kind: "at", path: "file:/checkpoints/chk-2", isSavepoint: false },
    ],
    [
      "the newest was discarded: an older one is not taken instead",
      checkpointFacts({ latestCompleted: aSnapshot(10, { discarded: true }), latestSavepoint: savepoint }),
      { kind: "lost" },
    ],
    [
      "discarded under one heading, not under the other",
      checkpointFacts({ latestCompleted: aSnapshot(5, { discarded: true }), latestRestored: aSnapshot(5) }),
      { kind: "lost" },
    ],
    [
      "not addressable",
      checkpointFacts({
        latestCompleted: aSnapshot(5, { externalPath: "<checkpoint-not-externally-addressable>" }),
      }),
      { kind: "lost" },
    ],
    [
      "without a path",
      checkpointFacts({ latestCompleted: aSnapshot(5, { externalPath: "" }) }),
      { kind: "lost" },
    ],
  ] as const)("%s", (_, checkpoints, expected) => {
    expect(lastSnapshotOf(someFacts({ flink: flinkFacts("FINISHED", checkpoints) }), aJobId)).toEqual(
      expected,
    );
  });
});
