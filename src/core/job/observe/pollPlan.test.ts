import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Action } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import {
  aDeployment,
  aJobId,
  anUid,
  aResource,
  aSituation,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  someFacts,
  someSettings,
  theTaskManagers,
} from "../situation.fixture.ts";
import { isAtRest, pollPlan } from "./pollPlan.ts";

const reported = flinkFacts("RUNNING", {
  taskManagers: { at: 1, list: [{ id: "t", slots: 1, freeSlots: 0 }] },
});
const starting = {
  ...reported,
  jobs: reported.jobs?.map((job) => ({ ...job, tasks: { running: 1, total: 2 } })),
};
const jobs = reported.jobs?.map((job) => ({ ...job, tasks: { total: 1, running: 1 } }));
const complete = someFacts({ flink: { ...reported, jobs } });

const stop = { triggerType: "UPGRADE", triggerId: "t".repeat(32) } as const;

describe("at rest", () => {
  test.each([
    ["the desired spec runs", aStatus(aSpec), true],
    [
      "a suspended job",
      aStatus(aSpec, { job: { state: "FINISHED" }, jobManagerDeploymentStatus: "MISSING" }),
      true,
    ],
    ["an edit waits", aStatus(aSpec, { observedGeneration: 0 }), false],
    ["being upgraded", aStatus(aSpec, { state: "UPGRADING" }), false],
    ["being stopped", aStatus(aSpec, { job: { savepointInfo: stop } }), false],
    ["being deleted", aStatus(aSpec, { lifecycleState: "DELETING" }), false],
    ["the job is not (yet) there", aStatus(aSpec, { job: { state: "RECONCILING" } }), false],
    ["the JobManager is with a problem", aStatus(aSpec, { jobManagerDeploymentStatus: "ERROR" }), false],
  ])("%s", (_, status, expected) => {
    expect(isAtRest(status, aSituation({ facts: complete, generation: 1 }))).toBe(expected);
  });
});

describe("a native session cluster at rest", () => {
  const { job: _, ...session } = aSpec;
  const now = 100_000;
  const pod = (name: string, more: object = {}) => ({
    name,
    ip: undefined,
    ready: true,
    deleting: false,
    problem: undefined,
    runningSince: now - 5_000,
    ...more,
  });
  const isAtRestWith = (...taskManagerPods: Facts["taskManagerPods"]): boolean =>
    isAtRest(
      { ...aStatus(session), jobStatus: undefined },
      aSituation({
        spec: session,
        deployed: { spec: session, metadata: undefined },
        facts: { ...complete, taskManagerPods },
        generation: 1,
        now,
      }),
    );

  test("knows all TaskManagers that run", () => {
    expect(isAtRestWith()).toBe(true);
    expect(isAtRestWith(pod("a"))).toBe(true);
    expect(isAtRestWith(pod("a"), pod("b"))).toBe(false);
  });

  test("waits for none that does not run (yet), is going, or never registers", () => {
    expect(isAtRestWith(pod("a"), pod("b", { runningSince: undefined }))).toBe(true);
    expect(isAtRestWith(pod("a"), pod("b", { deleting: true }))).toBe(true);
    const long = { runningSince: now - 60_000 };
    expect(isAtRestWith(pod("a", long), pod("b", long))).toBe(true);
  });
});

describe("the poll plan", () => {
  const planOf = (status = aStatus(aSpec), facts = complete) =>
    pollPlan(
      aSituation({ generation: 1, facts, settings: someSettings({ statisticsCacheMs: 7_000 }) }),
      status,
    );

  test("a settled job", () => {
    expect(planOf()).toEqual({
      endpoint: { host: "10.0.0.1", port: 8081 },
      deploymentUid: anUid,
      pace: "settled",
      intervalMs: 60_000,
      cacheMs: 7_000,
      jobId: aJobId,
      want: {
        config: false,
        taskManagers: true,
        checkpoints: true,
        exceptions: true,
        metrics: false,
        jobResult: false,
        application: true,
        savepoint: undefined,
      },
    });
  });

  test("asks for the application where Flink shows it: since 2.3, and of an application cluster", () => {
    const asks = (spec: FlinkDeploymentSpec, facts = complete) =>
      pollPlan(aSituation({ spec, deployed: { spec, metadata: undefined }, facts }), aStatus(spec))?.want
        .application;
    expect(asks(aSpec)).toBe(true);
    expect(asks({ ...aSpec, flinkVersion: "v2_2" })).toBeUndefined();
    expect(asks({ ...aSpec, job: undefined })).toBeUndefined();
    expect(asks(aSpec, { ...complete, session: {} as never })).toBeUndefined();
  });

  test.each([
    ["no Deployment", { jobManager: undefined }],
    ["one that is going", { jobManager: { ...aDeployment, deleting: true } }],
    ["no address", { restHost: undefined }],
  ])("is empty: %s", (_, facts) => {
    expect(planOf(aStatus(aSpec), someFacts(facts))).toBeUndefined();
  });

  test.each([
    ["Flink's version is not reported yet", aStatus(aSpec, { clusterInfo: {} }), complete],
    ["not all tasks run", aStatus(aSpec), someFacts({ flink: starting })],
    [
      "no TaskManager is known",
      aStatus(aSpec),
      someFacts({ flink: { ...reported, jobs, taskManagers: undefined } }),
    ],
    [
      "TaskManagers of a standalone cluster are still to come",
      aStatus(aSpec),
      { ...complete, taskManagers: theTaskManagers({ replicas: 2 }) },
    ],
    [
      "TaskManagers of a standalone session cluster are still being deleted",
      { ...aStatus(aSpec), jobStatus: undefined },
      { ...complete, taskManagers: theTaskManagers({ replicas: 0 }) },
    ],
    [
      "what the job was restored from is not reported yet, after its JobManager was started again",
      { ...aStatus(aSpec), newestSnapshot: { jobId: aJobId, path: "s3://c/7", takenAt: 1 } },
      someFacts({ flink: flinkFacts("RUNNING", { checkpoints: undefined }) }),
    ],
    [
      "the last checkpoint is not reported yet",
      aStatus(aSpec, { job: { state: "FINISHED" } }),
      someFacts({ flink: flinkFacts("FINISHED") }),
    ],
    [
      "its failure is not reported yet",
      aStatus(aSpec, { job: { state: "FAILED" } }),
      someFacts({ flink: flinkFacts("FAILED", checkpointFacts()) }),
    ],
  ])("has the short interval while %s", (_, status, facts) => {
    expect(planOf(status, facts)?.pace).toBe("quick");
  });

  test.each(["UPGRADE", "MANUAL", "PERIODIC"] as const)(
    "contains the pending savepoint (%s)",
    (triggerType) => {
      const status = aStatus(aSpec, { job: { savepointInfo: { ...stop, triggerType } } });
      const wanted = (stored: typeof status, facts: Partial<Facts> = {}, actions: readonly Action[] = []) => {
        const resource = aResource(aSpec, stored);
        return pollPlan(aSituation({ resource, facts: { ...complete, ...facts } }), status, { actions })?.want
          .savepoint;
      };
      const requested = { jobId: aJobId, triggerId: stop.triggerId };
      // An earlier process may have sent it.
      expect(wanted(status)).toEqual(requested);
      // This process records it, has recorded it, sends it.
      expect(wanted(aStatus(aSpec))).toBeUndefined();
      const requests = { unsent: new Set([stop.triggerId]), cancelled: undefined };
      expect(wanted(status, { requests })).toBeUndefined();
      const sends = {
        kind: "trigger-savepoint",
        ...requested,
        targetDirectory: undefined,
        formatType: "CANONICAL",
      } as const;
      expect(wanted(status, { requests }, [sends])).toEqual(requested);
    },
  );

  test("contains the result of a job as soon as it is known to have failed, also before the status says so", () => {
    expect(planOf(aStatus(aSpec), someFacts({ flink: flinkFacts("FAILED") }))?.want.jobResult).toBe(true);
  });
});
