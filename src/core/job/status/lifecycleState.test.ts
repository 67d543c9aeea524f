import { describe, expect, test } from "vitest";
import { readGolden, storedSpecs } from "../../../../test/support/golden.ts";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { aSpec, aStatus, withJobSpec } from "../situation.fixture.ts";
import { lifecycleState, terminalPhrases } from "./lifecycleState.ts";
import { knownStatus } from "./status.ts";

const suspendedSpec = withJobSpec({ state: "suspended" });
const failed = `{"message":"${terminalPhrases[0]}"}`;

/** REFERENCE 1.2, in its order. */
const rows: readonly [string, FlinkDeploymentStatus, string][] = [
  ["nothing deployed", {}, "CREATED"],
  ["nothing deployed, and an error", { error: "e" }, "FAILED"],
  ["being deleted, whatever else holds", { ...aStatus(aSpec), lifecycleState: "DELETING" }, "DELETING"],
  ["deleted", { lifecycleState: "DELETED" }, "DELETED"],
  ["upgrading, before suspended", aStatus(suspendedSpec, { state: "UPGRADING" }), "UPGRADING"],
  [
    "rolling back",
    { reconciliationStatus: { ...aStatus(aSpec).reconciliationStatus, state: "ROLLING_BACK" } },
    "ROLLING_BACK",
  ],
  ["suspended, before failed", aStatus(suspendedSpec, { job: { state: "FAILED" } }), "SUSPENDED"],
  ["failed, before stable", aStatus(aSpec, { job: { state: "FAILED" } }), "FAILED"],
  [
    "rolled back",
    { reconciliationStatus: { ...aStatus(aSpec).reconciliationStatus, state: "ROLLED_BACK" } },
    "ROLLED_BACK",
  ],
  ["stable", aStatus(aSpec), "STABLE"],
  [
    "deployed, but not yet stable",
    {
      reconciliationStatus: { ...aStatus(aSpec).reconciliationStatus, lastStableSpec: undefined },
    } as FlinkDeploymentStatus,
    "DEPLOYED",
  ],
  [
    "an error that requires a manual action, JobManager missing",
    aStatus(aSpec, { error: failed, jobManagerDeploymentStatus: "MISSING" }),
    "FAILED",
  ],
  [
    "the same, JobManager with a problem",
    aStatus(aSpec, { error: failed, jobManagerDeploymentStatus: "ERROR" }),
    "FAILED",
  ],
  ["the same, JobManager ready", aStatus(aSpec, { error: failed }), "STABLE"],
  [
    "another error, JobManager missing",
    aStatus(aSpec, { error: "{}", jobManagerDeploymentStatus: "MISSING" }),
    "STABLE",
  ],
];

describe("lifecycle state", () => {
  test.each(rows)("%s", (_, status, expected) => {
    expect(lifecycleState(status)).toBe(expected);
  });

  test.each(terminalPhrases)("'%s' requires a manual action", (phrase) => {
    const error = `{"message":"So: ${phrase} Indeed."}`;
    expect(lifecycleState(aStatus(aSpec, { error, jobManagerDeploymentStatus: "MISSING" }))).toBe("FAILED");
  });
});

const initialStatus = readGolden<{ kind: string; status: FlinkDeploymentStatus }[]>(
  "java-operator/initial-statuses.json",
).find(({ kind }) => kind === "FlinkDeployment")?.status;

describe("statuses as the Java operator writes them", () => {
  test.each(storedSpecs.filter(({ spec }) => spec.job?.state === "running"))(
    "$name: created, then being deployed, deployed, stable",
    ({ stored: recorded }) => {
      if (initialStatus === undefined) return expect.unreachable("no initial status is recorded");
      const created = knownStatus(initialStatus);
      const at = (state: "UPGRADING" | "DEPLOYED", lastStableSpec?: string): FlinkDeploymentStatus => ({
        ...created,
        reconciliationStatus: {
          ...created.reconciliationStatus,
          state,
          lastReconciledSpec: recorded,
          ...(lastStableSpec === undefined ? {} : { lastStableSpec }),
        },
      });
      expect(lifecycleState(created)).toBe(initialStatus.lifecycleState);
      expect(lifecycleState(at("UPGRADING"))).toBe("UPGRADING");
      expect(lifecycleState(at("DEPLOYED"))).toBe("DEPLOYED");
      expect(lifecycleState(at("DEPLOYED", recorded))).toBe("STABLE");
    },
  );
});
