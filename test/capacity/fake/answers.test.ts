import { describe, expect, it } from "vitest";
import { readCheckpoints, readJobResult, readJobs, readSavepointStatus } from "../../../src/flink/answers.ts";
import { answerOf } from "./answers.ts";
import { createJobManagers, type FakeJob } from "./jobManagers.ts";

const start = Date.UTC(2026, 10, 30);

function started(restoredFrom?: string): FakeJob {
  const jobManagers = createJobManagers(() => start);
  jobManagers.start("127.1.0.1", "job-1", { id: "a".repeat(32), restoredFrom });
  const job = jobManagers.at("127.1.0.1")?.job;
  if (job === undefined) throw new Error("it did not start");
  return job;
}

function ask(job: FakeJob, method: string, url: string, after: number, body = ""): unknown {
  return JSON.parse(answerOf(job, { method, url, body }, start + after).text);
}

describe("a fake JobManager", () => {
  it("has one running job", () => {
    const [job] = readJobs(ask(started(), "GET", "/v1/jobs/overview", 5_000));
    expect(job).toMatchObject({ id: "a".repeat(32), state: "RUNNING", startTime: start });
  });

  it("takes a checkpoint a minute", () => {
    const job = started();
    const path = `/jobs/${job.id}/checkpoints`;
    expect(readCheckpoints(ask(job, "GET", path, 500)).latestCompleted).toBeUndefined();
    const first = readCheckpoints(ask(job, "GET", path, 2_000));
    const later = readCheckpoints(ask(job, "GET", path, 122_000));
    expect([first.completedCount, later.completedCount]).toEqual([1, 3]);
    expect(later.latestCompleted?.id).toBe((first.latestCompleted?.id ?? 0) + 120);
  });

  it("stops with a savepoint", () => {
    const job = started();
    const trigger = "b".repeat(32);
    const body = JSON.stringify({ triggerId: trigger, targetDirectory: "file:/sp", drain: false });
    expect(ask(job, "POST", `/jobs/${job.id}/stop`, 10_000, body)).toEqual({ "request-id": trigger });
    const status = (after: number) =>
      readSavepointStatus(ask(job, "GET", `/jobs/${job.id}/savepoints/${trigger}`, after));
    expect(status(10_050)).toEqual({ state: "in-progress" });
    expect(readJobs(ask(job, "GET", "/jobs/overview", 10_050))[0]?.state).toBe("RUNNING");
    expect(status(10_200)).toEqual({
      state: "completed",
      location: "file:/sp/savepoint-aaaaaa-bbbbbbbbbbbb",
    });
    expect(readJobs(ask(job, "GET", "/jobs/overview", 10_200))[0]?.state).toBe("FINISHED");
    expect(readCheckpoints(ask(job, "GET", `/jobs/${job.id}/checkpoints`, 10_200)).stopping).toBeDefined();
    expect(readJobResult(ask(job, "GET", `/jobs/${job.id}/execution-result`, 10_200))?.status).toBe(
      "SUCCEEDED",
    );
  });

  it("has restored what it was started from", () => {
    const job = started("file:/sp/savepoint-1");
    const { latestRestored } = readCheckpoints(ask(job, "GET", `/jobs/${job.id}/checkpoints`, 2_000));
    expect(latestRestored).toMatchObject({ externalPath: "file:/sp/savepoint-1", isSavepoint: true });
  });

  it("cancels", () => {
    const job = started();
    ask(job, "PATCH", `/jobs/${job.id}?mode=cancel`, 1_000);
    expect(readJobs(ask(job, "GET", "/jobs/overview", 1_001))[0]?.state).toBe("CANCELED");
  });

  it("does nothing while it hangs", () => {
    const job = started();
    answerOf(job, { method: "PATCH", url: `/jobs/${job.id}?mode=cancel`, body: "" }, start, false);
    expect(job.state).toBe("RUNNING");
  });

  it.each([
    [`/jobs/${"f".repeat(32)}/checkpoints`, 404],
    [`/jobs/${"a".repeat(32)}/savepoints/${"c".repeat(32)}`, 404],
    ["/nope", 404],
    ["/config", 200],
    ["/taskmanagers", 200],
  ])("answers %s with %i", (url, status) => {
    expect(answerOf(started(), { method: "GET", url, body: "" }, start).status).toBe(status);
  });
});
