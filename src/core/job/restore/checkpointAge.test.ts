import { describe, expect, test } from "vitest";
import {
  aSituation,
  aSnapshot,
  checkpointFacts,
  flinkFacts,
  runningStatus,
  someFacts,
  someSettings,
} from "../situation.fixture.ts";
import { ageOfState } from "./checkpointAge.ts";

const now = 1_000_000;
const maxCheckpointAgeMs = 60_000;

const ageOf = (
  reportedCheckpoints: Parameters<typeof checkpointFacts>[0],
  more: { startedAt?: number; at?: number } = {},
) => {
  const { startedAt = 0, at = now } = more;
  const { checkpoints } = checkpointFacts(reportedCheckpoints);
  const status = {
    ...runningStatus,
    jobStatus: { ...runningStatus.jobStatus, startTime: String(startedAt) },
  };
  return ageOfState(
    aSituation({
      now,
      status,
      settings: someSettings({ maxCheckpointAgeMs }),
      facts: someFacts({
        flink: flinkFacts("RUNNING", checkpoints && { checkpoints: { ...checkpoints, at } }),
      }),
    }),
  );
};
const completedAt = (timestamp: number) => ({ latestCompleted: aSnapshot(4, { timestamp }) });

describe("the age of a job's state", () => {
  test("is ignored if no maximum age is set", () => {
    expect(ageOfState(aSituation())).toBe("young");
  });

  test("is that of the job if it started within the maximum age", () => {
    expect(ageOf({}, { startedAt: now - 59_000 })).toBe("young");
    expect(ageOf({}, { startedAt: now - 61_000 })).toBe("old");
  });

  test("is that of its newest completed checkpoint", () => {
    expect(ageOf(completedAt(now - 59_000))).toBe("young");
    expect(ageOf(completedAt(now - 61_000))).toBe("old");
  });

  test("is about to be that of a checkpoint in progress", () => {
    expect(ageOf({ ...completedAt(now - 61_000), pendingSince: now - 1_000 })).toBe("about-to-be-young");
    expect(ageOf({ ...completedAt(now - 61_000), pendingSince: now - 61_000 })).toBe("old");
  });

  test("is unknown while all known checkpoints are old, unless the newest is young enough", () => {
    expect(ageOf(completedAt(now - 61_000), { at: now - 15_000 })).toBe("unknown");
    expect(ageOf(completedAt(now - 59_000), { at: now - 15_000 })).toBe("young");
  });

  test("is that of the job if it never completed a checkpoint", () => {
    expect(ageOf(undefined)).toBe("old");
  });
});
