import { describe, expect, test } from "vitest";
import type { Situation } from "../model/situation.ts";
import {
  aJobId,
  aSituation,
  flinkFacts,
  someFacts,
  someSettings,
  withJobState,
  withUpgradeMode,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";
import { decideSuspendMode } from "./suspendMode.ts";

const noHa = { haConfigMaps: [] };
const checkpoints = { checkpoints: { jobId: aJobId, at: 1, statistics: undefined } };

const restoredFromHa = {
  jobId: aJobId,
  state: "FAILED",
  upgradeSavepointPath: LAST_STATE_DUMMY_PATH,
} as const;
const [failedJob] = flinkFacts("FAILED").jobs ?? [];
const failedMain = flinkFacts("FAILED", {
  ...checkpoints,
  jobs: failedJob === undefined ? [] : [{ ...failedJob, name: "(application driver)" }],
});

/** REFERENCE 1.6 and 2.3, row by row. "ours" marks the rows in which this operator is more careful. */
const rows: readonly [string, Partial<Situation>, object][] = [
  ["stateless, running", { spec: withUpgradeMode("stateless") }, { kind: "stateless" }],
  [
    "stateless, ended and its JobManager deleted",
    {
      spec: withUpgradeMode("stateless"),
      status: withJobState("FINISHED", { jobManagerDeploymentStatus: "MISSING" }),
    },
    { kind: "none", restore: "stateless" },
  ],
  ["savepoint, running", {}, { kind: "savepoint" }],
  [
    "savepoint, running before an operator restart, no answer since (ours)",
    { facts: someFacts({ flink: undefined }) },
    { kind: "wait", why: expect.stringContaining("not yet told") },
  ],
  [
    "savepoint, ended, last checkpoint known",
    { status: withJobState("FINISHED"), facts: someFacts({ flink: flinkFacts("FINISHED", checkpoints) }) },
    { kind: "none", restore: "savepoint" },
  ],
  [
    "savepoint, ended, last checkpoint not reported yet (ours: never start from an older one)",
    { status: withJobState("FINISHED"), facts: someFacts({ flink: flinkFacts("FINISHED") }) },
    { kind: "wait", why: expect.stringContaining("last checkpoint") },
  ],
  [
    "savepoint, ended, restored from HA before and nothing newer known",
    {
      status: withJobState("FAILED", {
        jobStatus: { jobId: aJobId, state: "FAILED", upgradeSavepointPath: LAST_STATE_DUMMY_PATH },
      }),
      facts: someFacts({ flink: flinkFacts("FAILED", checkpoints) }),
    },
    { kind: "fail", message: expect.stringMatching(/Manual restore required\.$/) },
  ],
  [
    "last-state, its main method failed: the HA metadata is as it was (ours)",
    {
      spec: withUpgradeMode("last-state"),
      status: withJobState("FAILED", { jobStatus: restoredFromHa, run: { checkpointId: 7 } }),
      facts: someFacts({ flink: failedMain }),
    },
    { kind: "last-state" },
  ],
  [
    "last-state, its job failed before a task ran (ours: Flink deletes the HA metadata)",
    {
      spec: withUpgradeMode("last-state"),
      status: withJobState("FAILED", { jobStatus: restoredFromHa, run: { checkpointId: 7 } }),
      facts: someFacts({ flink: flinkFacts("FAILED", checkpoints) }),
    },
    { kind: "fail", message: expect.stringMatching(/Manual restore required\.$/) },
  ],
  [
    "last-state, its main method failed after a restart of a run that had state (ours)",
    {
      spec: withUpgradeMode("last-state"),
      status: withJobState("FAILED", { jobStatus: restoredFromHa, run: { checkpointId: 7, stateSince: 1 } }),
      facts: someFacts({ flink: failedMain }),
    },
    { kind: "fail", message: expect.stringMatching(/Manual restore required\.$/) },
  ],
  ["savepoint, not running, HA metadata", { status: withJobState("RESTARTING") }, { kind: "last-state" }],
  [
    "savepoint, not running, fallback switched off",
    { status: withJobState("RESTARTING"), settings: someSettings({ lastStateFallback: false }) },
    { kind: "wait", why: expect.anything() },
  ],
  ["being cancelled", { status: withJobState("CANCELLING") }, { kind: "wait", why: expect.anything() }],
  ["last-state, running, HA metadata", { spec: withUpgradeMode("last-state") }, { kind: "last-state" }],
  [
    "last-state, running, HA metadata, cancel configured",
    { spec: withUpgradeMode("last-state"), settings: someSettings({ jobCancel: true }) },
    { kind: "cancel" },
  ],
  [
    "last-state, running, no HA metadata",
    { spec: withUpgradeMode("last-state"), facts: someFacts(noHa) },
    { kind: "cancel" },
  ],
  [
    "last-state, running, no HA metadata, a cancel would delete the checkpoints (ours)",
    {
      spec: withUpgradeMode("last-state"),
      facts: someFacts(noHa),
      settings: someSettings({ checkpointsRetainedOnCancel: false }),
    },
    { kind: "savepoint" },
  ],
  [
    "last-state, running, the new spec has no HA (ours: HA metadata would be of no use)",
    { spec: withUpgradeMode("last-state"), nextSettings: someSettings({ highAvailability: false }) },
    { kind: "cancel" },
  ],
  [
    "last-state, Flink version changes, running",
    { spec: withUpgradeMode("last-state", { flinkVersion: "v2_2" }) },
    { kind: "savepoint" },
  ],
  [
    "last-state, Flink version changes, restarting",
    { spec: withUpgradeMode("last-state", { flinkVersion: "v2_2" }), status: withJobState("RESTARTING") },
    { kind: "cancel" },
  ],
  [
    "last-state, Flink version changes, JobManager gone",
    {
      spec: withUpgradeMode("last-state", { flinkVersion: "v2_2" }),
      status: withJobState("RECONCILING", { jobManagerDeploymentStatus: "MISSING" }),
    },
    { kind: "wait", why: expect.stringContaining("Flink version") },
  ],
  [
    "last-state, JobManager gone, HA metadata",
    {
      spec: withUpgradeMode("last-state"),
      status: withJobState("RECONCILING", { jobManagerDeploymentStatus: "MISSING" }),
    },
    { kind: "last-state" },
  ],
  [
    "last-state, JobManager gone, no HA metadata",
    {
      spec: withUpgradeMode("last-state"),
      status: withJobState("RECONCILING", { jobManagerDeploymentStatus: "MISSING" }),
      facts: someFacts(noHa),
    },
    { kind: "fail", message: expect.stringContaining("HA metadata is not available") },
  ],
  [
    "last-state, JobManager still starting, no HA metadata",
    {
      spec: withUpgradeMode("last-state"),
      status: withJobState("RECONCILING", { jobManagerDeploymentStatus: "DEPLOYING" }),
      facts: someFacts(noHa),
    },
    { kind: "wait", why: expect.anything() },
  ],
];

describe("the suspend mode of a job", () => {
  test.each(rows)("%s", (_, change, expected) => {
    expect(decideSuspendMode(aSituation(change))).toMatchObject(expected);
  });
});
