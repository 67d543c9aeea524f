import { expect, it, test } from "vitest";
import type { SubmissionFacts } from "../../api/flinkFacts.ts";
import { deriveFetchId } from "../ids.ts";
import type { Outcome, Situation } from "../job/model/situation.ts";
import { aSituation, aSpec, runningStatus, someFacts } from "../job/situation.fixture.ts";
import { fetchJarsFirst } from "./fetchJarsFirst.ts";

const takenDown: Outcome = {
  status: runningStatus,
  explanation: { act: "Upgrade", reason: "The spec changed." },
};
const upgrade = fetchJarsFirst(() => takenDown);

const jars = [{ uri: "https://jars.example.com/kafka.jar" }];
const submission: NonNullable<Situation["submission"]> = ({ jobId = "" }) => ({
  jarURI: undefined,
  jars: [{ field: "spec.job.jars[0].uri", uri: "https://jars.example.com/kafka.jar" }],
  headers: new Map(),
  deadlineMs: 1,
  run: { flinkVersion: "v2_3", jobId, programArgs: [], flinkConfiguration: {} },
});
const after = (jarFetch: SubmissionFacts | undefined, more: Partial<Situation> = {}) =>
  aSituation({
    spec: { ...aSpec, job: { ...aSpec.job, jars } },
    submission,
    facts: someFacts({ jarFetch }),
    ...more,
  });
const { uid, generation, now } = after(undefined);
const fetchId = deriveFetchId(uid, generation);

it("fetches the jars before a running job is stopped", () => {
  expect(upgrade(after(undefined))).toMatchObject({
    actions: [{ kind: "fetch-jar", submission: { run: { jobId: fetchId } } }],
    othersMayAct: true,
  });
  expect(upgrade(after({ jobId: fetchId, state: "running", tries: 0 }))?.explanation).toBeUndefined();
  expect(upgrade(after({ jobId: fetchId, state: "accepted", at: now }))).toBe(takenDown);
});

it("says why the job stays", () => {
  const failed = {
    jobId: fetchId,
    state: "failed",
    at: now,
    tries: 1,
    certain: true,
    error: "HTTP 404",
  } as const;
  const reported = upgrade(after(failed));
  expect(reported?.status?.error).toContain("HTTP 404");
  expect(reported?.events).toMatchObject([{ type: "Warning", reason: "UpgradeFailed" }]);
  expect(reported?.actions).toBeUndefined();
});

test.each<["denied" | "unreachable", number]>([
  ["denied", 1],
  ["unreachable", 3],
])("goes on where only the operator may be unable to fetch a jar, and says so once: %s", (doubt, tries) => {
  const failed = {
    jobId: fetchId,
    state: "failed",
    at: now,
    tries,
    certain: true,
    error: "HTTP 403",
    doubt,
  } as const;
  const outcome = upgrade(after(failed));
  expect(outcome).toMatchObject({ status: takenDown.status, explanation: takenDown.explanation });
  expect(outcome?.events).toMatchObject([
    { type: "Warning", reason: "JarNotVerified", message: expect.stringContaining("HTTP 403"), once: true },
  ]);
  if (doubt === "unreachable")
    expect(upgrade(after({ ...failed, tries: 2 }))?.events).toMatchObject([{ reason: "UpgradeFailed" }]);
});

test.each<[string, Partial<Situation>]>([
  [
    "of a job that is to be suspended",
    { spec: { ...aSpec, job: { ...aSpec.job, jars, state: "suspended" } } },
  ],
  ["that are in the image", { spec: { ...aSpec, job: { ...aSpec.job, jars: [{ uri: "local:///a.jar" }] } } }],
  [
    "of a job that has ended",
    { status: { ...runningStatus, jobStatus: { ...runningStatus.jobStatus, state: "FAILED" } } },
  ],
])("waits for no jars %s", (_, more) => {
  expect(upgrade(after(undefined, more))).toBe(takenDown);
});
