import { expect, test } from "vitest";
import type { JobState } from "../../api/flinkFacts.ts";
import { type FlinkSessionJobStatus, flinkSessionJobSpec } from "../../api/v1beta1/flinksessionjob.ts";
import { formatLastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import { projectSessionJob } from "./project.ts";

const jobId = "a".repeat(32);
const recorded = (state: "running" | "suspended"): string =>
  formatLastReconciledSpec({ job: { state } }, { firstDeployment: false }, flinkSessionJobSpec);

const holds = (
  recordedAs: "running" | "suspended",
  state: "DEPLOYED" | "UPGRADING",
  job: FlinkSessionJobStatus["jobStatus"] & object,
): boolean =>
  projectSessionJob({
    metadata: { name: "job", namespace: "ns" },
    spec: { deploymentName: "session" },
    status: {
      jobStatus: job,
      reconciliationStatus: { state, lastReconciledSpec: recorded(recordedAs) },
    },
  }).facts.needsCluster;

test.each<[string, boolean, Parameters<typeof holds>]>([
  ["runs", true, ["running", "DEPLOYED", { jobId, state: "RUNNING" }]],
  ["has ended", false, ["running", "DEPLOYED", { jobId, state: "FINISHED" }]],
  [
    "has ended, and has not told its savepoint",
    true,
    [
      "running",
      "DEPLOYED",
      { jobId, state: "FINISHED", savepointInfo: { triggerId: "t", triggerType: "UPGRADE" } },
    ],
  ],
  [
    "was cancelled, and its checkpoint is not written down",
    true,
    ["running", "UPGRADING", { jobId, state: "CANCELED" }],
  ],
  ["stands still", false, ["suspended", "UPGRADING", { jobId, state: "FINISHED" as JobState }]],
  ["is being submitted", true, ["suspended", "UPGRADING", { jobId, state: "RECONCILING" }]],
  ["is suspended", false, ["suspended", "DEPLOYED", { jobId, state: "FINISHED" }]],
])("a session job that %s needs its cluster: %s", (_, expected, given) => {
  expect(holds(...given)).toBe(expected);
});

test("a session job that was never deployed needs no cluster, one with an unreadable record does", () => {
  const of = (status: object) =>
    projectSessionJob({ metadata: { name: "job" }, spec: {}, status }).facts.needsCluster;
  expect(of({})).toBe(false);
  expect(of({ reconciliationStatus: { lastReconciledSpec: "{" } })).toBe(true);
});

test.each<[string, ReturnType<typeof projectSessionJob>["facts"]["away"], object, object?]>([
  ["is stable", undefined, { lifecycleState: "STABLE", jobStatus: { state: "RUNNING" } }],
  ["restarts", { hasFailed: false }, { lifecycleState: "STABLE", jobStatus: { state: "RESTARTING" } }],
  ["is upgraded", { hasFailed: false }, { lifecycleState: "UPGRADING", error: null }],
  ["cannot be started", { hasFailed: true }, { lifecycleState: "UPGRADING", error: "{}" }],
  [
    "has failed",
    { hasFailed: true, failedAt: 7 },
    { lifecycleState: "FAILED", jobStatus: { state: "FAILED", updateTime: "7" } },
  ],
  ["is suspended", undefined, { lifecycleState: "SUSPENDED" }],
  ["is to be suspended", undefined, { lifecycleState: "DEPLOYED" }, { state: "suspended" }],
  [
    "has finished",
    undefined,
    {
      lifecycleState: "DEPLOYED",
      jobStatus: { state: "FINISHED" },
      reconciliationStatus: { state: "DEPLOYED", lastReconciledSpec: recorded("running") },
    },
  ],
  ["was never launched", undefined, { lifecycleState: "FAILED", error: "{}", reconciliationStatus: {} }],
])("a session job that %s: away %o", (_, expected, status, job = {}) => {
  const reconciliationStatus = { state: "UPGRADING", lastReconciledSpec: recorded("running") };
  const { facts } = projectSessionJob({
    metadata: { name: "job" },
    spec: { job },
    status: { reconciliationStatus, ...status },
  });
  expect(facts.away).toEqual(expected);
});
