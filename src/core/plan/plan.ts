import type { ChangeEffect } from "../../api/declaration.ts";
import { redactTexts } from "../../api/redact.ts";
import type { DecisionRecord } from "../../api/v1beta1/flinkdeployment.ts";
import { diffSpec } from "../diff/diff.ts";
import { showValue } from "../diff/text.ts";
import type { FlinkResourceStatus } from "../job/model/flinkResource.ts";
import { isTerminal } from "../job/observe/observeJob.ts";
import { knownSnapshots } from "../job/restore/knownSnapshots.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { readStatusError } from "../statusError.ts";
import { type PlannedAct, plannedActs } from "./acts.ts";
import { foresee, type Pass, type Start } from "./foresee.ts";
import { lastDowntimeMs, lastUpgradeMs } from "./lastUpgrade.ts";
import { foreseeReplacement, isReplaced } from "./replacement.ts";
import { FUTURE_SAVEPOINT } from "./succeed.ts";

/**
 * What an edit does, from the mildest to the strongest. "when resumed": the job stays suspended. "waits": what runs is to be
 * stopped or restarted, and something else has to happen before. "replace": another job starts beside the one that runs, and takes
 * its place.
 */
export const planEffects = [
  "nothing",
  "in place",
  "when resumed",
  "start",
  "waits",
  "replace",
  "stop",
  "restart",
  "refused",
] as const;
export type PlanEffect = (typeof planEffects)[number];

/** What the operator would do about an edit. All texts are without secrets. */
export interface Plan {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly effect: PlanEffect;
  /** Something that runs is stopped or restarted, now or later. */
  readonly disruptive: boolean;
  readonly changes: readonly PlannedChange[];
  /** Why the edit is refused, or what stops the operator from carrying it out. */
  readonly refused?: string;
  /** The steps in order. */
  readonly steps: readonly PlannedAct[];
  /** Absent if no job is started. */
  readonly restore?: PlannedRestore;
  /** Why it is done in this way, in the operator's words. */
  readonly reason?: string;
  /** What is waited for before anything else happens, as a clause. */
  readonly waitsFor?: string;
  /** What else is touched. */
  readonly touches: readonly string[];
  /** Milliseconds from the decision to the tasks at work in the job's last upgrade. Absent: unknown. */
  readonly lastUpgradeMs?: number;
  /** Milliseconds for which the job was down in its last upgrade. Absent: unknown. */
  readonly lastDowntimeMs?: number;
  /** What could make it fail. */
  readonly risks: readonly string[];
  /** Of a FlinkStateSnapshot: what becomes of its data when the resource is deleted. */
  readonly onDeletion?: string;
  /** Of a session cluster: the plans of its jobs. */
  readonly jobs?: readonly Plan[];
}

export interface PlannedChange {
  /** The path within the resource. */
  readonly field: string;
  readonly before: string;
  readonly after: string;
  readonly effect: ChangeEffect;
}

/** What a job goes on from after a stop with a savepoint, whose path is not known before. */
export const SAVEPOINT_OF_STOP = "the savepoint that it is stopped with";

export interface PlannedRestore {
  /** A path, or words. */
  readonly from: string;
  /** Milliseconds since the snapshot was taken. Absent: unknown, or it is taken now. */
  readonly ageMs?: number;
  /** Snapshots that are not used, and why. */
  readonly refused: readonly { readonly snapshot: string; readonly why: string }[];
}

/**
 * The plan for a resource whose spec is the edited one, of which `start` has the present status and facts. `sessionJobs`: of
 * a session cluster, its jobs.
 */
export function planOf(start: Start, sessionJobs: readonly Start[] = []): Plan {
  const { pending } = foresee(start).passes.at(-1)?.decision.desired ?? {};
  // What happens once the change may act.
  const course = foresee(start, pending && true);
  const jobs = isReplaced(course) ? sessionJobs.map((job) => foreseeReplacement(job, course)) : [];
  return redactTexts({
    ...planOfPasses(start, course.passes),
    ...(pending === undefined ? {} : { waitsFor: pending.waitsFor }),
    ...(jobs.length === 0
      ? {}
      : { jobs: jobs.map(({ passes }, at) => planOfPasses(unedited(sessionJobs[at] as Start), passes)) }),
  });
}

const unedited = (start: Start): Start => ({ ...start, specBefore: start.resource.spec });

function planOfPasses(start: Start, passes: readonly Pass[]): Plan {
  const { resource } = start;
  const { metadata } = resource;
  const changes = changesOf(start);
  const steps = plannedActs(passes);
  const refused = refusalOf(start, passes, changes);
  const explanations = newDecisions(resource.status ?? {}, passes);
  const [newest] = explanations;
  const effect = effectOf(start, passes, steps, refused, changes);
  const disruptive = effect === "restart" || effect === "stop" || (effect === "waits" && !isSuspended(start));
  const isWaiting = effect === "waits" || (steps.length === 0 && refused === undefined);
  const waitsFor = isWaiting ? passes.at(-1)?.decision.desired.waitsFor : undefined;
  const restore = restoreOf(start, passes, newest);
  const lastUpgrade = lastUpgradeMs(resource.status ?? {});
  const lastDowntime = lastDowntimeMs(resource.status ?? {});
  return {
    kind: start.kind.type.kind,
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    effect,
    disruptive,
    changes,
    ...(refused === undefined ? {} : { refused }),
    steps,
    ...(restore === undefined ? {} : { restore }),
    ...(newest?.reason === undefined ? {} : { reason: newest.reason }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    touches: touchedBy(start, passes),
    ...(lastUpgrade === undefined || effect !== "restart" ? {} : { lastUpgradeMs: lastUpgrade }),
    ...(lastDowntime === undefined || effect !== "restart" ? {} : { lastDowntimeMs: lastDowntime }),
    risks: risksOf(steps),
  };
}

/**
 * Against the deployed spec. It records how the job was started, so what does nothing is a change only if the edit makes it.
 */
function changesOf({ kind, resource, facts, specBefore, effective }: Start): PlannedChange[] {
  const { spec } = effective?.(resource) ?? resource;
  const deployed = deployedIn(resource.status, kind.spec);
  if (deployed === undefined) return [];
  const options = { type: kind.spec, ...(facts.session === undefined ? {} : { mode: facts.session.mode }) };
  const edited = new Set(
    specBefore === undefined
      ? []
      : diffSpec(specBefore, resource.spec, options).changes.map(({ path }) => path),
  );
  return diffSpec(deployed, spec, options)
    .changes.filter(({ path, effect }) => effect !== "ignore" || edited.has(path))
    .map(({ path, before, after, effect }) => ({
      field: `spec.${path}`,
      before: showValue(path, before),
      after: showValue(path, after),
      effect,
    }));
}

/** What cannot be read is reported by the operator itself. */
function deployedIn(
  status: FlinkResourceStatus | undefined,
  type: Start["kind"]["spec"],
): object | undefined {
  try {
    return readLastReconciledSpec(status?.reconciliationStatus?.lastReconciledSpec, type)?.spec;
  } catch {
    return undefined;
  }
}

/** The error that the decisions end with. One that is there before, an edit without an effect does not cause. */
function refusalOf(
  { resource: { status } }: Start,
  passes: readonly Pass[],
  changes: readonly PlannedChange[],
): string | undefined {
  const error = passes.at(-1)?.decision.status.error;
  const isOlder = error === status?.error && changes.every(({ effect }) => effect === "ignore");
  return isOlder ? undefined : readStatusError(error)?.message;
}

/** The records of the status that the decisions add, or complete with a launch that was intended before, newest first. */
function newDecisions(before: FlinkResourceStatus, passes: readonly Pass[]): readonly DecisionRecord[] {
  const known = new Set((before.decisions ?? []).map((record) => JSON.stringify(record)));
  const after = passes.at(-1)?.decision.status.decisions ?? [];
  return after.filter((record) => !known.has(JSON.stringify(record)));
}

function effectOf(
  start: Start,
  passes: readonly Pass[],
  steps: readonly PlannedAct[],
  refused: string | undefined,
  changes: readonly PlannedChange[],
): PlanEffect {
  const { resource } = start;
  const stops = steps.some(({ stops }) => stops === true);
  const starts = steps.some(({ starts }) => starts === true);
  const runs = isRunning(start);
  if (stops && starts && runs) return "restart";
  if ((stops && runs && !starts) || suspends(resource.status, passes)) return "stop";
  if (starts) return "start";
  if (refused !== undefined) return "refused";
  if (steps.some(({ what }) => what === "scale in place")) return "in place";
  if (changes.some(({ effect }) => effect === "upgrade" || effect === "redeploy"))
    return isSuspended(start) && resource.spec.job?.state === "suspended" ? "when resumed" : "waits";
  return steps.length > 0 || changes.some(({ effect }) => effect !== "ignore") ? "in place" : "nothing";
}

/** Whether there is something that a user would miss: a job that has not ended, or a session cluster. */
function isRunning({ kind, resource: { status }, facts }: Start): boolean {
  const deployed = deployedIn(status, kind.spec) as Start["resource"]["spec"] | undefined;
  if (deployed === undefined) return false;
  if (deployed.job === undefined) return facts.jobManager !== undefined;
  const { state } = status?.jobStatus ?? {};
  return deployed.job.state !== "suspended" && state !== undefined && !isTerminal(state);
}

/** The deployed job is suspended. */
const isSuspended = ({ kind, resource: { status } }: Start): boolean =>
  (deployedIn(status, kind.spec) as Start["resource"]["spec"] | undefined)?.job?.state === "suspended";

/** The job is recorded as suspended although nothing had to be stopped. */
const suspends = (before: FlinkResourceStatus | undefined, passes: readonly Pass[]): boolean =>
  before?.lifecycleState !== "SUSPENDED" && passes.at(-1)?.decision.status.lifecycleState === "SUSPENDED";

function restoreOf(
  { now, assumed }: Start,
  passes: readonly Pass[],
  decided: DecisionRecord | undefined,
): PlannedRestore | undefined {
  if (decided?.restoresFrom === undefined || decided.act === "Suspend") return undefined;
  const { restoresFrom: from, refused = [] } = decided;
  const [first] = passes;
  // Decisions name paths without secrets.
  const known =
    first === undefined ? [] : redactTexts(knownSnapshots(first.decision.observed.status, first.facts));
  const takenAt = assumed ? undefined : known.find(({ path }) => path === from)?.takenAt;
  return {
    from: from === FUTURE_SAVEPOINT ? SAVEPOINT_OF_STOP : from,
    ...(takenAt === undefined ? {} : { ageMs: Math.max(0, now - takenAt) }),
    refused: refused.map(({ snapshot = "", why = "" }) => ({ snapshot, why })),
  };
}

/** What else the steps touch. */
function touchedBy({ resource, facts, assumed }: Start, passes: readonly Pass[]): string[] {
  const deletes = passes.some(({ decision }) =>
    decision.actions.some(({ kind }) => kind === "delete-deployment"),
  );
  const pods = deletes && !assumed ? facts.jobManagerPods.length + facts.taskManagerPods.length : 0;
  const jobs = resource.spec.job === undefined && deletes ? (facts.sessionJobs ?? []) : [];
  return [
    ...(pods === 0
      ? []
      : [`${pods} pod${pods === 1 ? "" : "s"} of the cluster ${resource.metadata.name} stop`]),
    ...jobs
      .filter(({ needsCluster }) => needsCluster)
      .map(({ name, stateful }) =>
        stateful
          ? `the session job ${name} saves its state, stops and starts again`
          : `the session job ${name} stops and starts again empty`,
      ),
  ];
}

/** What could make it fail, of what the operator cannot know before it acts. */
function risksOf(steps: readonly PlannedAct[]): string[] {
  const has = (what: PlannedAct["what"]): boolean => steps.some((step) => step.what === what);
  const risk = (what: PlannedAct["what"], text: string): string[] => (has(what) ? [text] : []);
  return [
    ...risk(
      "validate",
      "the API server refuses the new objects (quota, admission): then what runs stays as it is",
    ),
    ...risk(
      "check script",
      "the script is wrong, or does not go on from all state: then the job stays as it is, and the edit is refused",
    ),
    ...risk(
      "stop with savepoint",
      "the savepoint fails, as where its directory cannot be written: then the job runs on, and it is tried again",
    ),
    ...steps
      .filter(({ what }) => what === "fetch jar")
      .map(({ of = "" }) => `the jar ${of} cannot be fetched: then the job stays as it is`),
    ...risk(
      "create cluster",
      "the image or the jar cannot be had, or no node has room: then the new cluster does not start",
    ),
  ];
}
