import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { aSpec, aStatus, withJobSpec } from "../situation.fixture.ts";
import { type StatusChange, statusDelay, statusDelays } from "./statusDelay.ts";

const { none, progress, factsMissing } = statusDelays;

const condition = (type: string, status: string, reason = "Reason") => ({
  type,
  status,
  reason,
  message: reason,
});
const intended: FlinkDeploymentStatus = {
  ...aStatus(withJobSpec({ state: "suspended" }), { state: "UPGRADING", job: { state: "RECONCILING" } }),
  lifecycleState: "UPGRADING",
  jobManagerDeploymentStatus: undefined,
};
const launched: FlinkDeploymentStatus = {
  ...aStatus(aSpec, { job: { state: "RECONCILING" } }),
  lifecycleState: "DEPLOYED",
  jobManagerDeploymentStatus: "DEPLOYING",
  conditions: [condition("Ready", "False", "JobManagerStarting")],
};
const running: FlinkDeploymentStatus = {
  ...launched,
  jobManagerDeploymentStatus: "READY",
  jobStatus: { ...launched.jobStatus, state: "RUNNING" },
};
const stable: FlinkDeploymentStatus = {
  ...running,
  lifecycleState: "STABLE",
  conditions: [condition("Ready", "True", "Running")],
};

const delayOf = (
  before: FlinkDeploymentStatus,
  next: FlinkDeploymentStatus,
  more: Partial<StatusChange> = {},
): number =>
  statusDelay({
    before,
    next,
    actions: [],
    events: [],
    isReadByOthers: false,
    goesOnAtOnce: false,
    factsMissing: false,
    ...more,
  });

const launch = { actions: [{ kind: "delete-config-maps" }, { kind: "launch" }] } as const;
const submitted = { events: [{ type: "Normal", reason: "Submit" }] } as const;
const jobStatusChanged = { events: [{ type: "Normal", reason: "JobStatusChanged" }] } as const;

describe("the status of a launch", () => {
  test("waits: a successor finds the launch by its id", () => {
    expect(delayOf(intended, launched, { ...launch, ...submitted })).toBe(progress);
  });

  test.each<[string, FlinkDeploymentStatus, FlinkDeploymentStatus, Partial<StatusChange>]>([
    ["is a rollback", { ...intended, reconciliationStatus: { state: "ROLLING_BACK" } }, launched, launch],
    ["ends an error", { ...intended, error: "{}" }, launched, launch],
    [
      "has another generation",
      { ...intended, observedGeneration: 2 },
      { ...launched, observedGeneration: 3 },
      launch,
    ],
    ["has a Warning", intended, launched, { ...launch, events: [{ type: "Warning", reason: "Error" }] }],
    ["is only completed", intended, launched, { actions: [{ kind: "expose" }] }],
    [
      "is one of a session cluster, whose jobs read it",
      intended,
      launched,
      { ...launch, isReadByOthers: true },
    ],
  ])("is written at once where it %s", (_, before, next, more) => {
    expect(delayOf(before, next, more)).toBe(none);
  });
});

describe("what is observed of a start", () => {
  test.each<[string, FlinkDeploymentStatus, Partial<StatusChange>]>([
    [
      "that the JobManager does not answer yet",
      { ...launched, jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" },
      {},
    ],
    ["why it is not ready", { ...launched, conditions: [condition("Ready", "False", "JobNotRunning")] }, {}],
    [
      "that the job is CREATED",
      {
        ...launched,
        jobManagerDeploymentStatus: "READY",
        jobStatus: {
          ...launched.jobStatus,
          state: "CREATED",
          updateTime: "1",
          startTime: "1",
          jobName: "job",
        },
      },
      jobStatusChanged,
    ],
    ["CPU and memory", { ...launched, clusterInfo: { "total-cpu": "1.0" } }, {}],
    ["the number of TaskManagers", { ...launched, taskManager: { labelSelector: "a=b", replicas: 2 } }, {}],
  ])("waits: %s", (_, next, more) => {
    expect(delayOf(launched, next, more)).toBe(progress);
  });

  test.each<[string, FlinkDeploymentStatus, Partial<StatusChange>]>([
    ["that the job is RUNNING", running, jobStatusChanged],
    ["that the job has failed", { ...launched, jobStatus: { ...launched.jobStatus, state: "FAILED" } }, {}],
    ["an error", { ...launched, error: "{}" }, {}],
    ["a problem of the JobManager", { ...launched, jobManagerDeploymentStatus: "ERROR" }, {}],
    ["a JobManager that is gone", { ...launched, jobManagerDeploymentStatus: "MISSING" }, {}],
    ["a condition", { ...launched, conditions: [condition("Ready", "True")] }, {}],
    [
      "a new condition",
      { ...launched, conditions: [condition("Ready", "False"), condition("Effective", "False")] },
      {},
    ],
    ["a generation", { ...launched, observedGeneration: 99 }, {}],
    [
      "an intent",
      { ...launched, jobStatus: { ...launched.jobStatus, savepointInfo: { triggerId: "t" } } },
      {},
    ],
    ["the state of a run", { ...launched, run: { stateSince: 1 } }, {}],
    ["a Warning", { ...launched, clusterInfo: {} }, { events: [{ type: "Warning", reason: "Error" }] }],
    ["any other Event", { ...launched, clusterInfo: {} }, submitted],
    ["what an action leads to", { ...launched, clusterInfo: {} }, { actions: [{ kind: "add-finalizer" }] }],
  ])("is written at once: %s", (_, next, more) => {
    expect(delayOf(launched, next, more)).toBe(none);
  });
});

describe("a job that runs, at the moment at which it is stable", () => {
  test("waits a second for what is still asked for", () => {
    expect(delayOf(running, stable, { factsMissing: true })).toBe(factsMissing);
    expect(delayOf(launched, stable, { factsMissing: true, ...jobStatusChanged })).toBe(factsMissing);
    const decisions = [{ act: "Upgrade" as const, generation: 1 }];
    const ended = { ...stable, decisions: [{ ...decisions[0], runningAt: "2026-01-01T00:00:00Z" }] };
    expect(delayOf({ ...running, decisions }, ended, { factsMissing: true })).toBe(factsMissing);
    expect(delayOf(running, { ...stable, decisions }, { factsMissing: true })).toBe(none);
  });

  test("is written at once where nothing is, or where the status says more", () => {
    expect(delayOf(running, stable)).toBe(none);
    expect(delayOf(running, { ...stable, error: "{}" }, { factsMissing: true })).toBe(none);
    expect(delayOf(running, { ...stable, observedGeneration: 99 }, { factsMissing: true })).toBe(none);
    const intent = { ...stable, jobStatus: { ...stable.jobStatus, savepointInfo: { triggerId: "t" } } };
    expect(delayOf(running, intent, { factsMissing: true })).toBe(none);
  });
});

test("what the next decision begins with at once is written at once", () => {
  const now = { goesOnAtOnce: true };
  expect(delayOf(launched, { ...launched, clusterInfo: { "total-cpu": "1.0" } }, now)).toBe(none);
  expect(delayOf(running, stable, { ...now, factsMissing: true })).toBe(none);
  expect(delayOf(intended, launched, { ...now, ...launch })).toBe(none);
});

describe("the status of a resource that is being deleted", () => {
  const deleting: FlinkDeploymentStatus = {
    ...stable,
    lifecycleState: "DELETING",
    conditions: [condition("Ready", "False", "Deleting"), condition("Running", "True")],
  };
  const cancelled = { ...deleting.jobStatus, state: "CANCELED" } as const;

  test.each<[string, FlinkDeploymentStatus]>([
    [
      "that the job is cancelled",
      {
        ...deleting,
        jobStatus: cancelled,
        conditions: [condition("Ready", "False"), condition("Running", "False")],
      },
    ],
    ["that the JobManager is gone", { ...deleting, jobManagerDeploymentStatus: "MISSING" }],
    [
      "what is waited for",
      { ...deleting, conditions: [condition("Ready", "False", "Waiting"), condition("Running", "True")] },
    ],
  ])("waits: %s", (_, next) => {
    expect(delayOf(deleting, next)).toBe(progress);
  });

  test.each<[string, FlinkDeploymentStatus, FlinkDeploymentStatus, Partial<StatusChange>]>([
    ["that it is being deleted", stable, deleting, {}],
    ["that it is stuck", deleting, { ...deleting, conditions: [condition("Stalled", "True")] }, {}],
    ["an error", deleting, { ...deleting, error: "{}" }, {}],
    [
      "a savepoint",
      deleting,
      { ...deleting, jobStatus: { ...cancelled, savepointInfo: { triggerId: "t" } } },
      {},
    ],
    ["an Event", deleting, { ...deleting, jobStatus: cancelled }, jobStatusChanged],
    [
      "what an action leads to",
      deleting,
      { ...deleting, jobStatus: cancelled },
      { actions: [{ kind: "cancel" }] },
    ],
  ])("is written at once: %s", (_, before, next, more) => {
    expect(delayOf(before, next, more)).toBe(none);
  });
});
