import { describe, expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  withJobSpec,
} from "../situation.fixture.ts";

const launched = withJobSpec({ args: ["new"] });
const { lastStableSpec: earlier } = aStatus(aSpec).reconciliationStatus ?? {};

const seen = (checkpoints: object, after: boolean, state: "RUNNING" | "FINISHED" = "RUNNING") => {
  const status = aStatus(launched, { job: { state: "RUNNING" }, observedGeneration: 2 });
  const before = {
    ...status,
    reconciliationStatus: { ...status.reconciliationStatus, lastStableSpec: earlier },
  };
  const facts = { flink: flinkFacts(state, checkpoints) };
  const { reconciliationStatus, lifecycleState } = decideFlinkDeployment(
    anInput(aResource(launched, before as typeof status), facts, {
      configure: aConfiguration({ stableAfterCheckpoint: after }),
    }),
  ).status;
  return { stable: reconciliationStatus?.lastStableSpec !== earlier, lifecycleState };
};

const none = checkpointFacts({ completedCount: 0, latestRestored: aSnapshot(6) });
const one = checkpointFacts({ completedCount: 1, latestCompleted: aSnapshot(7) });

describe("a spec whose job runs", () => {
  const rows: readonly [string, object, boolean, boolean][] = [
    ["is stable at once", {}, false, true],
    ["is not stable before Flink has reported its checkpoints, if one is required", {}, true, false],
    ["is not stable before its first checkpoint, though it was restored from one", none, true, false],
    ["is stable with its first checkpoint", one, true, true],
    ["is stable without, where checkpointing is off", checkpointFacts(), true, true],
  ];
  test.each(rows)("%s", (_, checkpoints, after, stable) => {
    expect(seen(checkpoints, after)).toEqual({ stable, lifecycleState: stable ? "STABLE" : "DEPLOYED" });
  });

  test("is stable when its job has finished", () => {
    expect(seen(none, true, "FINISHED").stable).toBe(true);
  });
});
