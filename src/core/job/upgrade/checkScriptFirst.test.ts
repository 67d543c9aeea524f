import { describe, expect, test } from "vitest";
import type { SqlCheckStatus } from "../../../api/v1beta1/commonStatus.ts";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { deriveSpecHash } from "../../ids.ts";
import { SCRIPT_IS_RIGHT } from "../../sql/checkMessage.ts";
import type { PodFacts } from "../model/facts.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import {
  aSituation,
  aSpec,
  noCluster,
  runningStatus,
  someFacts,
  someSettings,
} from "../situation.fixture.ts";
import { checkScriptBeforeUpgrade, checkScriptFirst, endScriptCheck } from "./checkScriptFirst.ts";

const takenDown: Outcome = {
  status: runningStatus,
  explanation: { act: "Upgrade", reason: "The spec changed.", facts: ["a fact"] },
  events: [],
};
const upgrade = checkScriptFirst(() => takenDown);

const script = (job: FlinkDeploymentSpec["job"] = {}): FlinkDeploymentSpec => ({
  ...aSpec,
  job: { state: "running", upgradeMode: "savepoint", sql: { script: "INSERT" }, ...job },
});
const deployed = { spec: script(), metadata: { firstDeployment: false } };
const upgraded = { type: "UPGRADE", text: "", changes: [] } as unknown as Situation["diff"];
const requests: unknown[] = [];
const build: Situation["build"] = () => ({
  beforeDeployment: [],
  deployment: { metadata: { name: "job" } },
  afterDeployment: () => [],
  sqlCheck: (request) => {
    requests.push(request);
    return {
      pod: { metadata: { name: request.name } },
      configMap: { metadata: { name: request.name } },
    };
  },
});

/** The resource of a situation has a spec of its own: the check is of that one. */
const resource = { metadata: { name: "job", generation: 2 }, spec: script() };
const specHash = deriveSpecHash(resource.spec);
const begun: SqlCheckStatus = { name: "sql-check-job-1", generation: 2, specHash, startedAt: 1_000 };
const pod = (more: Partial<PodFacts> = {}, ended?: { message: string; reason: string }): PodFacts => ({
  name: "sql-check-job-1",
  ip: undefined,
  ready: false,
  deleting: false,
  problem: undefined,
  check: { uid: "pod-1", ended },
  ...more,
});
const situation = (
  sqlCheck: SqlCheckStatus | undefined,
  sqlChecks: readonly PodFacts[] = [],
  more: Partial<Situation> = {},
): Situation =>
  aSituation({
    resource,
    spec: script(),
    deployed,
    diff: upgraded,
    build,
    status: { ...runningStatus, ...(sqlCheck && { sqlCheck }) },
    facts: someFacts({ sqlChecks }),
    ...more,
  });
const concluded = (message: string, reason = "Completed (exit code 0)") =>
  upgrade(situation(begun, [pod({}, { message, reason })]))?.status?.sqlCheck;

describe("before a running SQL job is stopped", () => {
  test("the intent is recorded first, without any action", () => {
    const outcome = upgrade(situation(undefined));
    expect(outcome?.actions).toBeUndefined();
    expect(outcome).toMatchObject({
      status: { sqlCheck: { generation: 2, specHash, startedAt: 2_000 } },
      othersMayAct: true,
      requeueAfterMs: 0,
    });
    expect(outcome?.status?.sqlCheck?.name).toMatch(/^sql-check-job-[0-9a-f]{8}$/);
    expect(outcome?.explanation).toBeUndefined();
  });

  test("then its pod is created, and waited for", () => {
    const name = "sql-check-job-1";
    expect(upgrade(situation(begun))).toMatchObject({
      actions: [{ kind: "start-sql-check", objects: { pod: { metadata: { name } } } }],
    });
    expect(requests.at(-1)).toEqual({ name, deadlineSeconds: 299, running: deployed.spec });
    const waiting = upgrade(situation(begun, [pod()]));
    expect(waiting).toMatchObject({ waitsFor: expect.stringContaining("check of the new SQL script") });
    expect(waiting).not.toHaveProperty("actions");
    expect(waiting?.status).toBeUndefined();
  });

  test.each<[string, Partial<Situation>]>([
    ["stateless", { spec: script({ upgradeMode: "stateless" }) }],
    ["no state yet", { status: { ...runningStatus, sqlCheck: begun, run: {} } }],
    ["a redeployment", { diff: { type: "SAVEPOINT_REDEPLOY" } as Situation["diff"] }],
  ])("nothing is compared: %s", (_, more) => {
    upgrade(situation(begun, [], more));
    expect(requests.at(-1)).toMatchObject({ running: undefined });
  });

  test("the result is recorded before anything follows from it", () => {
    expect(concluded(SCRIPT_IS_RIGHT)).toEqual({ ...begun, endedAt: 2_000 });
    expect(concluded('{"sql":{"message":"sql: line 1, column 2: x"}}')).toEqual({
      ...begun,
      endedAt: 2_000,
      problem: "sql: line 1, column 2: x",
    });
    expect(concluded("", "Evicted: no memory")).toEqual({
      ...begun,
      endedAt: 2_000,
      failure: "its pod ended with Evicted: no memory",
    });
    expect(concluded("no class\n", "Error (exit code 1)")?.failure).toBe(
      "its pod ended with Error (exit code 1): no class",
    );
  });

  test("a right script goes on", () => {
    expect(upgrade(situation({ ...begun, endedAt: 1_500 }))).toBe(takenDown);
  });

  test("another spec is checked anew", () => {
    const earlier = { ...begun, specHash: "other", endedAt: 1_500 };
    expect(upgrade(situation(earlier))?.status?.sqlCheck).toMatchObject({ specHash, startedAt: 2_000 });
  });

  test("no secret of a message is stored, and one line of a log is enough", () => {
    const log =
      "NOTE: Picked up JDK_JAVA_OPTIONS: -Djavax.net.ssl.keyStorePassword=hunter2\n" +
      'Exception in thread "main" java.lang.IllegalStateException: token=hunter2\n\tat flink.SqlJob.main(SqlJob.java:1)\n';
    expect(concluded(log, "Error (exit code 1)")?.failure).toBe(
      'its pod ended with Error (exit code 1): Exception in thread "main" java.lang.IllegalStateException: token=******',
    );
    const unknown = JSON.stringify({ checked: { unknown: "password=hunter2" } });
    for (const message of ['{"sql":{"message":"sql: password=hunter2"}}', unknown])
      expect(JSON.stringify(concluded(message))).not.toContain("hunter2");
    const running = [{ id: "a", description: "Source(password=hunter2)" }];
    const losing = concluded(JSON.stringify({ checked: { running, next: [] } }));
    expect(losing?.stateLosses?.join()).toContain("password=******");
    const waiting = pod({ unschedulable: "token=hunter2" });
    expect(upgrade(situation(begun, [waiting]))?.waitsFor).not.toContain("hunter2");
  });

  test("a refused pod is a result at once", () => {
    const refused = (name: string) => ({
      unsent: new Set<string>(),
      cancelled: undefined,
      refusedCheck: { name, message: `pods "${name}" is forbidden` },
    });
    const whereRefused = (name: string) =>
      upgrade(situation(begun, [], { facts: someFacts({ requests: refused(name) }) }));
    expect(whereRefused("sql-check-job-1")?.status?.sqlCheck?.failure).toBe(
      'its pod is refused: pods "sql-check" is forbidden',
    );
    expect(whereRefused("sql-check-job-0")?.actions).toHaveLength(1);
  });
});

describe("state that the new script does not go on from", () => {
  const losing = { ...begun, endedAt: 1_500, stateLosses: ["MAX would go on from the state of SUM"] };

  test("is told once if the user allows it", () => {
    const outcome = upgrade(situation(losing, [], { spec: script({ allowNonRestoredState: true }) }));
    expect(outcome?.explanation?.facts).toEqual(["a fact", "MAX would go on from the state of SUM"]);
    expect(outcome?.events).toMatchObject([
      { type: "Normal", reason: "StateDropped", message: expect.stringContaining("MAX"), once: true },
    ]);
  });

  test("is not known: the job is upgraded, and the decision and a warning say so", () => {
    const outcome = upgrade(situation({ ...begun, endedAt: 1_500, uncompared: "a file is gone" }));
    expect(outcome?.explanation?.facts?.[1]).toContain("was not compared: a file is gone");
    expect(outcome?.events).toMatchObject([
      {
        type: "Warning",
        reason: "StateNotCompared",
        message: expect.stringContaining("a file is gone"),
        once: true,
      },
    ]);
  });
});

describe("a check without a result", () => {
  const late = { now: 1_000 + 300_000 };

  test("does not end in time: what the pod waits for is said", () => {
    const waiting = pod({ unschedulable: "0/3 nodes are available" });
    expect(upgrade(situation(begun, [waiting]))?.waitsFor).toContain("0/3 nodes are available");
    expect(upgrade(situation(begun, [waiting], late))?.status?.sqlCheck).toEqual({
      ...begun,
      endedAt: 301_000,
      failure: "it did not end within 300 s: 0/3 nodes are available",
    });
  });

  const failed = { ...begun, endedAt: 301_000, failure: "it did not end within 300 s" };

  test("leaves the job as it is, and says why", () => {
    const outcome = upgrade(situation(failed, [], { now: 301_000 }));
    expect(outcome).toMatchObject({
      events: [{ type: "Warning", reason: "UpgradeFailed" }],
      requeueAfterMs: 60_000,
      othersMayAct: true,
    });
    expect(outcome?.status?.error).toContain("The job stays as it is");
  });

  test("is repeated after a while, under another name, and the error stays", () => {
    const outcome = upgrade(situation(failed, [], { now: 361_000 }));
    expect(outcome?.status).toMatchObject({
      error: expect.stringContaining("The job stays as it is"),
      sqlCheck: { startedAt: 361_000 },
    });
    expect(outcome?.status?.sqlCheck?.name).not.toBe(begun.name);
    expect(outcome?.status?.sqlCheck?.failure).toBeUndefined();
    // Its name is forgotten now, and its pod may never have been seen.
    expect(outcome?.actions).toEqual([{ kind: "delete-sql-check", name: begun.name, uid: undefined }]);
  });
});

const down = {
  ...runningStatus,
  jobManagerDeploymentStatus: "DEPLOYED_NOT_READY",
  jobStatus: { ...runningStatus.jobStatus, state: "RECONCILING" },
  run: { stateSince: 500 },
} as const;

test("a job whose JobManager restarts is not stopped without a check", () => {
  expect(upgrade(situation(undefined, [], { status: down }))?.status?.sqlCheck).toBeDefined();
});

test.each<[string, Partial<Situation>]>([
  ["is switched off", { nextSettings: someSettings({ sqlCheckTimeoutMs: undefined }) }],
  ["of a job that is to be suspended", { spec: script({ state: "suspended" }) }],
  ["of a job that is no script any more", { spec: aSpec }],
  ["of a suspended job", { deployed: { ...deployed, spec: script({ state: "suspended" }) } }],
  ["of a job that has failed", { status: { ...runningStatus, jobStatus: { state: "FAILED" } } }],
  [
    "of a job whose JobManager is lost",
    { status: { ...down, jobManagerDeploymentStatus: "MISSING" }, facts: someFacts(noCluster) },
  ],
  ["of a job that has never come up", { status: { ...down, run: {} } }],
])("there is no check %s", (_, more) => {
  expect(upgrade(situation(undefined, [], more))).toBe(takenDown);
});

test("there is no check while the step itself waits", () => {
  const waiting: Outcome = { waitsFor: "the job to run" };
  expect(checkScriptFirst(() => waiting)(situation(undefined))).toBe(waiting);
});

test("a redeployment that waits for its check is not taken for an upgrade", () => {
  const diff = { type: "SAVEPOINT_REDEPLOY" } as Situation["diff"];
  expect(checkScriptBeforeUpgrade(() => takenDown)(situation(begun, [], { diff }))).toBeUndefined();
});

describe("the objects of a check", () => {
  const deleted = { kind: "delete-sql-check", name: "sql-check-job-1", uid: "pod-1" };

  test("stay while it is waited for", () => {
    expect(endScriptCheck(situation(begun, [pod()]))).toBeUndefined();
    expect(endScriptCheck(situation(undefined))).toBeUndefined();
  });

  test("go when it has a result, which stays", () => {
    const outcome = endScriptCheck(situation({ ...begun, endedAt: 1_500 }, [pod()]));
    expect(outcome).toEqual({ actions: [deleted], othersMayAct: true });
    expect(
      endScriptCheck(situation({ ...begun, endedAt: 1_500 }, [pod({ deleting: true })])),
    ).toBeUndefined();
    expect(endScriptCheck(situation({ ...begun, endedAt: 1_500 }))).toBeUndefined();
  });

  test.each<[string, Partial<Situation>]>([
    ["a newer edit", { resource: { ...resource, spec: script({ parallelism: 7 }) } }],
    ["an edit that was taken back", { diff: { type: "IGNORE" } as Situation["diff"] }],
  ])("go, and are forgotten, after %s", (_, more) => {
    const outcome = endScriptCheck(situation(begun, [pod()], more));
    expect(outcome?.actions).toEqual([deleted]);
    expect(outcome?.status).not.toHaveProperty("sqlCheck");
    expect(endScriptCheck(situation(begun, [], more))?.actions).toEqual([{ ...deleted, uid: undefined }]);
    const refused = { ...begun, endedAt: 1_500, failure: "its pod is refused" };
    const right = { ...begun, endedAt: 1_500 };
    // The pod may be deleted by another when it has ended.
    for (const check of [refused, right])
      expect(endScriptCheck(situation(check, [], more))?.actions).toEqual([{ ...deleted, uid: undefined }]);
  });

  test("go, and the result stays, if the script is refused", () => {
    const refused = { ...begun, endedAt: 1_500, problem: "sql: x" };
    const more: Partial<Situation> = {
      diff: { type: "IGNORE" } as Situation["diff"],
      deployed: { ...deployed, spec: script({ sql: { script: "INSERT 1" } }) },
    };
    expect(endScriptCheck(situation(refused, [pod()], more))).toEqual({
      actions: [deleted],
      othersMayAct: true,
    });
    expect(endScriptCheck(situation(refused, [], more))).toBeUndefined();
  });

  test("of which the status knows nothing go, too", () => {
    expect(endScriptCheck(situation(undefined, [pod()]))?.actions).toEqual([deleted]);
  });
});
