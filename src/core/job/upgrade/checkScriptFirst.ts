import { redactSecrets, redactTexts } from "../../../api/redact.ts";
import type { SqlCheckStatus } from "../../../api/v1beta1/commonStatus.ts";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { sqlCheckName } from "../../../api/v1beta1/names.ts";
import { deriveCheckId, deriveSpecHash } from "../../ids.ts";
import { readCheckMessage } from "../../sql/checkMessage.ts";
import { errorTypes } from "../../statusError.ts";
import { newObjects } from "../launch/dryRun.ts";
import type { EventIntent } from "../model/decision.ts";
import type { PodFacts } from "../model/facts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { hadState } from "../restore/runState.ts";
import { report } from "../status/failure.ts";
import { isStateless } from "../status/status.ts";
import { preparation } from "./awaitJars.ts";
import { isCheckOf, refusedScript } from "./refusedScript.ts";

/**
 * If the step would stop a running SQL job for a new spec, the script of that is checked first in a pod of its own, while the
 * job keeps running (docs/adr/0028). The intent and the result are in status.sqlCheck, so a crash repeats no check that has a result.
 */
export const checkScriptFirst =
  (step: Step): Step =>
  (situation) => {
    const outcome = step(situation);
    if (outcome === undefined || !replacesRunningScript(situation, outcome)) return outcome;
    return preparation(awaitCheck(situation)) ?? withStateLosses(situation, outcome);
  };

/** The same for an upgrade: `redeploy`, which comes before it, has waited for the check of what it is for. */
export const checkScriptBeforeUpgrade = (upgrade: Step): Step => {
  const checked = checkScriptFirst(upgrade);
  return (situation) => (isRedeployment(situation) ? undefined : checked(situation));
};

/** Gives up the present state. */
export const isRedeployment = ({ diff }: Situation): boolean => diff?.type === "SAVEPOINT_REDEPLOY";

/** Deletes the objects of a check that has a result, or that nothing waits for any more, and forgets the latter. */
export const endScriptCheck: Step = (situation) => {
  const { status, facts, resource, diff } = situation;
  const { sqlCheck, ...withoutCheck } = status;
  const check = checkOf(status);
  const isOfOther = sqlCheck === undefined || !isCheckOf(sqlCheck, resource.spec);
  // A spec that is refused is as good as the deployed one.
  const isRefused = refusedScript(situation) !== undefined;
  const isObsolete = isOfOther || (diff?.type === "IGNORE" && !isRefused);
  const isPending = check !== undefined && check.endedAt === undefined;
  const awaited = isPending && !isObsolete ? check.name : undefined;
  const left = (facts.sqlChecks ?? []).filter(({ name, deleting }) => name !== awaited && !deleting);
  const objects = left.map(({ name, check: pod }) => ({ name, uid: pod?.uid }));
  // Its ConfigMap may still be there without a pod: that was refused, deleted by another, or never created.
  if (check !== undefined && isObsolete && !left.some(isOf(check)))
    objects.push({ name: check.name, uid: undefined });
  const forgets = sqlCheck !== undefined && isObsolete;
  if (objects.length === 0 && !forgets) return undefined;
  return {
    actions: objects.map((each) => ({ kind: "delete-sql-check", ...each })),
    ...(forgets ? { status: withoutCheck } : {}),
    othersMayAct: true,
  };
};

/** A check that has begun. The schema of the status requires no field. */
interface Check extends SqlCheckStatus {
  readonly name: string;
  readonly startedAt: number;
}

function checkOf({ sqlCheck }: FlinkDeploymentStatus): Check | undefined {
  const { name, startedAt } = sqlCheck ?? {};
  return name === undefined || startedAt === undefined ? undefined : { ...sqlCheck, name, startedAt };
}

const isOf =
  ({ name }: Pick<Check, "name">) =>
  (pod: Pick<PodFacts, "name">): boolean =>
    pod.name === name;

/**
 * Each decision that disrupts the job has an explanation. A JobManager that restarts comes back with its job; one that never came up has
 * none, and an edit may be what mends it.
 */
const replacesRunningScript = (
  { status, deployed, spec, facts, nextSettings }: Situation,
  { explanation }: Outcome,
): boolean =>
  nextSettings.sqlCheckTimeoutMs !== undefined &&
  explanation !== undefined &&
  facts.session === undefined &&
  deployed?.spec.job?.state === "running" &&
  facts.jobManager !== undefined &&
  (status.jobManagerDeploymentStatus === "READY" || hadState(status)) &&
  !isTerminal(status.jobStatus?.state) &&
  spec.job?.state !== "suspended" &&
  spec.job?.sql !== undefined;

/** Undefined if the script is right, and keeps the state that has to be kept: what is refused is no spec to upgrade to (refusedScript.ts). */
function awaitCheck(situation: Situation): Outcome | undefined {
  const check = checkOf(situation.status);
  if (check === undefined || !isCheckOf(check, situation.resource.spec)) return begin(situation);
  if (check.failure !== undefined) return retry(situation, check, check.failure);
  return check.endedAt === undefined ? observeCheck(situation, check) : undefined;
}

export const waitsFor = "the check of the new SQL script, before the job is stopped";

function begin({ uid, resource, generation, status, now }: Situation): Outcome {
  const name = sqlCheckName(resource.metadata.name, deriveCheckId(uid, generation, now));
  return {
    status: {
      ...status,
      sqlCheck: { name, generation, specHash: deriveSpecHash(resource.spec), startedAt: now },
    },
    waitsFor,
    othersMayAct: true,
    requeueAfterMs: 0,
  };
}

const RETRY_AFTER_MS = 60_000;

export function reportUnchecked(status: Situation["status"], failure: string): ReturnType<typeof report> {
  const message =
    `The job stays as it is, since its new SQL script could not be checked: ${failure}. The check is repeated; ` +
    "kubernetes.operator.job.sql-check.enabled: false does without it";
  return report(status, errorTypes.upgradeFailure, "UpgradeFailed", message, "Job");
}

function retry(situation: Situation, { name, endedAt = 0 }: Check, failure: string): Outcome {
  const { status, now } = situation;
  const reported = reportUnchecked(status, failure);
  const remaining = endedAt + RETRY_AFTER_MS - now;
  if (remaining > 0) return { ...reported, waitsFor, othersMayAct: true, requeueAfterMs: remaining };
  // The status forgets its name now.
  const actions = [{ kind: "delete-sql-check", name, uid: undefined }] as const;
  return { ...begin({ ...situation, status: reported.status }), actions };
}

function observeCheck(situation: Situation, check: Check): Outcome {
  const { facts, now, nextSettings } = situation;
  const pod = facts.sqlChecks?.find(isOf(check));
  const ended = pod?.check?.ended;
  const result = ended && readCheckMessage(ended.message);
  if (result !== undefined) return conclude(situation, check, result);
  if (ended !== undefined) return conclude(situation, check, { failure: whyEnded(ended) });
  const refusal = facts.requests?.refusedCheck;
  if (pod === undefined && refusal?.name === check.name) {
    // Each attempt has a name of its own, and the same error is told once.
    const message = refusal.message.replaceAll(check.name, "sql-check");
    return conclude(situation, check, { failure: `its pod is refused: ${message}` });
  }
  const remaining = check.startedAt + (nextSettings.sqlCheckTimeoutMs ?? 0) - now;
  const problem = problemOf(pod);
  if (remaining <= 0) return conclude(situation, check, { failure: tooLong(situation, problem) });
  const words = problem === undefined ? waitsFor : `${waitsFor} (${problem})`;
  const waits: Outcome = { waitsFor: words, othersMayAct: true };
  const requeueAfterMs = Math.min(remaining, nextSettings.progressCheckIntervalMs);
  return { ...waits, requeueAfterMs, ...(pod === undefined ? start(situation, check) : {}) };
}

/** Keeps the result in the status, and goes on at once. */
export function conclude(
  { status, now }: Situation,
  check: SqlCheckStatus,
  result: Pick<SqlCheckStatus, "problem" | "uncompared" | "failure"> & {
    readonly stateLosses?: readonly string[] | undefined;
  },
): Outcome {
  const { stateLosses, ...others } = redactTexts(result);
  const sqlCheck: FlinkDeploymentStatus["sqlCheck"] = {
    ...check,
    endedAt: now,
    ...others,
    ...(stateLosses === undefined ? {} : { stateLosses: [...stateLosses] }),
  };
  return { status: { ...status, sqlCheck }, waitsFor, othersMayAct: true, requeueAfterMs: 0 };
}

function problemOf(pod: PodFacts | undefined): string | undefined {
  const problem = pod?.problem ? `${pod.problem.reason} ${pod.problem.message}`.trim() : pod?.unschedulable;
  return problem === undefined ? undefined : redactSecrets(problem);
}

function whyEnded({ message, reason }: { readonly message: string; readonly reason: string }): string {
  const line = lineThatTells(message);
  return line === undefined ? `its pod ended with ${reason}` : `its pod ended with ${reason}: ${line}`;
}

/** What Java prints of its options may have passwords, and its stack traces tell nobody anything. */
const noise = /^(NOTE: )?Picked up |^\s+at |^\s*\.\.\. \d+ more/;
const MAX_LINE = 500;

/** Of the end of a log, which is the message of a process that has written none. */
function lineThatTells(log: string): string | undefined {
  // Redacted as a whole, since a secret may have several lines.
  const lines = redactSecrets(log).split(/\r?\n/);
  return lines
    .findLast((line) => line.trim() !== "" && !noise.test(line))
    ?.trim()
    .slice(0, MAX_LINE);
}

const tooLong = ({ nextSettings }: Situation, problem: string | undefined): string =>
  `it did not end within ${(nextSettings.sqlCheckTimeoutMs ?? 0) / 1000} s${problem === undefined ? "" : `: ${problem}`}`;

function start(situation: Situation, { name, startedAt }: Check): Outcome {
  const { deployed, nextSettings, now } = situation;
  const left = startedAt + (nextSettings.sqlCheckTimeoutMs ?? 0) - now;
  const objects = newObjects(situation).sqlCheck?.({
    name,
    deadlineSeconds: Math.max(1, Math.ceil(left / 1000)),
    running: keepsState(situation) ? deployed?.spec : undefined,
  });
  return objects === undefined ? {} : { actions: [{ kind: "start-sql-check", objects }] };
}

/** Whether the upgrade goes on from state. A run that began empty, and whose tasks have never been at work, has none. */
export function keepsState(situation: Situation): boolean {
  const { spec, status } = situation;
  const { stateSince, startedFrom, checkpointId } = status.run ?? {};
  const isEmpty = status.run !== undefined && (stateSince ?? startedFrom ?? checkpointId) === undefined;
  return !isEmpty && !isStateless(spec) && !isRedeployment(situation);
}

/** What the user accepted to lose, or what is not known of it, is named in an event, and in the record of the decision. */
export function withStateLosses(situation: Situation, outcome: Outcome): Outcome {
  const { stateLosses: losses = [], uncompared } = situation.status.sqlCheck ?? {};
  const { explanation } = outcome;
  if (explanation === undefined || (losses.length === 0 && uncompared === undefined)) return outcome;
  const unknown =
    uncompared === undefined ? undefined : `The state of both scripts was not compared: ${uncompared}`;
  const facts = [...(explanation.facts ?? []), ...losses, ...(unknown === undefined ? [] : [unknown])];
  const told = (type: EventIntent["type"], reason: EventIntent["reason"], message: string): EventIntent => ({
    type,
    reason,
    component: "Job",
    message,
    key: `${reason}: ${situation.generation}`,
    once: true,
  });
  const dropped = `As allowNonRestoredState allows, the new script does not go on from all state: ${losses.join("; ")}`;
  return {
    ...outcome,
    explanation: { ...explanation, facts },
    events: [
      ...(outcome.events ?? []),
      ...(losses.length === 0 ? [] : [told("Normal", "StateDropped", dropped)]),
      ...(unknown === undefined ? [] : [told("Warning", "StateNotCompared", unknown)]),
    ],
  };
}
