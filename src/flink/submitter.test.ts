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
  report(texts: string): void;
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
    submitJar: (_, { run: { jobId } }, signal, report) =>
      new Promise((resolve, reject) => {
        sent.push({
          jobId,
          signal,
          report,
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

it("tells what the script of a job was sent with, before it is accepted, also after a failure", async () => {
  submitter.submit("k", at, ofJob("a"));
  sent[0]?.report("one");
  expect(submitter.facts("k")).toMatchObject({ state: "running", texts: "one" });
  sent[0]?.end(new FlinkRestError(0, "broken", "cut off"));
  await settle();
  submitter.submit("k", at, ofJob("a"));
  expect(submitter.facts("k")).toMatchObject({ state: "running", texts: "one" });
  sent[1]?.report("one");
  sent[1]?.end();
  await settle();
  expect(submitter.facts("k")).toMatchObject({ state: "accepted", texts: "one" });
  submitter.submit("k", at, ofJob("b"));
  expect(submitter.facts("k")).not.toHaveProperty("texts");
});

it("does not tell which of several texts a job was started with", async () => {
  for (const texts of ["one", "other", "one"]) {
    submitter.submit("k", at, ofJob("a"));
    sent.at(-1)?.report(texts);
    sent.at(-1)?.end(new FlinkRestError(0, "broken", "cut off"));
    await settle();
  }
  expect(submitter.facts("k")?.texts).toBe("several");
});

it("forgets the texts of an attempt that certainly started no job, and those of no other", async () => {
  const texts: unknown[] = [];
  const attempts = [
    ["wrong", 400],
    ["mended", 0],
    ["wrong again", 400],
  ] as const;
  for (const [text, status] of attempts) {
    submitter.submit("k", at, ofJob("a"));
    sent.at(-1)?.report(text);
    sent.at(-1)?.end(new FlinkRestError(status, status === 0 ? "broken" : "answered", "no"));
    await settle();
    texts.push(submitter.facts("k")?.texts);
  }
  expect(texts).toEqual([undefined, "mended", "mended"]);
});

it("starts nothing that is not wanted any more when its turn comes", async () => {
  for (const key of ["a", "b", "c", "d"]) submitter.submit(key, at, ofJob(key));
  submitter.submit("c", at, ofJob("newer"));
  submitter.remove("d");
  for (const each of [0, 1]) sent[each]?.end();
  await settle();
  expect(sent.map(({ jobId }) => jobId)).toEqual(["a", "b", "newer"]);
  expect(submitter.size).toBe(3);
});

it("counts the attempts in a row that had no answer in time", async () => {
  const timeouts: unknown[] = [];
  for (const isLate of [true, true, false, true]) {
    submitter.submit("k", at, ofJob("a"));
    if (isLate) await clock.advance(60_000);
    else sent.at(-1)?.end(new Error("no"));
    await settle();
    timeouts.push(submitter.facts("k")?.timeouts);
  }
  expect(timeouts).toEqual([1, 2, undefined, 1]);
});

it("sends one at a time to a host, and goes on with others, until the last one has come to its end", async () => {
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const onePerHost = createSubmitter({
    submitJar: (_, { run }) =>
      new Promise<void>((resolve) => {
        begun.push(run.jobId);
        ends.push(resolve);
      }),
    clock,
    onChange: () => {},
    maxAtOnce: 2,
    onePerHost: true,
  });
  for (const key of ["a", "b"]) onePerHost.submit(key, at, ofJob(key));
  onePerHost.submit("c", { host: "other", port: 8081 }, ofJob("c"));
  expect(begun).toEqual(["a", "c"]);
  await clock.advance(60_000);
  await settle();
  expect(onePerHost.facts("a")).toMatchObject({ state: "failed" });
  expect(begun).toEqual(["a", "c"]);
  ends[0]?.();
  await settle();
  expect(begun).toEqual(["a", "c", "b"]);
});
