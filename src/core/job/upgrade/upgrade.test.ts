import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Input } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts, JobManagerDeployment } from "../model/facts.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

const specOf = ({ status }: Decision) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;
const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);
const reasonsOf = ({ events }: Decision) => events.map(({ reason }) => reason);
const edited = withJobSpec({ args: ["new"] });

const edit = (
  spec: FlinkDeploymentSpec,
  status = aStatus(aSpec),
  facts: Partial<Facts> = {},
  more: Partial<Input> = {},
) => decideFlinkDeployment(anInput(aResource(spec, status), facts, more));

describe("an edit of a running job", () => {
  test.each([
    ["savepoint", { jobStatus: { state: "RUNNING", savepointInfo: { triggerType: "UPGRADE" } } }],
    ["last-state", { jobStatus: { state: "FINISHED" }, lifecycleState: "UPGRADING", observedGeneration: 2 }],
    ["stateless", { jobStatus: { state: "FINISHED" }, lifecycleState: "UPGRADING", observedGeneration: 2 }],
  ] as const)("by %s: first a dry run and the intent, without any other action", (upgradeMode, status) => {
    const decision = edit(withJobSpec({ args: ["new"], upgradeMode }));
    expect(kindsOf(decision)).toEqual(["dry-run"]);
    expect(decision.status).toMatchObject(status);
    expect(reasonsOf(decision)).toEqual(["SpecChanged", "Suspended"]);
    expect(decision.requeueAfterMs).toBe(0);
  });

  test("by cancel: the old spec stays recorded, running, to be restored from a path (as the reference writes it)", () => {
    const decision = edit(withJobSpec({ args: ["new"], upgradeMode: "last-state" }), aStatus(aSpec), {
      haConfigMaps: [],
    });
    expect(decision.status).toMatchObject({
      jobStatus: { state: "CANCELLING" },
      lifecycleState: "UPGRADING",
    });
    expect(specOf(decision)?.job).toMatchObject({ state: "running", upgradeMode: "savepoint" });
    expect(specOf(decision)?.job?.args ?? []).toEqual([]);
  });

  test("that needs no restart is only recorded", () => {
    const before = aStatus(aSpec);
    const decision = edit(withJobSpec({ upgradeMode: "last-state", allowNonRestoredState: true }), before);
    expect(decision).toMatchObject({ actions: [], events: [], status: { observedGeneration: 2 } });
    expect(decision.status.reconciliationStatus).toEqual(before.reconciliationStatus);
  });

  test("clears the error of an earlier rejected edit", () => {
    expect(edit(edited, aStatus(aSpec, { error: '{"message":"refused"}' })).status.error).toBeUndefined();
  });

  test("reverted after it was rejected clears the error at once", () => {
    const decision = edit(aSpec, aStatus(aSpec, { error: '{"message":"refused"}' }));
    expect(decision.status).toMatchObject({ observedGeneration: 2 });
    expect(decision.status.error).toBeUndefined();
  });

  test("to suspend needs no dry run", () => {
    expect(kindsOf(edit(withJobSpec({ state: "suspended" })))).toEqual([]);
  });
});

describe("an edit of a job that has ended", () => {
  const ended = (state: "FINISHED" | "FAILED" | "CANCELED", checkpoints: object, path?: string) =>
    edit(edited, aStatus(aSpec, { job: { state, upgradeSavepointPath: path } }), {
      flink: flinkFacts(state, checkpoints),
      haConfigMaps: [],
    });

  test.each(["FAILED", "CANCELED", "FINISHED"] as const)("%s: goes on from its last snapshot", (state) => {
    const decision = ended(state, checkpointFacts({ latestCompleted: aSnapshot(4) }));
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/checkpoints/chk-4");
    expect(specOf(decision)?.job).toMatchObject({ state: "suspended", upgradeMode: "savepoint" });
  });

  test("FINISHED: Flink has discarded its checkpoints, and the job may run again (FLINK-39043)", () => {
    const discarded = checkpointFacts({ latestCompleted: aSnapshot(4, { discarded: true }) });
    const decision = ended("FINISHED", discarded, "KUBERNETES_OPERATOR_LAST_STATE");
    expect(decision.status.error).toBeUndefined();
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBeUndefined();
    expect(decision.status.lifecycleState).toBe("UPGRADING");
  });

  test.each(["FAILED", "CANCELED"] as const)(
    "%s, its newest checkpoint discarded: requires a manual restore, once",
    (state) => {
      const discarded = checkpointFacts({
        latestCompleted: aSnapshot(4, { discarded: true }),
        latestRestored: aSnapshot(1),
      });
      const decision = ended(state, discarded, "file:/old");
      expect(decision.status.error).toContain("Manual restore required.");
      expect(decision.status.reconciliationStatus?.state).toBe("DEPLOYED");
      const repeated = edit(edited, decision.status, {
        flink: flinkFacts(state, discarded),
        haConfigMaps: [],
      });
      expect(repeated.events).toEqual([]);
    },
  );
});

describe("a JobManager that never started", () => {
  const condition = (type: string, status: string, reason: string, lastTransitionTime: string) => ({
    type,
    status,
    reason,
    message: "",
    lastTransitionTime,
  });
  const created = aDeployment.creationTimestamp;
  const never: JobManagerDeployment = {
    ...aDeployment,
    availableReplicas: 0,
    conditions: [condition("Available", "False", "MinimumReplicasUnavailable", created)],
  };
  const pulling = {
    container: "flink-main-container",
    reason: "ImagePullBackOff",
    message: "not found",
    restartCount: 0,
  };
  const inTrouble = (jobManager: JobManagerDeployment): Partial<Facts> => ({
    jobManager,
    jobManagerPods: [{ name: "job-abc", ip: undefined, ready: false, deleting: false, problem: pulling }],
    flink: undefined,
    haConfigMaps: [],
  });
  const fixed = withJobSpec({}, { image: "flink:right" });
  const launchedBy = (upgradeMode: "stateless" | "savepoint" | "last-state", more: object = {}) =>
    aStatus(withJobSpec({ upgradeMode }), {
      jobManagerDeploymentStatus: "ERROR",
      clusterInfo: {},
      job: {
        state: "RECONCILING",
        upgradeSavepointPath: upgradeMode === "savepoint" ? "file:/sp-1" : undefined,
      },
      ...more,
    });

  test.each([
    ["savepoint", "file:/sp-1"],
    ["stateless", undefined],
  ] as const)(
    "does not block its fix: launched by %s, the job starts from the same state again",
    (mode, path) => {
      const decision = edit(fixed, launchedBy(mode), inTrouble(never));
      expect(specOf(decision)).toMatchObject({
        image: "flink:right",
        job: { state: "suspended", upgradeMode: mode },
      });
      expect(decision.status.jobStatus?.upgradeSavepointPath).toBe(path);
      expect(decision.status.error).toBeUndefined();
    },
  );

  test("is deleted too if the resource is suspended", () => {
    const suspend = withJobSpec({ state: "suspended" }, { image: "flink:right" });
    const decision = edit(suspend, launchedBy("savepoint"), inTrouble(never));
    expect(decision.status.lifecycleState).toBe("UPGRADING");
    expect(kindsOf(edit(suspend, decision.status, inTrouble(never)))).toEqual(["delete-deployment"]);
  });

  const later = "2026-01-01T00:01:00Z";
  test.each<[string, JobManagerDeployment, boolean]>([
    ["Available is False from the first moment", never, true],
    [
      "Progressing has not come to its end",
      {
        ...never,
        conditions: [
          condition("Available", "False", "", later),
          condition("Progressing", "True", "ReplicaSetUpdated", later),
        ],
      },
      true,
    ],
    [
      "it was available once",
      {
        ...never,
        conditions: [
          condition("Available", "False", "", later),
          condition("Progressing", "True", "NewReplicaSetAvailable", later),
        ],
      },
      false,
    ],
    ["Kubernetes has not reconciled it yet", { ...never, conditions: [] }, false],
    ["it is available", { ...never, availableReplicas: 1 }, false],
  ])("is recognised if Kubernetes shows it: %s", (_, jobManager, expected) => {
    const decision = edit(fixed, launchedBy("savepoint"), inTrouble(jobManager));
    expect(decision.status.reconciliationStatus?.state).toBe(expected ? "UPGRADING" : "DEPLOYED");
    if (!expected) expect(decision.status.error).toContain("HA metadata is not available");
  });

  test.each<[string, Decision]>([
    [
      "it was launched from HA metadata that is deleted",
      edit(fixed, launchedBy("last-state"), inTrouble(never)),
    ],
    [
      "its job was seen to run",
      edit(fixed, launchedBy("savepoint", { clusterInfo: { "flink-version": "2.3.0" } }), inTrouble(never)),
    ],
    [
      "it is one of several",
      edit(
        fixed,
        aStatus(
          { ...aSpec, jobManager: { replicas: 2 } },
          { clusterInfo: {}, job: { state: "RECONCILING" } },
        ),
        inTrouble(never),
      ),
    ],
  ])("is not assumed if %s", (_, decision) => {
    expect(decision.status.error).toContain("HA metadata is not available");
  });

  test("two problems at once are reported once each, not in turns", () => {
    const restarted = { ...never, conditions: [condition("Available", "False", "", later)] };
    const first = edit(fixed, launchedBy("savepoint"), inTrouble(restarted));
    expect(reasonsOf(first)).toEqual(["ImagePullBackOff", "UpgradeFailed"]);
    const second = edit(fixed, first.status, inTrouble(restarted));
    expect(second.events).toEqual([]);
    expect(second.status).toEqual(first.status);
  });
});

describe("savepointRedeployNonce", () => {
  const redeployed = withJobSpec({ savepointRedeployNonce: 1, initialSavepointPath: "file:/chosen" });
  const suspendedLrs = withJobSpec({ state: "suspended", upgradeMode: "last-state" });
  const triggerId = "t".repeat(32);

  test.each<[string, ReturnType<typeof aStatus>, Partial<Facts>]>([
    ["a job that runs", aStatus(aSpec), {}],
    [
      "a launch whose HA metadata is deleted",
      aStatus(suspendedLrs, { state: "UPGRADING", job: { state: "RECONCILING" } }),
      { ...noCluster, haConfigMaps: [] },
    ],
    [
      "a stop under way",
      aStatus(aSpec, { job: { savepointInfo: { triggerId, triggerType: "UPGRADE" } } }),
      {},
    ],
    ["a cancel under way", aStatus(aSpec, { state: "UPGRADING", job: { state: "CANCELLING" } }), {}],
    [
      "an upgrade that requires a manual restore",
      aStatus(aSpec, { error: "Manual restore required.", job: { state: "FAILED" } }),
      { ...noCluster, haConfigMaps: [] },
    ],
    ["a suspended job", aStatus(suspendedLrs, { job: { state: "FINISHED" } }), noCluster],
  ])("starts %s from initialSavepointPath", (_, status, facts) => {
    const decision = edit(redeployed, status, facts);
    expect(specOf(decision)?.job).toMatchObject({
      state: "suspended",
      upgradeMode: "savepoint",
      savepointRedeployNonce: 1,
    });
    expect(decision.status.jobStatus?.upgradeSavepointPath).toBe("file:/chosen");
    expect(decision.status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    expect(decision.status.error).toBeUndefined();
  });

  test("of a resource to be suspended stops the running job, and keeps the chosen path", () => {
    const spec = withJobSpec({
      savepointRedeployNonce: 1,
      initialSavepointPath: "file:/chosen",
      state: "suspended",
    });
    const intended = edit(spec, aStatus(aSpec));
    expect(kindsOf(edit(spec, intended.status))).toEqual(["delete-deployment"]);
    const gone = edit(spec, intended.status, noCluster);
    expect(gone.status).toMatchObject({
      lifecycleState: "SUSPENDED",
      jobStatus: { upgradeSavepointPath: "file:/chosen" },
    });
  });

  test("while suspended: checkpoints reported by the old JobManager do not change the chosen path", () => {
    const spec = withJobSpec({
      savepointRedeployNonce: 1,
      initialSavepointPath: "file:/chosen",
      state: "suspended",
    });
    const old = { flink: flinkFacts("FINISHED", checkpointFacts({ latestCompleted: aSnapshot(5) })) };
    const status = aStatus(spec, { job: { state: "FINISHED", upgradeSavepointPath: "file:/chosen" } });
    expect(edit(spec, status, old).status.jobStatus?.upgradeSavepointPath).toBe("file:/chosen");
  });
});

describe("a suspended resource", () => {
  const suspended = (upgradeMode: "savepoint" | "last-state" | "stateless", job: object = {}) =>
    aStatus(withJobSpec({ state: "suspended", upgradeMode }), { job: { state: "FINISHED", ...job } });

  test.each([
    ["savepoint", "savepoint", "savepoint"],
    ["last-state", "savepoint", "last-state"],
    ["savepoint", "last-state", "savepoint"],
    ["savepoint", "stateless", "stateless"],
    ["stateless", "savepoint", "stateless"],
  ] as const)("by %s, resumed with upgradeMode %s: from %s", (by, asked, expected) => {
    const decision = edit(withJobSpec({ upgradeMode: asked }), suspended(by), noCluster);
    expect(specOf(decision)?.job).toMatchObject({ state: "suspended", upgradeMode: expected });
    expect(decision.status.lifecycleState).toBe("UPGRADING");
  });

  test("that the Java operator recorded for a job cancelled by a user restores from its last checkpoint", () => {
    const decision = edit(
      aSpec,
      suspended("stateless", { state: "CANCELED", upgradeSavepointPath: "file:/chk-3" }),
      noCluster,
    );
    expect(specOf(decision)?.job?.upgradeMode).toBe("savepoint");
  });

  test("by last-state is not resumed without high availability, which would start it with empty state", () => {
    const configure = aConfiguration({ highAvailability: false });
    const decision = edit(edited, suspended("last-state"), noCluster, { configure });
    expect(decision.status).toMatchObject({ lifecycleState: "SUSPENDED" });
    expect(decision.status.error).toContain("high-availability.type");
    expect(edit(edited, decision.status, noCluster, { configure }).events).toEqual([]);
  });

  test("with an edit is recorded, and stays suspended", () => {
    const decision = edit(
      withJobSpec({ state: "suspended", args: ["new"] }),
      suspended("savepoint"),
      noCluster,
    );
    expect(decision).toMatchObject({
      actions: [],
      status: { lifecycleState: "SUSPENDED", observedGeneration: 2 },
    });
    expect(specOf(decision)?.job).toMatchObject({ args: ["new"], upgradeMode: "savepoint" });
  });

  test("whose job runs again in a restarted JobManager is stopped; one that has just been stopped is not", () => {
    const spec = withJobSpec({ state: "suspended" });
    const runs = (jobsAt: number) =>
      edit(spec, suspended("savepoint"), { flink: flinkFacts("RUNNING", { jobsAt }) });
    expect(kindsOf(runs(1_500))).toEqual([]);
    const decision = runs(60_000);
    expect(kindsOf(decision)).toEqual(["delete-deployment"]);
    expect(decision.status.jobStatus).toMatchObject({ jobId: aJobId, state: "FINISHED" });
  });
});
