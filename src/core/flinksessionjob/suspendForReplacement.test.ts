import { describe, expect, it } from "vitest";
import { pollPlan } from "../job/observe/pollPlan.ts";
import { flinkFacts, runningStatus } from "../job/situation.fixture.ts";
import {
  aSessionCluster,
  aSessionJobSituation,
  sessionJobFacts,
  withSessionJob,
} from "./situation.fixture.ts";
import { suspendForReplacement } from "./suspendForReplacement.ts";

describe("a job whose checkpoints Flink has not told, and whose session cluster is to be replaced", () => {
  const spec = withSessionJob({ upgradeMode: "last-state" });
  const situation = aSessionJobSituation({
    spec,
    deployed: { spec, metadata: { firstDeployment: false } },
    generation: 1,
    status: { ...runningStatus, clusterInfo: { "flink-version": "2.3.0" }, run: { stateSince: 1 } },
    facts: sessionJobFacts({
      session: { ...aSessionCluster, replacement: "for generation 3" },
      flink: flinkFacts("RUNNING", { checkpoints: undefined }),
    }),
  });

  it("waits, and its JobManager is asked for them at once, not in the turn of a job at rest", () => {
    const outcome = suspendForReplacement(situation);
    expect(outcome?.waitsFor).toContain("Flink has not yet told");
    expect(pollPlan(situation, situation.status)?.pace).toBe("settled");
    expect(pollPlan(situation, situation.status, outcome)).toMatchObject({
      pace: "quick",
      want: { checkpoints: true, freshCheckpoints: true },
    });
  });
});
