import { describe, expect, it, test } from "vitest";
import type { SubmissionFacts } from "../../api/flinkFacts.ts";
import type { SqlCheckStatus } from "../../api/v1beta1/commonStatus.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { deriveSpecHash } from "../ids.ts";
import type { Action } from "../job/model/decision.ts";
import type { Outcome, Situation } from "../job/model/situation.ts";
import { runningStatus, someSettings } from "../job/situation.fixture.ts";
import { checkScriptBeforeUpgrade, checkScriptFirst } from "./checkScriptFirst.ts";
import { aSessionJobSituation, sessionJobFacts, withSessionJob } from "./situation.fixture.ts";

const takenDown: Outcome = {
  status: runningStatus,
  explanation: { act: "Upgrade", reason: "The spec changed." },
};
const upgrade = checkScriptFirst(() => takenDown);

const withScript = (script: string, more: object = {}): FlinkDeploymentSpec =>
  withSessionJob({ jarURI: undefined, sql: { script }, ...more });
const before = withScript("INSERT INTO a SELECT SUM(v) FROM b");
const after = withScript("INSERT INTO a SELECT MAX(v) FROM b");

/** What the fixture submits, with the script of each spec as its argument. */
const submissionOf =
  ({ job }: FlinkDeploymentSpec): NonNullable<Situation["submission"]> =>
  ({ jobId = "" }) => ({
    jarURI: undefined,
    headers: new Map(),
    deadlineMs: 1,
    run: {
      flinkVersion: "v2_3",
      jobId,
      entryClass: "flink.operator.sql.SqlJob",
      programArgs: [job?.sql?.script ?? "none"],
      parallelism: 2,
      savepointPath: "/savepoint",
      flinkConfiguration: { a: "b" },
    },
  });

function edited(more: Partial<Situation> = {}, scriptCheck?: SubmissionFacts): Situation {
  const spec = more.spec ?? after;
  const deployed = more.deployed ?? { spec: before, metadata: { firstDeployment: false } };
  const situation = aSessionJobSituation({
    spec,
    deployed,
    facts: sessionJobFacts({ scriptCheck }),
    submission: submissionOf(spec),
    ...more,
  });
  return {
    ...situation,
    resource: { ...situation.resource, spec },
    asDeployed: { ...situation.asDeployed, submission: submissionOf(deployed.spec) },
  };
}

const checkIn = (outcome: Outcome | undefined): Extract<Action, { kind: "check-script" }> => {
  const [action] = outcome?.actions ?? [];
  if (action?.kind !== "check-script") throw new Error("no check");
  return action;
};
const { jobId } = checkIn(upgrade(edited())).submission.run;
const answered = (answer: object): SubmissionFacts => ({
  jobId,
  state: "accepted",
  at: 1,
  answer: JSON.stringify(answer),
});
const failed = (at: number): SubmissionFacts => ({
  jobId,
  state: "failed",
  at,
  tries: 1,
  certain: true,
  error: "HTTP 503",
});
const result = (check: SqlCheckStatus) => ({
  ...runningStatus,
  sqlCheck: { specHash: deriveSpecHash(after), ...check },
});

const configuration = JSON.stringify({ a: "b", "parallelism.default": "2" });

describe("the check", () => {
  it("is begun once, while the job runs on", () => {
    const begun = upgrade(edited());
    expect(begun).toMatchObject({ othersMayAct: true });
    expect(begun?.status).toBeUndefined();
    const running = upgrade(edited({}, { jobId, state: "running", tries: 0 }));
    expect(running).toEqual({ waitsFor: begun?.waitsFor, othersMayAct: true, prepares: true });
  });

  it("compares with the running script, each with its own configuration, and restores nothing", () => {
    const { submission } = checkIn(upgrade(edited()));
    expect(submission.deadlineMs).toBe(300_000);
    expect(submission.run).toEqual({
      flinkVersion: "v2_3",
      jobId,
      entryClass: "flink.operator.sql.SqlJob",
      programArgs: [
        ...["--check", "--answer", "--configuration", configuration, after.job?.sql?.script],
        ...["--running", "", "--configuration", configuration, before.job?.sql?.script],
      ],
      flinkConfiguration: {},
    });
  });

  test.each<[string, Partial<Situation>]>([
    ["a job that keeps no state", { spec: withScript("INSERT", { upgradeMode: "stateless" }) }],
    [
      "a job that was no script",
      { deployed: { spec: withSessionJob({}), metadata: { firstDeployment: false } } },
    ],
  ])("compares nothing: %s", (_, more) => {
    expect(checkIn(upgrade(edited(more))).submission.run.programArgs).not.toContain("--running");
  });

  it("is of one edit of one deployed spec", () => {
    const idOf = (more: Partial<Situation>) => checkIn(upgrade(edited(more))).submission.run.jobId;
    expect(idOf({ generation: 99 })).not.toBe(jobId);
    expect(idOf({ spec: withScript("INSERT") })).not.toBe(jobId);
    expect(idOf({ deployed: { spec: withScript("INSERT"), metadata: { firstDeployment: false } } })).not.toBe(
      jobId,
    );
  });

  test.each<[string, Partial<Situation>]>([
    ["is switched off", { nextSettings: someSettings({ sqlCheckTimeoutMs: undefined }) }],
    ["is not for a job that is to be suspended", { spec: withScript("INSERT", { state: "suspended" }) }],
    ["is not for a jar", { spec: withSessionJob({}) }],
    [
      "is not for a job that has ended",
      { status: { ...runningStatus, jobStatus: { ...runningStatus.jobStatus, state: "FAILED" } } },
    ],
  ])("%s", (_, more) => {
    expect(upgrade(edited(more))).toBe(takenDown);
  });

  it("is not begun while the step itself waits", () => {
    const waiting: Outcome = { waitsFor: "the job to run" };
    expect(checkScriptFirst(() => waiting)(edited())).toBe(waiting);
  });

  it("of a redeployment is that of redeploy alone", () => {
    const redeployed = edited({ diff: { type: "SAVEPOINT_REDEPLOY", changes: [] } as unknown as never });
    expect(checkScriptBeforeUpgrade(() => takenDown)(redeployed)).toBeUndefined();
    expect(checkScriptBeforeUpgrade(() => takenDown)(edited())).toMatchObject({ othersMayAct: true });
  });
});

const named = [{ configMapKeyRef: { name: "orders", key: "a.sql" } }];
const referring = withSessionJob({ jarURI: undefined, sql: { scriptFrom: named } });

describe("a script that refers to ConfigMaps", () => {
  const status = (endedAt: number) => ({
    ...runningStatus,
    sqlCheck: { specHash: deriveSpecHash(referring), endedAt },
  });
  const now = 100_000;

  it("is checked again if its result is older than the ConfigMaps may be", () => {
    expect(upgrade(edited({ spec: referring, status: status(now - 30_000), now }))).toEqual(takenDown);
    const stale = edited({ spec: referring, status: status(now - 30_001), now });
    const { submission } = checkIn(upgrade(stale));
    const { jobId } = submission.run;
    const old: SubmissionFacts = { jobId, state: "accepted", at: now - 30_001, answer: '{"checked":{}}' };
    expect(checkIn(upgrade({ ...stale, facts: sessionJobFacts({ scriptCheck: old }) }))).toBeDefined();
    const fresh = upgrade({ ...stale, facts: sessionJobFacts({ scriptCheck: { ...old, at: now } }) });
    expect(fresh?.status?.sqlCheck).toMatchObject({ endedAt: now });
    // A script of the spec is as it was.
    expect(upgrade(edited({ status: result({ endedAt: 1 }), now }))).toEqual(takenDown);
  });

  it("is compared by what the running one was submitted with", () => {
    const run = { stateSince: 1, sqlTexts: "hash" };
    const given = edited({ status: { ...runningStatus, run } });
    expect(checkIn(upgrade(given)).submission.runningTexts).toBe("hash");
    const notCompared = edited({
      spec: withScript("INSERT", { upgradeMode: "stateless" }),
      status: { ...runningStatus, run },
    });
    expect(checkIn(upgrade(notCompared)).submission).not.toHaveProperty("runningTexts");
  });
});

describe("a check that was not answered in time", () => {
  const late = (timeouts: number): SubmissionFacts => ({
    jobId,
    state: "failed",
    at: 0,
    // The others had another reason.
    tries: timeouts + 1,
    certain: false,
    timeouts,
    error: "not done within 300 s",
  });

  test.each([
    [1, 300_000],
    [2, 600_000],
    [9, 3_600_000],
  ])("for the %ith time is repeated after %i ms", (timeouts, pauseMs) => {
    expect(upgrade(edited({ now: 0 }, late(timeouts)))?.requeueAfterMs).toBe(pauseMs);
    expect(upgrade(edited({ now: pauseMs - 1 }, late(timeouts)))?.actions).toBeUndefined();
    expect(checkIn(upgrade(edited({ now: pauseMs }, late(timeouts))))).toBeDefined();
  });
});

describe("its result", () => {
  it("is kept in the status, from where a refused script is told", () => {
    const wrong = upgrade(edited({ now: 7 }, answered({ sql: { message: "sql: line 1, column 2: x" } })));
    expect(wrong).toMatchObject({ othersMayAct: true, requeueAfterMs: 0 });
    expect(wrong?.actions).toBeUndefined();
    expect(wrong?.status?.sqlCheck).toEqual({
      generation: edited().generation,
      specHash: deriveSpecHash(after),
      endedAt: 7,
      problem: "sql: line 1, column 2: x",
    });
  });

  it("lets a right script go on", () => {
    const right = upgrade(edited({}, answered({ checked: { running: [], next: [] } })));
    expect(right?.status?.sqlCheck).not.toHaveProperty("problem");
    expect(upgrade(edited({ status: result({ endedAt: 1 }) }))).toEqual(takenDown);
  });

  it("tells the state that the user accepts to lose", () => {
    const stateLosses = ["MAX(v) would go on from the state of SUM(v)"];
    const told = upgrade(edited({ status: result({ endedAt: 1, stateLosses }) }));
    expect(told).toMatchObject({
      explanation: { act: "Upgrade", facts: stateLosses },
      events: [{ type: "Normal", reason: "StateDropped" }],
    });
  });

  it("of another spec does not count", () => {
    const other = { ...runningStatus, sqlCheck: { specHash: "other", endedAt: 1 } };
    expect(checkIn(upgrade(edited({ status: other })))).toBeDefined();
  });

  it("is tried again where there was none, and the job stays as it is", () => {
    const reported = upgrade(edited({ now: 1 }, failed(1)));
    expect(reported?.status?.error).toContain("could not be checked: HTTP 503");
    expect(reported?.events).toMatchObject([{ type: "Warning", reason: "UpgradeFailed" }]);
    expect(reported?.actions).toBeUndefined();
    expect(reported?.status?.sqlCheck).toBeUndefined();
    const retried = upgrade(edited({ now: 3_600_000 }, failed(0)));
    expect(checkIn(retried)).toBeDefined();
    expect(retried?.status?.error).toBe(reported?.status?.error);
  });
});
