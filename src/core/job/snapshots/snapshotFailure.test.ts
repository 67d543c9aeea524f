import { expect, test } from "vitest";
import type { JobException } from "../../../api/flinkFacts.ts";
import { causeOfFailure } from "./snapshotFailure.ts";

const exception = (timestamp: number, stackTrace: string): JobException => ({
  name: stackTrace.split(":")[0] ?? "",
  stackTrace,
  timestamp,
  taskName: "state -> sink (1/1)",
  endpoint: undefined,
  taskManagerId: undefined,
  failureLabels: {},
});
const aborted = {
  className: "java.util.concurrent.CompletionException",
  stackTrace:
    "java.util.concurrent.CompletionException: org.apache.flink.runtime.checkpoint.CheckpointException: Checkpoint Coordinator is suspending.",
};
const snapshot = { since: 1_000, failure: aborted, format: "CANONICAL" };
const unsupported = "java.lang.UnsupportedOperationException: Not supported yet.\n\tat x.Y.z(Y.java:1)";
const reported = (...list: JobException[]) => ({ jobId: "j", at: 1_500, list });

test("the exception that restarted the job comes first, with a hint to the other format", () => {
  const exceptions = reported(
    exception(1_400, "java.lang.RuntimeException: later"),
    exception(1_200, unsupported),
    exception(900, "java.lang.RuntimeException: before"),
  );
  const cause = causeOfFailure({ exceptions, changedAt: 1_300 }, snapshot, 2_000);
  expect(cause).toMatch(
    /^java\.lang\.UnsupportedOperationException: Not supported yet\. \(org\.apache.*suspending/,
  );
  expect(cause).toContain("try NATIVE");
  expect(
    causeOfFailure({ exceptions, changedAt: 1_300 }, { ...snapshot, format: "NATIVE" }, 2_000),
  ).not.toContain("try NATIVE");
});

test("the exceptions of a changed job are awaited for a limited time", () => {
  const job = { exceptions: reported(), changedAt: 1_300 };
  expect(causeOfFailure(job, snapshot, 2_000)).toBeUndefined();
  expect(causeOfFailure(job, snapshot, 12_000)).toContain("Checkpoint Coordinator is suspending");
});

test("if the job keeps running, Flink's answer is the cause", () => {
  const job = { exceptions: reported(exception(900, unsupported)), changedAt: 500 };
  expect(causeOfFailure(job, snapshot, 2_000)).toBe(
    "org.apache.flink.runtime.checkpoint.CheckpointException: Checkpoint Coordinator is suspending.",
  );
});
