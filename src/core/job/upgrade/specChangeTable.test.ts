/**
 * Table 2.2 of the reference, row by row. A title quotes its row; deviations of this operator follow "Ours", with the
 * reason.
 */
import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { diffSpec } from "../../diff/diff.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import {
  edited,
  inState,
  pass,
  reconcileAll,
  recorded,
  savepoint,
  suspendedSpec,
  suspendModeOf,
} from "../decisionTables.fixture.ts";
import type { Decision } from "../model/decision.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSpec,
  aStatus,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

describe("2.2 diff type × LRS/desired job state", () => {
  const suspendedStatus = aStatus(suspendedSpec("savepoint"), {
    jobManagerDeploymentStatus: "MISSING",
    job: { state: "FINISHED", upgradeSavepointPath: "file:/sp" },
  });
  const java = (decision: Decision, spec: FlinkDeploymentSpec) =>
    diffSpec(recorded(decision.status) ?? {}, spec).type;

  test("running | running | IGNORE (recon not UPGRADING) | metadata refresh", () => {
    const before = aStatus(aSpec);
    const decision = pass({ spec: withJobSpec({ upgradeMode: "last-state" }), status: before });
    expect(decision).toMatchObject({ actions: [], events: [], status: { observedGeneration: 2 } });
    expect(decision.status.reconciliationStatus).toEqual(before.reconciliationStatus);
  });

  test("running | running | SCALE | in-place; fallback = UPGRADE row. Ours, native: the fallback", () => {
    const scaled = {
      ...aSpec,
      flinkConfiguration: { "pipeline.jobvertex-parallelism-overrides": "a:2" },
    };
    expect(suspendModeOf({ spec: scaled, status: inState("RUNNING") })).toBe("stop-with-savepoint");
  });

  test("running | running | UPGRADE | suspend per 1.6 then restore", () => {
    expect(suspendModeOf({ spec: edited("savepoint"), status: inState("RUNNING") })).toBe(
      "stop-with-savepoint",
    );
  });

  test("running | suspended | UPGRADE | suspend per 1.6; LRS suspended, DEPLOYED, LSS:=LRS", () => {
    const { status } = reconcileAll({ spec: suspendedSpec("savepoint"), status: aStatus(aSpec) }, [
      savepoint({ state: "unknown" }),
      savepoint({ state: "completed", location: "file:/sp-1" }, "FINISHED"),
    ]);
    expect(recorded(status)?.job).toMatchObject({ state: "suspended", upgradeMode: "savepoint" });
    expect(status.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(status.reconciliationStatus?.lastStableSpec).toBe(status.reconciliationStatus?.lastReconciledSpec);
  });

  test("suspended | running | UPGRADE or recon UPGRADING | restore", () => {
    const { acts, status } = reconcileAll({ spec: aSpec, status: suspendedStatus, facts: noCluster }, [
      noCluster,
    ]);
    expect(acts).toEqual(["delete-config-maps", "launch"]);
    expect(status.jobStatus?.upgradeSavepointPath).toBe("file:/sp");
  });

  test.each<[string, Partial<FlinkDeploymentSpec>]>([
    ["image", { image: "flink:other" }],
    ["restartNonce", { restartNonce: 5 }],
    ["flinkConfiguration", { flinkConfiguration: { "a.b": "c" } }],
    ["args", { job: { ...suspendedSpec("savepoint").job, args: ["x"] } }],
    ["parallelism and upgradeMode", { job: { ...suspendedSpec("last-state").job, parallelism: 4 } }],
  ])(
    "suspended | suspended | UPGRADE | nothing is executed, LRS is not updated. Ours: recorded, so that nothing is outstanding (%s)",
    (_, more) => {
      const spec = { ...suspendedSpec("savepoint"), ...more };
      const decision = pass({ spec, status: suspendedStatus, facts: noCluster });
      expect(decision.actions).toEqual([]);
      expect(decision.status).toMatchObject({
        observedGeneration: 2,
        lifecycleState: "SUSPENDED",
        jobStatus: { state: "FINISHED", upgradeSavepointPath: "file:/sp" },
      });
      expect(java(decision, spec)).toBe("IGNORE");
      expect(recorded(decision.status)?.job?.upgradeMode).toBe("savepoint");
      expect(pass({ spec, status: decision.status, facts: noCluster }).status).toEqual(decision.status);
    },
  );

  test.each<[string, Partial<NonNullable<FlinkDeploymentSpec["job"]>>]>([
    ["upgradeMode", { upgradeMode: "last-state" }],
    ["initialSavepointPath", { initialSavepointPath: "file:/other" }],
    ["allowNonRestoredState", { allowNonRestoredState: true }],
    ["savepointTriggerNonce", { savepointTriggerNonce: 3 }],
  ])("suspended | suspended | IGNORE | only the generation is noted (%s)", (_, more) => {
    const spec = withJobSpec({ state: "suspended", ...more });
    const decision = pass({ spec, status: suspendedStatus, facts: noCluster });
    expect(decision.actions).toEqual([]);
    expect(decision.status.observedGeneration).toBe(2);
    expect(decision.status.reconciliationStatus).toEqual(suspendedStatus.reconciliationStatus);
  });

  test("a job that was cancelled by someone else, suspended by that, edited and then resumed restores from its checkpoint", () => {
    const cancelled = aStatus(suspendedSpec("stateless"), {
      jobManagerDeploymentStatus: "MISSING",
      job: { state: "CANCELED", upgradeSavepointPath: "file:/chk-9" },
    });
    const edit = pass({
      spec: { ...suspendedSpec("savepoint"), image: "flink:other" },
      status: cancelled,
      facts: noCluster,
    });
    const resumed = pass({ spec: { ...aSpec, image: "flink:other" }, status: edit.status, facts: noCluster });
    expect(recorded(resumed.status)?.job?.upgradeMode).toBe("savepoint");
  });

  const redeployed = (state: "running" | "suspended") =>
    withJobSpec({ state, savepointRedeployNonce: 1, initialSavepointPath: "file:/mine" });

  test("any | running | SAVEPOINT_REDEPLOY | cancel STATELESS; upgradeSavepointPath:=initialSavepointPath; deploy", () => {
    const { acts, status } = reconcileAll({ spec: redeployed("running"), status: aStatus(aSpec) }, [
      noCluster,
      noCluster,
    ]);
    expect(acts).toEqual(["dry-run", "delete-deployment", "delete-config-maps", "launch"]);
    expect(status.jobStatus?.upgradeSavepointPath).toBe("file:/mine");
  });

  test("any | suspended | SAVEPOINT_REDEPLOY | upgradeSavepointPath:=initialSavepointPath; LRS/DEPLOYED; LSS:=LRS", () => {
    const { status } = reconcileAll(
      { spec: redeployed("suspended"), status: suspendedStatus, facts: noCluster },
      [],
    );
    expect(status).toMatchObject({
      lifecycleState: "SUSPENDED",
      observedGeneration: 2,
      jobStatus: { upgradeSavepointPath: "file:/mine" },
      reconciliationStatus: { state: "DEPLOYED" },
    });
    expect(status.reconciliationStatus?.lastStableSpec).toBe(status.reconciliationStatus?.lastReconciledSpec);
    expect(diffSpec(recorded(status) ?? {}, redeployed("suspended")).type).toBe("IGNORE");
  });

  test("any | any | IGNORE while recon UPGRADING | continues the pending upgrade with the new spec", () => {
    const intended = pass({ spec: edited("stateless"), status: aStatus(aSpec) }).status;
    const spec = {
      ...edited("stateless"),
      flinkConfiguration: { "kubernetes.operator.reconcile.interval": "9 s" },
    };
    const resource = aResource(spec, intended, { generation: 3 });
    const decision = decideFlinkDeployment(anInput(resource, noCluster, { configure: aConfiguration() }));
    expect(recorded(decision.status)).toMatchObject({ flinkConfiguration: spec.flinkConfiguration });
    expect(decision.status).toMatchObject({ observedGeneration: 3, lifecycleState: "UPGRADING" });
  });
});
