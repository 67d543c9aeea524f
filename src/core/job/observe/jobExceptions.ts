import type { JobException } from "../../../api/flinkFacts.ts";
import { javaHashCode } from "../../../api/javaHash.ts";
import { causesOf } from "../../../api/stackTrace.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";

/** Older ones are history: an operator that starts does not tell them (REFERENCE 1.12). */
const RECENT_MS = 30 * 60_000;

/**
 * The exceptions of the job that Flink remembers, oldest first, as events that are each told once: an event says when
 * its exception happened, also to an operator that has just started.
 */
export function exceptionEvents(
  { jobStatus }: FlinkResourceStatus,
  { flink, jobManager }: Facts,
  settings: Settings,
  now: number,
): EventIntent[] {
  if (flink?.deploymentUid !== jobManager?.uid || flink?.exceptions?.jobId !== jobStatus?.jobId) return [];
  return (flink?.exceptions?.list ?? [])
    .filter(({ timestamp }) => now - timestamp < RECENT_MS)
    .slice(0, settings.exceptionEvents)
    .reverse()
    .map((exception) => eventOf(exception, settings.exceptionEventLines));
}

/**
 * The failure that ended a job is among the exceptions that Flink remembers of it: one Warning is enough for one problem,
 * and whichever is heard of first is told. status.error names it either way.
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
  // A failure that is no news has been told, in the one form or the other.
  return withoutFailure.length < observed.length
    ? [...withoutFailure, ...exceptions]
    : [...observed, ...others];
}

/** The innermost cause, by which a failure and its exception are the same. */
function causeOf(stackTrace: string | undefined): string | undefined {
  const last = causesOf(stackTrace ?? "").at(-1);
  return last && `${last.className}: ${last.message}`;
}

function eventOf(exception: JobException, maxLines: number): EventIntent {
  const message = headOf(exception.stackTrace, maxLines);
  // java.util.Objects.hash of the one text.
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
