import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { decide, Input } from "../decide.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  aJobId,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  haOfJob,
  withUpgradeMode,
} from "../situation.fixture.ts";

const health = { restarts: 64, restartsWindowMs: 120_000, progressWindowMs: undefined };
const why = "The job restarted more than 64 times within 120 s";
const info = JSON.stringify({
  timeStamp: 90_000,
  numRestarts: 0,
  numRestartsEvaluationTimeStamp: 90_000,
  numCompletedCheckpoints: 1,
  numCompletedCheckpointsIncreasedTimeStamp: 90_000,
  healthResult: { healthy: true, error: null },
});
const restarting = { jobId: aJobId, at: 99_000, restarts: 65, completedCheckpoints: 1 };
const reportedCheckpoints = checkpointFacts({ latestCompleted: aSnapshot(7) });

const unhealthy = (
  more: {
    spec?: FlinkDeploymentSpec;
    deployed?: FlinkDeploymentSpec;
    settings?: Partial<Settings>;
    facts?: Partial<Input["facts"]>;
    state?: "RUNNING" | "RESTARTING" | "FAILED" | "CANCELLING";
    generation?: number;
  } = {},
) => {
  const { spec = aSpec, deployed = spec, state = "RESTARTING", generation = 1 } = more;
  const clusterInfo = { "flink-version": "2.3.0", ClusterHealthInfo: info };
  const status = aStatus(deployed, { job: { state }, observedGeneration: 1, clusterInfo });
  const flink = flinkFacts(state, { ...reportedCheckpoints, metrics: restarting });
  return anInput(
    aResource(spec, status, { generation }),
    { flink, ...more.facts },
    {
      configure: aConfiguration({ health, ...more.settings }),
    },
  );
};
const modeOf = ({ status }: ReturnType<typeof decide>) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec.job?.upgradeMode;

describe("an unhealthy job", () => {
  test("is judged by what Flink tells now, and not by an answer from before its first checkpoint", () => {
    const before = checkpointFacts({});
    const stale = {
      checkpoints: before.checkpoints && { ...before.checkpoints, asOf: 0, isRequested: false },
    };
    const input = unhealthy({ facts: { flink: flinkFacts("RUNNING", { ...stale, metrics: restarting }) } });
    const decision = decideFlinkDeployment({ ...input, now: 200_000 });
    expect(decision.status.error).toBeUndefined();
    expect(decision.poll?.want.freshCheckpoints).toBe(true);
  });

  test("is launched again from its HA metadata after a dry run, and the reason is reported", () => {
    const decision = decideFlinkDeployment(unhealthy());
    expect(decision.actions.map(({ kind }) => kind)).toEqual(["dry-run"]);
    expect(decision.events).toEqual([
      { type: "Warning", reason: "RestartUnhealthyJob", component: "Job", message: why },
    ]);
    expect(decision.status).toMatchObject({
      lifecycleState: "UPGRADING",
      observedGeneration: 1,
      decisions: [{ act: "Restart", reason: `The job is unhealthy: ${why}.` }],
    });
    expect(modeOf(decision)).toBe("last-state");
  });

  const stateless = withUpgradeMode("stateless");
  test.each<[string, Partial<Settings>, Partial<Input["facts"]>, string]>([
    ["HA metadata, from it", {}, { haConfigMaps: [haOfJob] }, "last-state"],
    ["no HA metadata, empty", {}, { haConfigMaps: [] }, "stateless"],
    ["no HA, empty", { highAvailability: false }, { haConfigMaps: [] }, "stateless"],
  ])("of upgrade mode stateless is restarted: with %s", (_, settings, facts, mode) => {
    expect(modeOf(decideFlinkDeployment(unhealthy({ spec: stateless, settings, facts })))).toBe(mode);
  });

  test("whose state a restart would lose is not restarted; the status reports why and what would help, once", () => {
    const input = unhealthy({ settings: { highAvailability: false }, facts: { haConfigMaps: [] } });
    const decision = decideFlinkDeployment(input);
    expect(decision.actions).toEqual([]);
    expect(decision.status.error).toContain("left alone, since without HA metadata");
    expect(decision.status.error).toContain("a new restartNonce restarts it from its newest checkpoint");
    const repeated = decideFlinkDeployment({
      ...input,
      resource: { ...input.resource, status: decision.status },
    });
    expect(repeated.events).toEqual([]);
    expect(repeated.status).toEqual(decision.status);
  });

  test.each(["FAILED", "CANCELLING"] as const)("that is %s is not restarted for that", (state) => {
    expect(decideFlinkDeployment(unhealthy({ state })).status.lifecycleState).not.toBe("UPGRADING");
  });

  test("is not restarted with health checks off, and its counters are not requested", () => {
    const decision = decideFlinkDeployment(unhealthy({ settings: { health: undefined } }));
    expect(decision.status.lifecycleState).toBe("STABLE");
    expect(decision.poll?.want.metrics).toBe(false);
    expect(decideFlinkDeployment(unhealthy()).observed.status.clusterInfo?.ClusterHealthInfo).toContain(
      '"healthy":false',
    );
  });

  test("is restarted by a simultaneous edit, with the edited spec", () => {
    const edited = withUpgradeMode("last-state", { image: "flink:new" });
    const decision = decideFlinkDeployment(unhealthy({ spec: edited, deployed: aSpec, generation: 2 }));
    expect(decision.events.map(({ reason }) => reason)).toContain("SpecChanged");
    expect(decision.status.observedGeneration).toBe(2);
  });

  test("is healthy again after its launch: the launch clears the recorded health", () => {
    const intended = decideFlinkDeployment(unhealthy());
    const none = {
      jobManager: undefined,
      jobManagerPods: [],
      taskManagerPods: [],
      flink: undefined,
      restHost: undefined,
    };
    const launched = [1, 2].reduce(
      (status) =>
        decideFlinkDeployment(
          anInput(aResource(aSpec, status, { generation: 1 }), none, {
            configure: aConfiguration({ health }),
          }),
        ).status,
      intended.status,
    );
    expect(launched.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(launched.clusterInfo).toEqual({});
  });
});
