import { describe, expect, test } from "vitest";
import type { Facts } from "../model/facts.ts";
import {
  aJobId,
  aSnapshot,
  checkpointFacts,
  flinkFacts,
  someFacts,
  someSettings,
  withJobState,
} from "../situation.fixture.ts";
import { lostRunLog, rememberedOfLostRun } from "./lostRunCheckpoint.ts";

const pod = {
  name: "job-abc",
  ip: "10.0.0.1",
  ready: true,
  deleting: false,
  problem: undefined,
  restarted: { restartCount: 1, at: 10_000, ranSince: 300 },
};
const source = { pod: "job-abc", container: "flink-main-container", restartCount: 1 };
const mortal = someSettings({ highAvailability: false });
const running = withJobState("RUNNING");
const restarted = (more: Partial<Facts> = {}): Facts =>
  someFacts({ jobManagerPods: [pod], flink: flinkFacts("RUNNING", checkpointFacts({})), ...more });
const completed = (id: number, jobId = aJobId) =>
  `INFO CheckpointCoordinator - Completed checkpoint ${id} for job ${jobId} (7 bytes, checkpointDuration=3 ms).\n`;
const logged = (text: string, ranSince = 300) =>
  restarted({
    jobManagerPods: [{ ...pod, restarted: { ...pod.restarted, ranSince } }],
    podLog: { ...source, at: 11_000, text },
  });
const remembering = (path: string | undefined, checkpointId: number) => ({
  ...running,
  newestSnapshot: { path, kind: "checkpoint" as const, jobId: aJobId, checkpointId, takenAt: 400 },
});

describe("the log of a run that was lost with its JobManager", () => {
  test("is requested until the next run has a checkpoint of its own", () => {
    expect(lostRunLog(running, restarted(), mortal)).toEqual(source);
    const completedAt = (timestamp: number): Facts =>
      restarted({
        flink: flinkFacts("RUNNING", checkpointFacts({ latestCompleted: aSnapshot(1, { timestamp }) })),
      });
    expect(lostRunLog(running, completedAt(pod.restarted.at + 1), mortal)).toBeUndefined();
    // What the JobManager had told before it was lost: another crash may take the log along before it answers again.
    const { startTime = 0 } = flinkFacts("RUNNING").jobs?.[0] ?? {};
    expect(lostRunLog(running, completedAt(startTime + 1), mortal)).toEqual(source);
  });

  test("contains nothing beyond HA metadata, and does not exist for a JobManager that was not restarted", () => {
    expect(lostRunLog(running, restarted(), someSettings({ highAvailability: true }))).toBeUndefined();
    expect(lostRunLog(running, someFacts({}), mortal)).toBeUndefined();
  });
});

describe("the newest checkpoint of a lost run", () => {
  const beside = "file:/elsewhere/abc/chk-3";

  test.each<[string, ReturnType<typeof remembering> | typeof running, Facts, object | undefined]>([
    [
      "is where those before it were",
      remembering(beside, 3),
      logged(completed(4) + completed(5)),
      {
        path: "file:/elsewhere/abc/chk-5",
        checkpointId: 5,
        takenAt: 400,
      },
    ],
    [
      "is in the configured directory if none was reported",
      running,
      logged(completed(5)),
      {
        path: `file:///checkpoints/${aJobId}/chk-5`,
        checkpointId: 5,
      },
    ],
    ["is not one of another job", running, logged(completed(5, "b".repeat(32))), undefined],
    [
      "is not older than the one that Flink reported",
      remembering(beside, 5),
      logged(completed(5)),
      undefined,
    ],
    [
      "does not continue a snapshot of an earlier run",
      remembering(beside, 3),
      logged(completed(5), 500),
      { path: undefined, checkpointId: 3 },
    ],
    [
      "is nowhere where it is a savepoint",
      running,
      logged(
        `Triggering checkpoint 5 (type=SavepointType{name='Savepoint'}) @ 1 for job ${aJobId}.\n${completed(5)}`,
      ),
      { path: undefined, checkpointId: 5 },
    ],
  ])("%s", (_, status, facts, snapshot) => {
    const found = rememberedOfLostRun(status, facts, mortal);
    if (snapshot === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(snapshot);
  });
});
