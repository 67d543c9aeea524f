import { expect, it, test } from "vitest";
import type { SubmissionFacts } from "../../api/flinkFacts.ts";
import { deriveFetchId } from "../ids.ts";
import type { Outcome, Situation } from "../job/model/situation.ts";
import { runningStatus } from "../job/situation.fixture.ts";
import { fetchJarFirst } from "./fetchJarFirst.ts";
import { aSessionJobSituation, sessionJobFacts, withSessionJob } from "./situation.fixture.ts";

const takenDown: Outcome = {
  status: runningStatus,
  explanation: { act: "Upgrade", reason: "The spec changed." },
};
const upgrade = fetchJarFirst(() => takenDown);

const { uid, generation, now } = aSessionJobSituation();
const fetchId = deriveFetchId(uid, generation);
const after = (jarFetch: SubmissionFacts | undefined, more: Partial<Situation> = {}) =>
  aSessionJobSituation({ facts: sessionJobFacts({ jarFetch }), ...more });
const failed = (at: number) =>
  ({
    jobId: fetchId,
    state: "failed",
    at,
    tries: 1,
    certain: true,
    error: "spec.job.jarURI x: HTTP 404",
  }) as const;
const fetches = [{ kind: "fetch-jar", submission: { run: { jobId: fetchId } } }];

it("fetches the jar once, before the job is stopped", () => {
  const begun = upgrade(after(undefined));
  expect(begun).toMatchObject({ actions: fetches, othersMayAct: true });
  expect(begun?.status).toBeUndefined();
  const running = upgrade(after({ jobId: fetchId, state: "running", tries: 0 }));
  expect(running).toMatchObject({ waitsFor: begun?.waitsFor, othersMayAct: true });
  expect(running?.actions).toBeUndefined();
});

it("continues once the jar was fetched", () => {
  expect(upgrade(after({ jobId: fetchId, state: "accepted", at: now }))).toBe(takenDown);
});

it("does not use the jar of an earlier generation for the new one", () => {
  const earlier = deriveFetchId(uid, generation - 1);
  expect(upgrade(after({ jobId: earlier, state: "accepted", at: now }))).toMatchObject({ actions: fetches });
});

it("reports why the job keeps running, and retries after a while", () => {
  const reported = upgrade(after(failed(now)));
  expect(reported?.status?.error).toContain("spec.job.jarURI x: HTTP 404");
  expect(reported?.events).toMatchObject([{ type: "Warning", reason: "UpgradeFailed" }]);
  expect(reported?.actions).toBeUndefined();
  const retried = upgrade(after(failed(0), { now: 3_600_000 }));
  expect(retried).toMatchObject({ actions: fetches, status: { error: reported?.status?.error } });
});

test.each<[string, Partial<Situation>]>([
  ["a job that is to be suspended", { spec: withSessionJob({ state: "suspended" }) }],
  ["a job without a jar", { spec: withSessionJob({ jarURI: undefined }) }],
  [
    "a job that has ended",
    { status: { ...runningStatus, jobStatus: { ...runningStatus.jobStatus, state: "FAILED" } } },
  ],
])("waits for no jar: %s", (_, more) => {
  expect(upgrade(after(undefined, more))).toBe(takenDown);
});

it("fetches nothing while the step itself waits", () => {
  const waiting: Outcome = { waitsFor: "the job to run" };
  expect(fetchJarFirst(() => waiting)(after(undefined))).toBe(waiting);
});
