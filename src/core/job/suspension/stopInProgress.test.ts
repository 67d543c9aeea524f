import { describe, expect, test } from "vitest";
import type { FlinkFacts, JobState, SavepointStatus } from "../../../api/flinkFacts.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { decide, Input } from "../decide.ts";
import type { Facts } from "../model/facts.ts";
import {
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

const triggerId = "t".repeat(32);
const asked = { triggerId, triggerTimestamp: 90_000, triggerType: "UPGRADE", formatType: "NATIVE" } as const;
const next = withJobSpec({ args: ["new"] });
const at = 95_000;

/** A stop that was intended at 90 s, observed at 100 s. */
const stopping = (
  facts: Partial<Facts>,
  spec = next,
  more: Partial<Input> = {},
  savepointInfo: object = asked,
) => decideFlinkDeployment(anInput(aResource(spec, aStatus(aSpec, { job: { savepointInfo } })), facts, more));

const trigger = (
  status: SavepointStatus,
  state: JobState = "RUNNING",
  more: Partial<FlinkFacts> = {},
): Partial<Facts> => ({
  flink: flinkFacts(state, { savepoint: { jobId: aJobId, triggerId, at, status }, ...more }),
});
const completed = trigger({ state: "completed", location: "file:/sp-1" }, "FINISHED", checkpointFacts());
const failure = {
  className: "java.lang.Exception",
  stackTrace: "java.lang.Exception: disk full\n\tat a.b.C.d(C.java:1)",
};
const specOf = ({ status }: ReturnType<typeof decide>) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;

describe("a stop with savepoint", () => {
  test("is requested with the id in the status, without drain", () => {
    expect(stopping(trigger({ state: "unknown" })).actions).toEqual([
      {
        kind: "stop-with-savepoint",
        jobId: aJobId,
        triggerId,
        targetDirectory: "file:///savepoints",
        formatType: "NATIVE",
        drain: false,
      },
    ]);
  });

  test("is not requested while tasks still start, because Flink would refuse it", () => {
    const facts = trigger({ state: "unknown" });
    const jobs = facts.flink?.jobs?.map((job) => ({ ...job, tasks: { running: 1, total: 3 } }));
    const starting = { ...facts, flink: facts.flink && { ...facts.flink, jobs } };
    expect(stopping(starting).actions).toEqual([]);
  });

  test.each<[string, Partial<Facts>]>([
    ["nothing is known of the trigger yet", { flink: flinkFacts("RUNNING") }],
    [
      "what is known is of another trigger",
      {
        flink: flinkFacts("RUNNING", {
          savepoint: { jobId: aJobId, triggerId: "old", at, status: { state: "unknown" } },
        }),
      },
    ],
    ["it is under way", trigger({ state: "in-progress" })],
    [
      "it is under way and the job has ended already",
      trigger({ state: "in-progress" }, "FINISHED", checkpointFacts()),
    ],
    ["the operator has just started", { flink: undefined }],
    ["its JobManager is restarting", { flink: undefined, jobManagerPods: [] }],
    [
      "the job has ended, and its last checkpoint is not reported yet",
      trigger({ state: "unknown" }, "FINISHED"),
    ],
    ["the job restarts just now", trigger({ state: "unknown" }, "RESTARTING")],
  ])("is waited for while %s", (_, facts) => {
    const { actions, status } = stopping(facts);
    expect(actions).toEqual([]);
    expect(status.jobStatus?.savepointInfo).toMatchObject({ triggerId });
  });

  test("that is complete passes its path to the launch of the new spec, and to the history", () => {
    const decision = stopping(completed);
    expect(decision.status).toMatchObject({
      observedGeneration: 2,
      jobStatus: {
        state: "FINISHED",
        upgradeSavepointPath: "file:/sp-1",
        savepointInfo: {
          lastSavepoint: { location: "file:/sp-1", triggerType: "UPGRADE", formatType: "NATIVE" },
        },
      },
      reconciliationStatus: { state: "UPGRADING" },
    });
    expect(decision.status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    expect(decision.status.jobStatus?.savepointInfo?.savepointHistory).toHaveLength(1);
    expect(specOf(decision)?.job).toMatchObject({
      args: ["new"],
      state: "suspended",
      upgradeMode: "savepoint",
    });
    expect(decision.requeueAfterMs).toBe(0);
  });

  test.each([
    [
      "edited once more meanwhile",
      withJobSpec({ args: ["newer"] }),
      { args: ["newer"], upgradeMode: "savepoint" },
    ],
    ["taken back meanwhile: the job has been stopped all the same", aSpec, { upgradeMode: "savepoint" }],
    [
      "changed to stateless meanwhile",
      withJobSpec({ upgradeMode: "stateless" }),
      { upgradeMode: "stateless" },
    ],
    [
      "changed to last-state meanwhile",
      withJobSpec({ upgradeMode: "last-state" }),
      { upgradeMode: "savepoint" },
    ],
  ])("is used for a spec that was %s", (_, spec, job) => {
    const decision = stopping(completed, spec);
    expect(decision.status.reconciliationStatus?.state).toBe("UPGRADING");
    expect(specOf(decision)?.job).toMatchObject({ ...job, state: "suspended" });
  });

  test("of a spec that became invalid restores the old job", () => {
    const configure: Input["configure"] = (spec, deployed) => ({
      ...anInput(aResource(spec, undefined)).configure(spec, deployed),
      error: spec === next ? { field: "spec.job", message: "is wrong" } : undefined,
    });
    const decision = stopping(completed, next, { configure });
    expect(specOf(decision)?.job).toMatchObject({ state: "suspended", upgradeMode: "savepoint" });
    expect(specOf(decision)?.job?.args ?? []).toEqual([]);
  });

  test("to suspend is complete and stable at once", () => {
    const decision = stopping(completed, withJobSpec({ state: "suspended" }));
    expect(decision.status).toMatchObject({
      lifecycleState: "SUSPENDED",
      jobStatus: { upgradeSavepointPath: "file:/sp-1" },
    });
    expect(decision.status.reconciliationStatus).toMatchObject({ state: "DEPLOYED" });
    expect(decision.status.reconciliationStatus?.lastStableSpec).toBe(
      decision.status.reconciliationStatus?.lastReconciledSpec,
    );
  });

  test("that failed is reported once, and retried after a pause with another id", () => {
    const failed = stopping(trigger({ state: "failed", failure }));
    expect(failed.events).toMatchObject([
      { reason: "SavepointError", message: "Savepoint failed: java.lang.Exception: disk full" },
    ]);
    expect(failed.status.jobStatus?.savepointInfo).toEqual({ triggerTimestamp: 90_000 });
    const resource = aResource(next, failed.status);
    const running = { flink: flinkFacts("RUNNING") };
    const waiting = decideFlinkDeployment(anInput(resource, running, { now: 110_000 }));
    expect(waiting).toMatchObject({ actions: [], events: [], requeueAfterMs: 40_000 });
    const repeated = decideFlinkDeployment(anInput(resource, running, { now: 151_000 }));
    expect(repeated.actions.map(({ kind }) => kind)).toEqual(["dry-run"]);
    expect(repeated.status.jobStatus?.savepointInfo?.triggerId).not.toBe(triggerId);
  });

  const between = (words: string, cause = "", more: Partial<FlinkFacts> = {}) =>
    trigger(
      {
        state: "failed",
        failure: {
          className: "a.B",
          stackTrace: `org.apache.flink.util.FlinkException: ${words}\n\tat a.b.C.d(C.java:1)${cause}`,
        },
      },
      "RUNNING",
      more,
    );
  const wrapper = "Stop with savepoint operation could not be completed.";

  test.each([
    "Checkpoint triggering task Source: numbers (1/1) of job a is not being executed at the moment.",
    "The Flink job is currently not executing. Failure reason: Trigger checkpoint failure.",
    wrapper,
  ])("that comes between two starts of the tasks is tried again at once, under another id: %s", (words) => {
    const failed = stopping(between(words));
    expect(failed).toMatchObject({ events: [], requeueAfterMs: 0 });
    expect(failed.status.error).toBeUndefined();
    const { savepointInfo } = failed.status.jobStatus ?? {};
    expect(savepointInfo).toMatchObject({ triggerType: "UPGRADE", triggerTimestamp: 90_000 });
    const again = savepointInfo?.triggerId ?? "";
    expect(again).not.toBe(triggerId);
    const flink = flinkFacts("RUNNING");
    const requests = { unsent: new Set([again]), cancelled: undefined };
    const sent = decideFlinkDeployment(
      anInput(aResource(next, failed.status), { flink, requests }, { now: 110_000 }),
    );
    expect(sent.actions).toMatchObject([{ kind: "stop-with-savepoint", triggerId: again }]);
  });

  const failedAt = (timestamp: number) => ({
    name: "java.io.IOException",
    stackTrace: "java.io.IOException: disk full",
    timestamp,
    taskName: undefined,
    endpoint: undefined,
    taskManagerId: undefined,
    failureLabels: {},
  });
  test.each<[string, Partial<Facts>, number]>([
    [
      "has a cause, which the adaptive scheduler wraps",
      between(wrapper, "\nCaused by: java.io.IOException: disk full\n\tat a.b.C.d(C.java:1)"),
      100_000,
    ],
    [
      "comes with a failure of the job",
      between(wrapper, "", { exceptions: { jobId: aJobId, at: 100_000, list: [failedAt(95_000)] } }),
      100_000,
    ],
    ["has come again and again for 30 s", between(wrapper), 120_000],
  ])("whose failure %s is reported, and retried after a pause", (_, facts, now) => {
    const { status, events } = stopping(facts, next, { now });
    expect(events.map(({ reason }) => reason)).toContain("SavepointError");
    expect(status.error).toContain("Savepoint failed: ");
    expect(status.jobStatus?.savepointInfo).toEqual({ triggerTimestamp: 90_000 });
  });

  test("that comes between two starts of the tasks is not tried again for an edit that was taken back", () => {
    const { status } = stopping(between(wrapper), aSpec);
    expect(status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    expect(status.error).toBeUndefined();
  });

  test("that its JobManager never received is given up once no request for it can be in flight", () => {
    const unknownTrigger = (now: number, answeredAt: number) =>
      stopping(
        {
          flink: flinkFacts("RUNNING", {
            savepoint: { jobId: aJobId, triggerId, at: answeredAt, status: { state: "unknown" } },
          }),
        },
        next,
        { now },
      );
    expect(unknownTrigger(149_000, 149_000).actions).toHaveLength(1);
    expect(unknownTrigger(151_000, 151_000)).toMatchObject({
      actions: [],
      status: { jobStatus: { savepointInfo: { triggerId } } },
    });
    expect(unknownTrigger(170_000, 164_000).status.jobStatus?.savepointInfo?.triggerId).toBe(triggerId);
    expect(unknownTrigger(170_000, 166_000).status.jobStatus?.savepointInfo).toEqual({
      triggerTimestamp: 90_000,
    });
  });

  test.each<[string, Partial<Facts>, number]>([
    ["its JobManager is gone", noCluster, 100_000],
    ["the job does not come to run", trigger({ state: "unknown" }, "RESTARTING"), 151_000],
    ["its JobManager knows no such job", { flink: flinkFacts("RUNNING", { jobs: [] }) }, 151_000],
  ])("is given up if %s: the next reconcile restores from HA metadata", (_, facts, now) => {
    const { status } = stopping(facts, next, { now });
    expect(status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    const after = decideFlinkDeployment(anInput(aResource(next, status), facts, { now }));
    expect(specOf(after)?.job).toMatchObject({ upgradeMode: "last-state", state: "suspended" });
  });
});

test("a JobManager that restarted without the job that it stopped: the place of the savepoint is unknown", () => {
  const forgotten = { flink: flinkFacts("RUNNING", { jobs: [] }), haConfigMaps: [] };
  const late = { now: asked.triggerTimestamp + 60_000 };
  const { status, actions } = stopping(forgotten, next, late);
  expect(status.error).toContain("the savepoint may be in file:///savepoints, but nobody tells its name");
  expect(status.error).toMatch(/Look for savepoint-[0-9a-f]{6}-\* written after 1970-/);
  expect(status.error).toContain("Manual restore required.");
  expect(actions).toEqual([]);
  expect(status.jobStatus?.savepointInfo?.triggerId).toBe(triggerId);
});

describe("a job that ended while it was to be stopped, with a trigger that its JobManager forgot", () => {
  const forgotten = (checkpoints: Partial<FlinkFacts>) =>
    trigger({ state: "unknown" }, "FINISHED", checkpoints);

  test("is restored from its newest savepoint", () => {
    const latestSavepoint = aSnapshot(9, { isSavepoint: true, externalPath: "file:/sp-9" });
    const { status } = stopping(
      forgotten(checkpointFacts({ latestCompleted: aSnapshot(8), latestSavepoint })),
    );
    expect(status.jobStatus).toMatchObject({
      upgradeSavepointPath: "file:/sp-9",
      savepointInfo: { lastSavepoint: { location: "file:/sp-9" } },
    });
  });

  test("is restored from its newest checkpoint, which is not a savepoint of the operator to clean up", () => {
    const { status } = stopping(forgotten(checkpointFacts({ latestCompleted: aSnapshot(8) })));
    expect(status.jobStatus).toMatchObject({ upgradeSavepointPath: "file:/checkpoints/chk-8" });
    expect(status.jobStatus?.savepointInfo?.lastSavepoint).toBeUndefined();
    expect(status.jobStatus?.savepointInfo?.savepointHistory).toBeUndefined();
  });

  test.each([
    ["none is reported", checkpointFacts()],
    ["the newest was discarded", checkpointFacts({ latestCompleted: aSnapshot(8, { discarded: true }) })],
  ])("requires a manual restore if %s, and never starts from older state", (_, checkpoints) => {
    const decision = stopping(forgotten(checkpoints));
    expect(decision.actions).toEqual([]);
    expect(decision.status.reconciliationStatus?.state).toBe("DEPLOYED");
    expect(decision.status.error).toContain("Manual restore required.");
    const repeated = decideFlinkDeployment(anInput(aResource(next, decision.status), forgotten(checkpoints)));
    expect(repeated.events).toEqual([]);
  });

  test("is given up by a spec that discards its state", () => {
    const stateless = withJobSpec({ upgradeMode: "stateless", args: ["new"] });
    const { status } = stopping(forgotten(checkpointFacts()), stateless);
    expect(status.jobStatus?.savepointInfo?.triggerId).toBeUndefined();
    expect(status.error).toBeUndefined();
  });
});

test("a savepoint that is not for an upgrade stops nothing", () => {
  const { status } = stopping(completed, aSpec, {}, { ...asked, triggerType: "MANUAL" });
  expect(status.jobStatus?.savepointInfo?.lastSavepoint).toMatchObject({ triggerType: "MANUAL" });
  expect(status.reconciliationStatus?.state).toBe("DEPLOYED");
});
