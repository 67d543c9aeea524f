import { describe, expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Input } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { Launch } from "../model/situation.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  noCluster,
  withUpgradeMode,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

/** The restore of the launch in the following reconciles, after the old cluster is deleted. */
function launchedFrom(first: Input): Launch["restore"] | undefined {
  let input = first;
  for (let pass = 0; pass < 5; pass += 1) {
    const decision: Decision = decideFlinkDeployment(input);
    const launch = decision.actions.find(({ kind }) => kind === "launch");
    if (launch?.kind === "launch")
      return (launch.objects.deployment as unknown as { launch: Launch }).launch.restore;
    input = {
      ...input,
      resource: { ...input.resource, status: decision.status },
      facts: { ...input.facts, ...noCluster },
    } as Input;
  }
  return undefined;
}

const edited = (mode: "savepoint" | "last-state" | "stateless") =>
  withUpgradeMode(mode, { image: "flink:new" });
const withoutCheckpoints = { haConfigMaps: [], flink: flinkFacts("FINISHED", checkpointFacts()) };

describe("a job that has finished", () => {
  test("is stable, and is neither restarted nor recovered, even with restart of failed jobs enabled", () => {
    const status = aStatus(aSpec, { job: { state: "RUNNING" }, observedGeneration: 1 });
    const configure = aConfiguration({ restartFailed: true });
    const seen = decideFlinkDeployment(
      anInput(aResource(aSpec, status, { generation: 1 }), withoutCheckpoints, { configure }),
    );
    expect(seen.actions).toEqual([]);
    expect(seen.events.map(({ message }) => message)).toEqual([
      "Job status changed from RUNNING to FINISHED",
    ]);
    expect(seen.status).toMatchObject({ lifecycleState: "STABLE", jobStatus: { state: "FINISHED" } });
    const gone = decideFlinkDeployment(
      anInput(aResource(aSpec, seen.status, { generation: 1 }), noCluster, { configure }),
    );
    expect(gone).toMatchObject({ actions: [], events: [], status: { lifecycleState: "STABLE" } });
    expect(gone.status.error).toBeUndefined();
  });

  // FLINK-39043: a finished batch job blocked every later change of its spec.
  test.each(["savepoint", "last-state", "stateless"] as const)(
    "FLINK-39043: is redeployed by an edit (%s), also if it was last restored from HA metadata",
    (mode) => {
      const job = { state: "FINISHED" as const, upgradeSavepointPath: LAST_STATE_DUMMY_PATH };
      const status = aStatus(aSpec, { job, observedGeneration: 1 });
      const input = anInput(aResource(edited(mode), status), withoutCheckpoints);
      expect(decideFlinkDeployment(input).status.error).toBeUndefined();
      expect(launchedFrom(input)).toEqual({ kind: "none" });
    },
  );

  test("FLINK-39043: also if its JobManager is deleted meanwhile", () => {
    const status = aStatus(aSpec, { job: { state: "FINISHED" }, observedGeneration: 1 });
    const input = anInput(aResource(edited("last-state"), status), { ...noCluster, haConfigMaps: [] });
    expect(launchedFrom(input)).toEqual({ kind: "none" });
  });

  test("by an external stop with savepoint restores from that savepoint at the next edit", () => {
    const savepoint = checkpointFacts({
      latestCompleted: aSnapshot(7, { discarded: true }),
      latestSavepoint: aSnapshot(8, { isSavepoint: true, externalPath: "file:/savepoints/8" }),
    });
    const status = aStatus(aSpec, { job: { state: "RUNNING" }, observedGeneration: 1 });
    const facts = { haConfigMaps: [], flink: flinkFacts("FINISHED", savepoint) };
    const seen = decideFlinkDeployment(anInput(aResource(aSpec, status, { generation: 1 }), facts));
    expect(seen.status.jobStatus?.upgradeSavepointPath).toBe("file:/savepoints/8");
    expect(launchedFrom(anInput(aResource(edited("savepoint"), seen.status), facts))).toEqual({
      kind: "savepoint",
      path: "file:/savepoints/8",
    });
  });
});
