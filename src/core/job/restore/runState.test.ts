import { describe, expect, test } from "vitest";
import type { CheckpointStatistics } from "../../../api/flinkFacts.ts";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import {
  aSituation,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  someFacts,
} from "../situation.fixture.ts";
import { guardedRestore } from "./chooseRestore.ts";
import { hadState, leftNothingOfItsOwn, withStateSpent } from "./runState.ts";

const started = (run: FlinkDeploymentStatus["run"]) => aStatus(aSpec, { run });
const told = (statistics: Partial<CheckpointStatistics>) =>
  someFacts({ flink: flinkFacts("FAILED", checkpointFacts(statistics)) });
const restored = (path: string, id = 7) => ({ latestRestored: aSnapshot(id, { externalPath: path }) });

describe("a run that had state", () => {
  const stateSince = 1;
  test.each<[string, FlinkDeploymentStatus["run"], Partial<CheckpointStatistics>, boolean]>([
    ["and told of no snapshot", { stateSince }, {}, true],
    ["and completed a checkpoint", { stateSince }, { latestCompleted: aSnapshot(8) }, false],
    ["and completed a savepoint", { stateSince }, { latestSavepoint: aSnapshot(8) }, false],
    [
      "and told of what it was started from",
      { stateSince, startedFrom: "file:/s" },
      restored("file:///s"),
      true,
    ],
    [
      "and was restored by Flink since",
      { stateSince, startedFrom: "file:/s" },
      restored("file:/chk-9"),
      false,
    ],
    [
      "and told of the checkpoint of HA that it was started from",
      { stateSince, checkpointId: 7 },
      restored("file:/c"),
      true,
    ],
    ["and was restored from a later one", { stateSince, checkpointId: 6 }, restored("file:/c"), false],
    ["of the Java operator's", undefined, {}, true],
    ["whose tasks never were at work", { startedFrom: "file:/s" }, restored("file:/s"), false],
  ])("%s", (_, run, statistics, expected) => {
    expect(leftNothingOfItsOwn(started(run), told(statistics))).toBe(expected);
  });

  test("of the Java operator's is known by its spec having become stable", () => {
    const status = started(undefined);
    expect(hadState(status)).toBe(true);
    const { reconciliationStatus } = status;
    expect(hadState({ reconciliationStatus: { ...reconciliationStatus, lastStableSpec: "{}" } })).toBe(false);
  });

  test.each<[string, string | undefined, "restore" | "refused"]>([
    ["an empty one", undefined, "refused"],
    ["what it was started from", "file:///s", "refused"],
    ["a savepoint of its own", "file:/t", "restore"],
  ])("is not followed by an older state: %s", (_, upgradeSavepointPath, expected) => {
    const status = aStatus(aSpec, {
      run: { stateSince, startedFrom: "file:/s" },
      job: { upgradeSavepointPath },
    });
    const situation = aSituation({ status, facts: someFacts({ flink: undefined, haConfigMaps: [] }) });
    expect(guardedRestore(situation, "savepoint").kind).toBe(expected);
    const spent = { ...situation, status: withStateSpent(status) };
    expect(guardedRestore(spent, "savepoint").kind).toBe("restore");
    expect(guardedRestore(situation, "stateless").kind).toBe("restore");
  });
});
