import { describe, expect, test } from "vitest";
import type { Facts } from "./facts.ts";
import { forgottenJob, forgottenJobLog } from "./observeForgottenJob.ts";
import { flinkFacts, someFacts, withJobState } from "./situation.fixture.ts";

const pod = {
  name: "job-abc",
  ip: "10.0.0.1",
  ready: true,
  deleting: false,
  trouble: undefined,
  restarted: { restartCount: 1, at: 10_000 },
};
const source = { pod: "job-abc", container: "flink-main-container", restartCount: 1 };
const status = withJobState("RECONCILING");
const crashed = (more: Partial<Facts> = {}): Facts =>
  someFacts({ jobManagerPods: [pod], flink: flinkFacts("RUNNING", { jobs: [] }), ...more });
const later = 60_000;

describe("a JobManager that comes back from a crash without its job", () => {
  test("is asked for the log of the crash", () => {
    expect(forgottenJobLog(status, crashed(), later)).toEqual(source);
  });

  test.each<[string, Facts, number]>([
    ["just after it came back", crashed(), 20_000],
    ["that never crashed", crashed({ jobManagerPods: [{ ...pod, restarted: undefined }] }), later],
    ["that is going", crashed({ jobManagerPods: [{ ...pod, deleting: true }] }), later],
    ["that has the job", crashed({ flink: flinkFacts("RUNNING") }), later],
  ])("is not: one %s", (_, facts, now) => {
    expect(forgottenJobLog(status, facts, now)).toBeUndefined();
  });

  test("is not while the job was last seen running", () => {
    expect(forgottenJobLog(withJobState("RUNNING"), crashed(), later)).toBeUndefined();
  });

  test("is told with the cause of the crash", () => {
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
