import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec, SqlCheckStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Facts } from "../model/facts.ts";
import { anInput, aResource, aSpec, aStatus, noCluster } from "../situation.fixture.ts";

const script = (text: string, job: FlinkDeploymentSpec["job"] = {}): FlinkDeploymentSpec => ({
  ...aSpec,
  job: { state: "running", upgradeMode: "savepoint", sql: { script: text }, ...job },
});
const check: SqlCheckStatus = { name: "sql-check-job-1", generation: 2, startedAt: 1_000, endedAt: 2_000 };
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
  ["the user allows the loss", losing, { allowNonRestoredState: true }],
  ["all state is kept", check, {}],
])("a script is not refused: %s", (_, sqlCheck, job) => {
  const { status, actions } = decided(sqlCheck, job);
  expect(actions.map(({ kind }) => kind)).toContain("dry-run");
  expect(status.error).toBeUndefined();
});

test("the refusal of an earlier edit does not count", () => {
  const { status } = decided({ ...wrong, generation: 1 });
  expect(status.error).toBeUndefined();
  expect(status.sqlCheck).toMatchObject({ generation: 2 });
});
