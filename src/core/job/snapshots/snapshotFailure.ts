import type { FlinkFacts, FlinkFailure } from "../../../api/flinkFacts.ts";
import { headlineOf } from "../../../api/stackTrace.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";

/** What Flink has said of a job whose snapshot failed. */
export interface FailedJob {
  readonly exceptions: FlinkFacts["exceptions"];
  /** When the job changed last, in milliseconds since the epoch; undefined: nothing is known of it. */
  readonly changedAt: number | undefined;
}

export interface FailedSnapshot {
  /** When it was triggered, in milliseconds since the epoch. */
  readonly since: number;
  readonly failure: FlinkFailure;
  readonly format: string | undefined;
}

/** So long Flink tells the exceptions of a job out of a cache, at its defaults, with a poll of them. */
const TOLD_MS = 10_000;

/**
 * Why the snapshot failed, on one line, and how it can be taken where that is known. Where a task fails as it takes part in
 * one, the job restarts, and Flink says of the snapshot only that it was cut off: the first cause is the job's
 * exception. Undefined: the job changed, and its exceptions are still to be told.
 */
export function causeOfFailure(
  { exceptions, changedAt = 0 }: FailedJob,
  { since, failure, format }: FailedSnapshot,
  now: number,
): string | undefined {
  const answer = headlineOf(failure.stackTrace);
  const first = exceptions?.list.findLast(({ timestamp }) => timestamp >= since);
  if (first === undefined && changedAt >= since && now - changedAt < TOLD_MS) return undefined;
  const cause = first === undefined ? answer : headlineOf(first.stackTrace);
  const whole =
    cause.includes(answer) || answer.includes(cause) ? longer(cause, answer) : `${cause} (${answer})`;
  return `${whole}${hint(whole, format)}`;
}

const longer = (one: string, other: string): string => (one.length >= other.length ? one : other);

/** In the words of Flink's asynchronous state (2.x), whose backend takes no canonical savepoints. */
const hint = (cause: string, format: string | undefined): string =>
  format === "CANONICAL" && cause.includes("UnsupportedOperationException")
    ? `. The state of this job may take no savepoint in the format CANONICAL: try NATIVE (formatType of the ` +
      `FlinkStateSnapshot; ${operatorOptions.savepointFormat.key} for those that the operator takes)`
    : "";
