import type { FlinkFacts, FlinkFailure } from "../../../api/flinkFacts.ts";
import { headlineOf } from "../../../api/stackTrace.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";

/** What Flink has reported of a job whose snapshot failed. */
export interface FailedJob {
  readonly exceptions: FlinkFacts["exceptions"];
  /** The last change of the job, in milliseconds since the epoch; undefined if nothing is known. */
  readonly changedAt: number | undefined;
}

export interface FailedSnapshot {
  /** The time of the trigger, in milliseconds since the epoch. */
  readonly since: number;
  readonly failure: FlinkFailure;
  readonly format: string | undefined;
}

/** The time in which Flink reports the exceptions of a job: its default cache time and one poll. */
const REPORT_MS = 10_000;

/**
 * The cause of a failed snapshot on one line, with a hint how to take it, if one is known. If a task fails during the
 * snapshot, the job restarts, and Flink's answer for the snapshot is only that it was aborted: the first cause is the job's
 * exception. Undefined: the job has changed, and Flink has not reported its exceptions yet.
 */
export function causeOfFailure(
  { exceptions, changedAt = 0 }: FailedJob,
  { since, failure, format }: FailedSnapshot,
  now: number,
): string | undefined {
  const answer = headlineOf(failure.stackTrace);
  const first = exceptions?.list.findLast(({ timestamp }) => timestamp >= since);
  if (first === undefined && changedAt >= since && now - changedAt < REPORT_MS) return undefined;
  const cause = first === undefined ? answer : headlineOf(first.stackTrace);
  const whole =
    cause.includes(answer) || answer.includes(cause) ? longer(cause, answer) : `${cause} (${answer})`;
  return `${whole}${hint(whole, format)}`;
}

const longer = (one: string, other: string): string => (one.length >= other.length ? one : other);

/** The exception is that of Flink's asynchronous state (2.x), whose backend does not support canonical savepoints. */
const hint = (cause: string, format: string | undefined): string =>
  format === "CANONICAL" && cause.includes("UnsupportedOperationException")
    ? `. The state of this job may take no savepoint in the format CANONICAL: try NATIVE (formatType of the ` +
      `FlinkStateSnapshot; ${operatorOptions.savepointFormat.key} for those that the operator takes)`
    : "";
