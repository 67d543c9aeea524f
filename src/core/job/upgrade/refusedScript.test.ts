import { describe, expect, test } from "vitest";
import type { SqlCheckStatus } from "../../../api/v1beta1/commonStatus.ts";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { deriveSpecHash } from "../../ids.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Facts } from "../model/facts.ts";
import { anInput, aResource, aSpec, aStatus, noCluster } from "../situation.fixture.ts";

const script = (text: string, job: FlinkDeploymentSpec["job"] = {}): FlinkDeploymentSpec => ({
  ...aSpec,
  job: { state: "running", upgradeMode: "savepoint", sql: { script: text }, ...job },
});
const check: SqlCheckStatus = {
  name: "sql-check-job-1",
  generation: 2,
  specHash: deriveSpecHash(script("INSERT 2")),
  startedAt: 1_000,
  endedAt: 2_000,
};
const wrong = { ...check, problem: "sql: line 1, column 2: x" };
const losing = { ...check, stateLosses: ["MAX would go on from the state of SUM"] };

const decided = (
  sqlCheck: SqlCheckStatus,
  job: FlinkDeploymentSpec["job"] = {},
  facts: Partial<Facts> = {},
) =>
  decideFlinkDeployment(
    anInput(aResource(script("INSERT 2", job), aStatus(script("INSERT 1"), { sqlCheck })), facts),
  );

describe("a script that is refused", () => {
  test("is told with its place; the job stays, and the edit counts as seen", () => {
    const decision = decided(wrong);
    expect(decision.actions).toEqual([]);
    expect(decision.events).toMatchObject([
      {
        type: "Warning",
        reason: "ValidationError",
        message: "spec.job.sql: sql: line 1, column 2: x",
      },
    ]);
    expect(decision.status).toMatchObject({
      observedGeneration: 2,
      jobStatus: { state: "RUNNING" },
      lifecycleState: "STABLE",
      sqlCheck: wrong,
    });
    expect(decision.status.conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", status: "False", reason: "ValidationError" }),
    );
  });

  test("is told once, and nothing is asked or written any more", () => {
    const { status } = decided(wrong);
    const again = decideFlinkDeployment(anInput(aResource(script("INSERT 2"), status)));
    expect(again).toMatchObject({ actions: [], events: [], status });
  });

  test("says how one is checked again that refers to what is mended meanwhile", () => {
    const scriptFrom = [{ configMapKeyRef: { name: "orders", key: "a.sql" } }];
    const sql = { script: undefined, scriptFrom };
    const specHash = deriveSpecHash(script("INSERT 2", { sql }));
    expect(decided({ ...wrong, specHash }, { sql }).status.error).toContain("spec.restartNonce");
    expect(decided(wrong).status.error).not.toContain("spec.restartNonce");
  });

  test("drops state, and says how to go on", () => {
    const { status, actions } = decided(losing);
    expect(actions).toEqual([]);
    expect(status.error).toContain("MAX would go on from the state of SUM");
    expect(status.error).toContain("allowNonRestoredState: true");
  });

  test("is not launched where the cluster is lost", () => {
    const { status } = decided(wrong, {}, noCluster);
    expect(status.reconciliationStatus?.state).toBe("UPGRADING");
    const intended = readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;
    expect(intended?.job?.sql?.script).toBe("INSERT 1");
  });
});

test.each<[string, SqlCheckStatus, FlinkDeploymentSpec["job"]]>([
  [
    "the user allows the loss",
    { ...losing, specHash: deriveSpecHash(script("INSERT 2", { allowNonRestoredState: true })) },
    { allowNonRestoredState: true },
  ],
  ["all state is kept", check, {}],
])("a script is not refused: %s", (_, sqlCheck, job) => {
  const { status, actions } = decided(sqlCheck, job);
  expect(actions.map(({ kind }) => kind)).toContain("dry-run");
  expect(status.error).toBeUndefined();
});

test("the refusal of an earlier edit does not count", () => {
  const { status } = decided({ ...wrong, generation: 1, specHash: "other" });
  expect(status.error).toBeUndefined();
  expect(status.sqlCheck).toMatchObject({ generation: 2 });
});

test("the refusal of what the autoscaler decided before does not count, nor of what is deployed", () => {
  const asDecided = (parallelism: number) => ({
    ...wrong,
    specHash: deriveSpecHash(script("INSERT 2", { parallelism })),
  });
  expect(decided(asDecided(3), { parallelism: 3 }).status.error).toContain(wrong.problem);
  const other = decided(asDecided(3), { parallelism: 2 });
  expect(other.status.error).toBeUndefined();
  expect(other.status.sqlCheck?.problem).toBeUndefined();
  const deployed = script("INSERT 1");
  const back = decideFlinkDeployment(
    anInput(
      aResource(deployed, aStatus(deployed, { sqlCheck: { ...wrong, specHash: deriveSpecHash(deployed) } })),
    ),
  );
  expect(back.status.error).toBeUndefined();
  expect(back.status).not.toHaveProperty("sqlCheck");
});
