import { describe, expect, test } from "vitest";
import type { Facts } from "../model/facts.ts";
import { flinkFacts, someFacts, withJobState } from "../situation.fixture.ts";
import { endInLog, forgottenJob, forgottenJobLog, withForgottenEnd } from "./observeForgottenJob.ts";

const pod = {
  name: "job-abc",
  ip: "10.0.0.1",
  ready: true,
  deleting: false,
  problem: undefined,
  restarted: { restartCount: 1, at: 10_000 },
};
const source = { pod: "job-abc", container: "flink-main-container", restartCount: 1 };
const status = withJobState("RECONCILING");
const crashed = (more: Partial<Facts> = {}): Facts =>
  someFacts({ jobManagerPods: [pod], flink: flinkFacts("RUNNING", { jobs: [] }), ...more });
const later = 60_000;

describe("a JobManager that restarts after a crash without its job", () => {
  test("causes a request for the log of the crash", () => {
    expect(forgottenJobLog(status, crashed(), later)).toEqual(source);
  });

  test.each<[string, Facts, number]>([
    ["directly after its restart", crashed(), 20_000],
    ["that never crashed", crashed({ jobManagerPods: [{ ...pod, restarted: undefined }] }), later],
    ["that is going", crashed({ jobManagerPods: [{ ...pod, deleting: true }] }), later],
    ["that has the job", crashed({ flink: flinkFacts("RUNNING") }), later],
  ])("causes no request: one %s", (_, facts, now) => {
    expect(forgottenJobLog(status, facts, now)).toBeUndefined();
  });

  test("causes no request while the job was last seen running", () => {
    expect(forgottenJobLog(withJobState("RUNNING"), crashed(), later)).toBeUndefined();
  });

  test("is reported with the cause of the crash", () => {
    const podLog = { ...source, at: later, text: "Caused by: java.io.FileNotFoundException: none" };
    expect(forgottenJob(status, crashed({ podLog }), later)).toBe(
      "The JobManager crashed and has no job since: java.io.FileNotFoundException: none",
    );
    expect(forgottenJob(status, crashed({ podLog: { ...podLog, restartCount: undefined } }), later)).toBe(
      undefined,
    );
    expect(forgottenJob(status, crashed(), later)).toBeUndefined();
  });
});

const jobId = "0".repeat(32);
const submitted = `2026-01-01 INFO  o.a.f.r.dispatcher.StandaloneDispatcher [] - Submitting job 'job' (${jobId}).\n`;
const recovered = `INFO  o.a.f.r.jobmanager.DefaultJobGraphStore [] - Recovered JobGraph(jobId: ${jobId}).\n`;
const checkpointed = `INFO  o.a.f.r.checkpoint.CheckpointCoordinator [] - Completed checkpoint 7 for job ${jobId} (4 bytes).\n`;
const stopped = `INFO  o.a.f.r.jobmaster.JobMaster [] - Triggering stop-with-savepoint for job ${jobId}.\n`;
const ended = (state: string) => `Job ${jobId} reached terminal state ${state}.\n`;

describe("the end of a job that its JobManager has forgotten", () => {
  test.each<[string, string, ReturnType<typeof endInLog>]>([
    ["not in the log", submitted + checkpointed, undefined],
    ["another job", ended("FINISHED").replace(jobId, "1".repeat(32)), undefined],
    ["by itself", checkpointed + ended("FINISHED"), { state: "FINISHED", lastSnapshot: "nothing" }],
    [
      "stopped by another client",
      stopped + ended("FINISHED"),
      { state: "FINISHED", lastSnapshot: "unknown" },
    ],
    ["failed", ended("FAILED"), { state: "FAILED", lastSnapshot: "unknown" }],
    [
      "cancelled",
      submitted + checkpointed + ended("CANCELED"),
      { state: "CANCELED", lastSnapshot: "unknown" },
    ],
    [
      "failed before its first checkpoint",
      submitted + ended("FAILED"),
      { state: "FAILED", lastSnapshot: "what it was started from" },
    ],
    [
      "failed after a recovery",
      recovered + submitted + ended("FAILED"),
      { state: "FAILED", lastSnapshot: "unknown" },
    ],
  ])("%s", (_, log, end) => {
    expect(endInLog(log, jobId)).toEqual(end);
  });

  const startedFrom = {
    ...status,
    jobStatus: { ...status.jobStatus, jobId, upgradeSavepointPath: "file:/s" },
  };
  const reportedFor = (text: string) =>
    withForgottenEnd(startedFrom, crashed({ podLog: { ...source, at: later, text } }), later).status
      .jobStatus;

  test("is in the status, with the restore path for the next launch", () => {
    expect(reportedFor(ended("FINISHED"))).toMatchObject({
      state: "FINISHED",
      upgradeSavepointPath: undefined,
    });
    expect(reportedFor(submitted + ended("FAILED"))).toMatchObject({
      state: "FAILED",
      upgradeSavepointPath: "file:/s",
    });
    expect(reportedFor(ended("FAILED"))).toMatchObject({
      state: "FAILED",
      upgradeSavepointPath: "KUBERNETES_OPERATOR_LAST_STATE",
    });
    expect(reportedFor("nothing of it")).toEqual(startedFrom.jobStatus);
  });

  test("leaves no state to continue from if it came by itself", () => {
    const newestSnapshot = { jobId, kind: "checkpoint" as const, path: "file:/chk-5", checkpointId: 5 };
    const ran = { ...startedFrom, run: { startedFrom: "file:/s", stateSince: 7 }, newestSnapshot };
    const statusAfter = (text: string) =>
      withForgottenEnd(ran, crashed({ podLog: { ...source, at: later, text } }), later).status;
    const finished = statusAfter(ended("FINISHED"));
    expect(finished.run).toEqual({ startedFrom: "file:/s" });
    expect(finished.newestSnapshot).toBeUndefined();
    for (const text of [stopped + ended("FINISHED"), ended("FAILED")])
      expect(statusAfter(text)).toMatchObject({ run: ran.run, newestSnapshot });
  });

  test("is not taken from the log while a stop with savepoint waits for its path", () => {
    const savepointInfo = { triggerId: "ab", triggerType: "UPGRADE" as const };
    const stopping = { ...startedFrom, jobStatus: { ...startedFrom.jobStatus, savepointInfo } };
    const facts = crashed({ podLog: { ...source, at: later, text: ended("FINISHED") } });
    expect(withForgottenEnd(stopping, facts, later).status).toBe(stopping);
  });
});
