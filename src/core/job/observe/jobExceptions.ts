import type { JobException } from "../../../api/flinkFacts.ts";
import { javaHashCode } from "../../../api/javaHash.ts";
import { causesOf } from "../../../api/stackTrace.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { isFailedMain, jobOf } from "./observeJob.ts";

/** Older exceptions are not reported, so that an operator that starts does not repeat them (REFERENCE 1.12). */
const RECENT_MS = 30 * 60_000;

/**
 * The exceptions that Flink keeps for the job, oldest first, as events that are each recorded once. The time of the
 * exception in the event prevents duplicates, also after an operator restart.
 */
export function exceptionEvents(
  { jobStatus }: FlinkResourceStatus,
  facts: Facts,
  settings: Settings,
  now: number,
): EventIntent[] {
  const { flink, jobManager } = facts;
  if (flink?.deploymentUid !== jobManager?.uid || flink?.exceptions?.jobId !== jobStatus?.jobId) return [];
  // Of a main method that failed, it is the failure that the status reports.
  if (isFailedMain(jobOf(facts, jobStatus?.jobId))) return [];
  return (flink?.exceptions?.list ?? [])
    .filter(({ timestamp }) => now - timestamp < RECENT_MS)
    .slice(0, settings.exceptionEvents)
    .reverse()
    .map((exception) => eventOf(exception, settings.exceptionEventLines));
}

/**
 * The failure that ended a job is also among its exceptions. One Warning per problem is enough, so only the first of
 * the two is reported. status.error contains it in both cases.
 */
export function withoutDuplicateProblems(
  observed: readonly EventIntent[],
  exceptions: readonly EventIntent[],
  { flink }: Facts,
): EventIntent[] {
  const cause = causeOf(flink?.jobResult?.result?.failure?.stackTrace);
  const times = (flink?.exceptions?.list ?? [])
    .filter(({ stackTrace }) => cause !== undefined && causeOf(stackTrace) === cause)
    .map(({ timestamp }) => timestamp);
  const others = exceptions.filter(({ at }) => at === undefined || !times.includes(at));
  if (others.length === exceptions.length) return [...observed, ...exceptions];
  const withoutFailure = observed.filter(
    ({ reason, component }) => reason !== "Error" || component !== "Job",
  );
  // A failure that is not new has been reported already, as failure or as exception.
  return withoutFailure.length < observed.length
    ? [...withoutFailure, ...exceptions]
    : [...observed, ...others];
}

/** The innermost cause, by which a failure and an exception are matched. */
function causeOf(stackTrace: string | undefined): string | undefined {
  const last = causesOf(stackTrace ?? "").at(-1);
  return last && `${last.className}: ${last.message}`;
}

function eventOf(exception: JobException, maxLines: number): EventIntent {
  const message = headOf(exception.stackTrace, maxLines);
  // java.util.Objects.hash of one string.
  const hash = (31 + javaHashCode(message)) >>> 0;
  return {
    type: "Warning",
    reason: "JobException",
    component: "Job",
    message: message.trim(),
    key: `jobmanager-exception-${hash.toString(16)}`,
    at: exception.timestamp,
    annotations: annotationsOf(exception),
  };
}

function headOf(stackTrace: string, maxLines: number): string {
  const lines = stackTrace.trimEnd().split("\n");
  const head = lines.slice(0, maxLines).map((line) => `${line}\n`);
  const left = lines.length - maxLines;
  return head.join("") + (left > 0 ? `... (${left} more lines)` : "");
}

function annotationsOf(exception: JobException): Record<string, string> {
  const { timestamp, taskName, endpoint, taskManagerId, failureLabels } = exception;
  const labels = Object.entries(failureLabels).map(([name, value]) => [
    `failure-label-${name.replace(/[^A-Za-z0-9._-]/g, "_").slice(0, 40)}`,
    value,
  ]);
  const known = { "task-name": taskName, endpoint, "tm-id": taskManagerId };
  return {
    "exception-timestamp": new Date(timestamp).toISOString(),
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    ...Object.fromEntries(labels),
  };
}
