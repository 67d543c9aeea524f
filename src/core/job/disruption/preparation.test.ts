import { describe, expect, test } from "vitest";
import type { SubmissionFacts } from "../../../api/flinkFacts.ts";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { SESSION_LABEL } from "../../../api/v1beta1/names.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { decideFlinkSessionJob } from "../../flinksessionjob/decide.ts";
import { sessionJobFacts, withSessionJob } from "../../flinksessionjob/situation.fixture.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts, WaveFacts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { flinkDeploymentKind, flinkSessionJobKind } from "../model/resourceKind.ts";
import type { Situation } from "../model/situation.ts";
import { aConfiguration, anInput, aResource, aStatus, someFacts, withJobSpec } from "../situation.fixture.ts";

/** What comes before the stop of a job, for a change that is no edit: its generation is observed already. */

const settings = { maxUnavailable: { count: 2 }, sqlCheckTimeoutMs: 60_000 };
const startedAt = new Date(100_000).toISOString();
const wave = (disrupted: number, failed = 0): WaveFacts => ({ resources: 10, disrupted, failed });

const submission: NonNullable<Situation["submission"]> = ({ jobId = "" }) => ({
  jarURI: undefined,
  headers: new Map(),
  deadlineMs: 1,
  run: { flinkVersion: "v2_3", jobId, programArgs: [], flinkConfiguration: {} },
});

type Edition = (edition: number) => FlinkDeploymentSpec;

const jar: Edition = (edition) =>
  withJobSpec({ args: [String(edition)], jars: [{ uri: "https://jars.example.com/kafka.jar" }] });
const sql: Edition = (edition) => {
  const { jarURI: _, args: __, ...job } = withJobSpec({ sql: { script: `INSERT ${edition}` } }).job ?? {};
  return { ...withJobSpec({}), job };
};
const sessionJar: Edition = (edition) => withSessionJob({ args: [String(edition)] });
const sessionSql: Edition = (edition) => {
  const { jarURI: _, ...job } = withSessionJob({ sql: { script: `INSERT ${edition}` } }).job ?? {};
  return { ...withSessionJob({}), job };
};

interface Case {
  readonly specOf: Edition;
  readonly isSession: boolean;
  readonly facts?: Partial<Facts>;
  readonly status?: FlinkResourceStatus;
  readonly now?: number;
}

function decided({ specOf, isSession, facts, status, now = 100_000 }: Case): Decision {
  const known = status ?? aStatus(specOf(1), { observedGeneration: 2 });
  const finalizers = [isSession ? flinkSessionJobKind.finalizer : flinkDeploymentKind.finalizer];
  const labels = isSession ? { [SESSION_LABEL]: "session" } : {};
  const resource = aResource(specOf(2), known, { generation: 2, finalizers, labels });
  const base = isSession ? sessionJobFacts() : someFacts();
  const configured = aConfiguration(settings);
  const input = anInput(
    resource,
    { ...base, wave: wave(0), ...facts },
    {
      configure: (...given) => ({ ...configured(...given), submission }),
      now,
    },
  );
  return isSession ? decideFlinkSessionJob(input) : decideFlinkDeployment(input);
}

/** The id of the fetch or check that the decision sends. */
const sentBy = ({ actions }: Decision): string =>
  actions.flatMap((action) => ("submission" in action ? [action.submission.run.jobId ?? ""] : []))[0] ?? "";

const all: [string, Edition, boolean][] = [
  ["the fetch of a jar", jar, false],
  ["the check of a script", sql, false],
  ["the fetch of a session job's jar", sessionJar, true],
  ["the check of a session job's script", sessionSql, true],
];

describe.each(all)("%s", (_, specOf, isSession) => {
  const begun = decided({ specOf, isSession });

  test("takes a place before the job is stopped, and keeps it until then", () => {
    expect(begun.status.jobStatus?.savepointInfo).toBeUndefined();
    expect(begun.status.lifecycleState).toBe("STABLE");
    expect(begun.status.disruption).toMatchObject({ startedAt });
    expect(begun.statusDelayMs).toBe(0);
    const later = decided({
      specOf,
      isSession,
      status: begun.status,
      now: 200_000,
      facts: { wave: wave(1) },
    });
    expect(later.status.disruption).toMatchObject({ startedAt });
    expect(later.waitsForPlaceOf).toBeUndefined();
  });

  test("does not begin without a place", () => {
    const waiting = decided({ specOf, isSession, facts: { wave: wave(2) } });
    expect(waiting.actions).toEqual([]);
    expect(waiting.status.sqlCheck).toBeUndefined();
    expect(waiting.status.disruption).toBeUndefined();
    expect(waiting.waitsForPlaceOf).toBeDefined();
  });

  test("ends, and gives its place back, when the wave stops", () => {
    const stopped = decided({
      specOf,
      isSession,
      status: begun.status,
      now: 200_000,
      facts: { wave: wave(1, 1) },
    });
    expect(stopped.actions.filter(({ kind }) => kind !== "delete-sql-check")).toEqual([]);
    expect(stopped.status.pendingChange).toMatchObject({ waitsFor: "Wave" });
    expect(stopped.status.disruption).toBeUndefined();
  });

  test("takes no place for an edit", () => {
    const status = aStatus(specOf(1), { observedGeneration: 1 });
    const edited = decided({ specOf, isSession, status, facts: { wave: wave(2) } });
    expect(edited.actions.length + (edited.status.sqlCheck === undefined ? 0 : 1)).toBe(1);
    expect(edited.status.disruption).toBeUndefined();
  });
});

test("a jar that cannot be fetched is a failure of the wave, until another attempt begins to stop the job", () => {
  const jobId = sentBy(decided({ specOf: sessionJar, isSession: true }));
  const failed = { jobId, state: "failed", at: 90_000, tries: 1, certain: true, error: "HTTP 404" } as const;
  const failing = decided({ specOf: sessionJar, isSession: true, facts: { jarFetch: failed } });
  expect(failing.status.disruption).toMatchObject({ startedAt, failedAt: startedAt });
  expect(failing.events.map(({ reason }) => reason)).toContain("WaveStopped");
  const accepted: SubmissionFacts = { jobId, state: "accepted", at: 190_000 };
  const facts = { jarFetch: accepted, wave: wave(1) };
  const stopping = decided({
    specOf: sessionJar,
    isSession: true,
    status: failing.status,
    now: 200_000,
    facts,
  });
  expect(stopping.status.jobStatus?.savepointInfo?.triggerType).toBe("UPGRADE");
  expect(stopping.status.disruption).toEqual({ startedAt: new Date(200_000).toISOString() });
});

test("a refused script gives its place back: nothing is to be stopped for it", () => {
  const jobId = sentBy(decided({ specOf: sessionSql, isSession: true }));
  const answer = JSON.stringify({ sql: { message: "no such table" } });
  const checked: SubmissionFacts = { jobId, state: "accepted", at: 90_000, answer };
  const concluded = decided({ specOf: sessionSql, isSession: true, facts: { scriptCheck: checked } });
  expect(concluded.status.disruption).toMatchObject({ startedAt });
  const refused = decided({ specOf: sessionSql, isSession: true, status: concluded.status, now: 200_000 });
  expect(refused.status.error).toContain("no such table");
  expect(refused.status.disruption).toBeUndefined();
});
