import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Input } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { Launch } from "../model/situation.ts";
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
  noCluster,
  someFacts,
  withUpgradeMode,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

const specOf = ({ status }: Decision) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;

/** As recorded by its first launch, which started with empty state. */
const firstLaunched = withUpgradeMode("stateless");
const failure = {
  jobResult: {
    jobId: aJobId,
    at: 1,
    result: { status: "FAILED" as const, failure: { className: "a.B", stackTrace: "a.B: disk full" } },
  },
};
const reportedCheckpoints = checkpointFacts({ latestCompleted: aSnapshot(7) });
const restarts = { configure: aConfiguration({ restartFailed: true }) };

const failed = (more: {
  spec?: FlinkDeploymentSpec;
  job?: object;
  facts?: Input["facts"];
  input?: Partial<Input>;
  generation?: number;
}) => {
  const { spec = aSpec, job = { upgradeSavepointPath: "file:/checkpoints/chk-7" }, generation = 1 } = more;
  const status = aStatus(firstLaunched, { job: { state: "FAILED", ...job }, observedGeneration: 1 });
  const facts =
    more.facts ??
    someFacts({ haConfigMaps: [], flink: flinkFacts("FAILED", { ...reportedCheckpoints, ...failure }) });
  return decideFlinkDeployment(
    anInput(aResource(spec, status, { generation }), facts, { ...restarts, ...more.input }),
  );
};

/** The restore of the launch after the decision, once the old cluster is deleted. */
function launchedAfter(decision: Decision, spec = aSpec): Launch["restore"] | undefined {
  let status = decision.status;
  for (let pass = 0; pass < 4; pass += 1) {
    const next = decideFlinkDeployment(
      anInput(aResource(spec, status, { generation: 1 }), { ...noCluster, haConfigMaps: [] }, restarts),
    );
    const launch = next.actions.find(({ kind }) => kind === "launch");
    if (launch?.kind === "launch")
      return (launch.objects.deployment as unknown as { launch: Launch }).launch.restore;
    status = next.status;
  }
  return undefined;
}

describe("a job that has failed", () => {
  test("is not restarted without the option", () => {
    const decision = failed({ input: { configure: aConfiguration() } });
    expect(decision).toMatchObject({ actions: [], status: { lifecycleState: "FAILED" } });
  });

  test("is launched again from its last snapshot, as the same generation, and its error is cleared", () => {
    const decision = failed({});
    expect(decision.actions).toEqual([]);
    expect(decision.status).toMatchObject({
      observedGeneration: 1,
      lifecycleState: "UPGRADING",
      jobStatus: { state: "FINISHED", upgradeSavepointPath: "file:/checkpoints/chk-7" },
      decisions: [
        {
          act: "Restart",
          restoresFrom: "file:/checkpoints/chk-7",
          facts: ["It failed with a.B: disk full"],
        },
      ],
    });
    expect(decision.status.error).toBeUndefined();
    expect(specOf(decision)?.job).toMatchObject({ state: "suspended", upgradeMode: "savepoint" });
    expect(launchedAfter(decision)).toEqual({ kind: "savepoint", path: "file:/checkpoints/chk-7" });
  });

  // FLINK-35857: the Java operator restarted a failed job from empty state.
  test("FLINK-35857: never starts with empty state if its last snapshot is unknown, but requires a manual restore", () => {
    const silent = someFacts({
      haConfigMaps: [],
      flink: flinkFacts("FAILED", {
        ...failure,
        partFailures: { checkpoints: { kind: "answered", status: 500, message: "", at: 1 } },
      }),
    });
    for (const job of [{ state: "RUNNING" as const }, { upgradeSavepointPath: LAST_STATE_DUMMY_PATH }]) {
      const decision = failed({ job, facts: silent });
      expect(decision.status.reconciliationStatus?.state).toBe("DEPLOYED");
      expect(decision.status.error).toContain("Manual restore required.");
      expect(decision.status.jobStatus?.upgradeSavepointPath).toBe(LAST_STATE_DUMMY_PATH);
    }
  });

  test("FLINK-35857: nor if its newest snapshot is deleted and an older one is left", () => {
    const gone = checkpointFacts({
      latestCompleted: aSnapshot(7, { discarded: true }),
      latestSavepoint: aSnapshot(3, { isSavepoint: true }),
    });
    const decision = failed({
      job: {},
      facts: someFacts({ haConfigMaps: [], flink: flinkFacts("FAILED", { ...gone, ...failure }) }),
    });
    expect(decision.status.error).toContain("Manual restore required.");
    expect(decision.status.reconciliationStatus?.state).toBe("DEPLOYED");
  });

  test("before its first snapshot starts from where it had started", () => {
    const facts = someFacts({
      haConfigMaps: [],
      flink: flinkFacts("FAILED", { ...checkpointFacts({}), ...failure }),
    });
    expect(launchedAfter(failed({ job: { upgradeSavepointPath: "file:/initial" }, facts }))).toEqual({
      kind: "savepoint",
      path: "file:/initial",
    });
    expect(launchedAfter(failed({ job: {}, facts }))).toEqual({ kind: "none" });
  });

  test("of upgrade mode stateless starts with empty state, and the decision record names the ignored snapshot", () => {
    const spec = withUpgradeMode("stateless");
    const decision = failed({ spec });
    expect(specOf(decision)?.job?.upgradeMode).toBe("stateless");
    expect(launchedAfter(decision, spec)).toEqual({ kind: "none" });
    expect(decision.status.decisions?.[0]).toMatchObject({
      refused: [{ snapshot: "file:/checkpoints/chk-7", why: "spec.job.upgradeMode is stateless" }],
    });
  });

  test("waits until Flink has reported its last snapshot", () => {
    const facts = someFacts({ haConfigMaps: [], flink: flinkFacts("FAILED", failure) });
    const decision = failed({ job: { state: "RUNNING" }, facts });
    expect(decision.status.jobStatus?.state).toBe("RUNNING");
    expect(decision.status.reconciliationStatus?.state).toBe("DEPLOYED");
  });

  test("is not restarted based on a status of an earlier operator process before Flink confirms it", () => {
    const decision = failed({ facts: someFacts({ flink: undefined }) });
    expect(decision).toMatchObject({ actions: [], status: { reconciliationStatus: { state: "DEPLOYED" } } });
  });

  test("whose JobManager is deleted restores from the snapshot that was recorded with its end", () => {
    const decision = failed({ facts: someFacts({ ...noCluster, haConfigMaps: [] }) });
    expect(launchedAfter(decision)).toEqual({ kind: "savepoint", path: "file:/checkpoints/chk-7" });
  });

  test("whose JobManager ended before its cleanup restores from its HA metadata", () => {
    const decision = failed({ facts: someFacts({ ...noCluster, haConfigMaps: [haOfJob] }) });
    expect(specOf(decision)?.job?.upgradeMode).toBe("last-state");
    expect(decision.status.decisions?.[0]?.restoresFrom).toContain("HA metadata");
  });

  test("is deployed with an edit that was made meanwhile", () => {
    const edited = withUpgradeMode("savepoint", { image: "flink:new" });
    const decision = failed({ spec: edited, generation: 2 });
    expect(specOf(decision)).toMatchObject({ image: "flink:new", job: { upgradeMode: "savepoint" } });
    expect(decision.status.observedGeneration).toBe(2);
  });

  test("keeps its state also while an edit is invalid: the recorded mode is that of the first launch", () => {
    const invalid = aConfiguration({ restartFailed: true }, { field: "spec.image", message: "is missing" });
    const decision = failed({
      spec: withUpgradeMode("savepoint", { image: "" }),
      generation: 2,
      input: { configure: invalid },
    });
    expect(specOf(decision)).toMatchObject({ image: aSpec.image, job: { upgradeMode: "savepoint" } });
  });

  test("that is to be suspended is not restarted", () => {
    const suspended = { ...aSpec, job: { ...aSpec.job, state: "suspended" as const } };
    const decision = failed({ spec: suspended, generation: 2 });
    expect(decision.status.lifecycleState).toBe("SUSPENDED");
  });

  test("directly after each start is restarted once per reconcile interval", () => {
    const early = failed({ input: { now: 31_000 } });
    expect(early.status.reconciliationStatus?.state).toBe("DEPLOYED");
    // Launched at 1 s, with an interval of 60 s.
    expect(early.requeueAfterMs).toBe(30_000);
    expect(failed({ input: { now: 61_000 } }).status.reconciliationStatus?.state).toBe("UPGRADING");
  });
});

describe("a job that was cancelled in Flink", () => {
  const cancelled = (snapshots: object | undefined, spec = aSpec, job: object = { state: "RUNNING" }) => {
    const status = aStatus(firstLaunched, { job, observedGeneration: 1, firstDeployment: true });
    const flink = flinkFacts("CANCELED", checkpointFacts(snapshots));
    return decideFlinkDeployment(
      anInput(aResource(spec, status, { generation: 1 }), { haConfigMaps: [], flink }),
    );
  };

  test("counts as suspended, as with the Java operator, and is restarted from its last checkpoint", () => {
    const decision = cancelled({ latestCompleted: aSnapshot(7) });
    const recorded = readLastReconciledSpec(decision.status.reconciliationStatus?.lastReconciledSpec);
    expect(recorded?.spec.job).toMatchObject({ state: "suspended", upgradeMode: "savepoint" });
    expect(recorded?.metadata?.firstDeployment).toBe(false);
    expect(launchedAfter(decision)).toEqual({ kind: "savepoint", path: "file:/checkpoints/chk-7" });
  });

  test("is reported with why it runs again, and how to prevent that", () => {
    const decision = cancelled({ latestCompleted: aSnapshot(7) });
    expect(decision.events.map(({ type, reason }) => [type, reason])).toEqual([
      ["Normal", "JobStatusChanged"],
      ["Normal", "JobCancelled"],
    ]);
    expect(decision.events.at(-1)?.message).toContain("set spec.job.state to suspended");
    expect(decision.status.decisions?.[0]).toMatchObject({
      act: "Restart",
      reason: "The job was cancelled, not by the operator, and its spec asks it to run.",
      restoresFrom: "file:/checkpoints/chk-7",
    });
  });

  test("and whose checkpoints Flink deleted with it is not started with empty state", () => {
    const decision = cancelled({ latestCompleted: aSnapshot(7, { discarded: true }) });
    expect(decision.status.error).toContain("Manual restore required.");
    expect(decision.status.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(decision.status.jobStatus?.state).toBe("CANCELED");
  });

  test("stays suspended if its spec says so", () => {
    const suspended = { ...aSpec, job: { ...aSpec.job, state: "suspended" as const } };
    const decision = cancelled({ latestCompleted: aSnapshot(7) }, suspended);
    expect(decision.status).toMatchObject({
      lifecycleState: "SUSPENDED",
      jobStatus: { upgradeSavepointPath: "file:/checkpoints/chk-7" },
    });
  });

  test("but finished in the meantime is not restarted", () => {
    const status = aStatus(aSpec, { job: { state: "CANCELLING" }, observedGeneration: 1 });
    const flink = flinkFacts("FINISHED", checkpointFacts());
    const decision = decideFlinkDeployment(
      anInput(aResource(aSpec, status, { generation: 1 }), { haConfigMaps: [], flink }),
    );
    expect(decision.status).toMatchObject({ lifecycleState: "STABLE", jobStatus: { state: "FINISHED" } });
  });
});
