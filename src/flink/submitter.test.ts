import { beforeEach, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import type { Submission } from "../api/flinkFacts.ts";
import { FlinkRestError } from "./api.ts";
import { ArtifactError } from "./artifacts/api.ts";
import { createSubmitter, type Submitter } from "./submitter.ts";

const at = { host: "jm", port: 8081 };
const ofJob = (jobId: string): Submission => ({
  jarURI: "https://example.com/job.jar",
  headers: new Map(),
  deadlineMs: 60_000,
  run: { flinkVersion: "v2_3", jobId, programArgs: [], flinkConfiguration: {} },
});

interface Sent {
  jobId: string;
  signal: AbortSignal;
  end(error?: Error): void;
}

let clock: FakeClock;
let sent: Sent[];
let told: string[];
let submitter: Submitter;

beforeEach(() => {
  clock = fakeClock();
  sent = [];
  told = [];
  submitter = createSubmitter({
    submitJar: (_, { run: { jobId } }, signal) =>
      new Promise((resolve, reject) => {
        sent.push({
          jobId,
          signal,
          end: (error) => (error === undefined ? resolve(undefined) : reject(error)),
        });
      }),
    clock,
    onChange: (key) => told.push(key),
    maxAtOnce: 2,
  });
});

/** Waits for pending promises. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

it("reports an accepted job, and starts a submission once", async () => {
  submitter.submit("k", at, ofJob("a"));
  submitter.submit("k", at, ofJob("a"));
  expect(sent).toHaveLength(1);
  expect(submitter.facts("k")).toEqual({ jobId: "a", state: "running", tries: 0 });
  sent[0]?.end();
  await settle();
  expect(submitter.facts("k")).toMatchObject({ jobId: "a", state: "accepted" });
  expect(told).toEqual(["k"]);
});

it.each([
  [new ArtifactError("not-found", "HTTP 404"), undefined],
  [new ArtifactError("wrong-checksum", "another one"), undefined],
  [new ArtifactError("not-allowed", "a private address"), undefined],
  [new ArtifactError("denied", "HTTP 403"), "denied"],
  [new ArtifactError("bad-certificate", "unknown authority"), "denied"],
  [new ArtifactError("unavailable", "HTTP 503"), "unreachable"],
  [new FlinkRestError(0, "timeout", "not done in time"), "unreachable"],
])("reports whether others may have a jar after %s", async (error, doubt) => {
  submitter.submit("k", at, ofJob("a"));
  sent[0]?.end(error);
  await settle();
  expect({ doubt: undefined, ...submitter.facts("k") }).toMatchObject({ state: "failed", doubt });
});

it.each([
  [new FlinkRestError(400, "answered", "no such class"), true],
  [new FlinkRestError(0, "refused", "nobody listens"), true],
  [new Error("the jar is too large"), true],
  [new FlinkRestError(0, "broken", "cut off"), false],
  [new FlinkRestError(0, "timeout", "no answer"), false],
])("reports whether the job can still start after %s", async (error, certain) => {
  submitter.submit("k", at, ofJob("a"));
  sent[0]?.end(error);
  await settle();
  expect(submitter.facts("k")).toMatchObject({ state: "failed", tries: 1, certain, error: error.message });
});

it("counts the failures of one job, and starts at 0 for another", async () => {
  for (const jobId of ["a", "a", "b"]) {
    submitter.submit("k", at, ofJob(jobId));
    sent.at(-1)?.end(new Error("no"));
    await settle();
  }
  expect(submitter.facts("k")).toMatchObject({ jobId: "b", tries: 1 });
});

it("limits how many submissions run at once", async () => {
  for (const key of ["a", "b", "c"]) submitter.submit(key, at, ofJob(key));
  expect(sent.map(({ jobId }) => jobId)).toEqual(["a", "b"]);
  sent[0]?.end();
  await settle();
  expect(sent.map(({ jobId }) => jobId)).toEqual(["a", "b", "c"]);
});

it("fails at its deadline, and aborts the work", async () => {
  submitter.submit("k", at, ofJob("a"));
  await clock.advance(60_000);
  await settle();
  expect(sent[0]?.signal.aborted).toBe(true);
  expect(submitter.facts("k")).toMatchObject({ state: "failed", certain: false });
});

it("drops a removed resource, whatever the result of its submission", async () => {
  submitter.submit("k", at, ofJob("a"));
  submitter.remove("k");
  sent[0]?.end();
  await settle();
  expect(submitter.facts("k")).toBeUndefined();
  expect(told).toEqual([]);
});

it("keeps what the JobManager answers", async () => {
  const answering = createSubmitter({ submitJar: async () => "outcome", clock, onChange: () => {} });
  answering.submit("k", at, ofJob("a"));
  await settle();
  expect(answering.facts("k")).toMatchObject({ state: "accepted", answer: "outcome" });
});
