import type { Submission } from "../../api/flinkFacts.ts";
import { type UpgradeMode, upgradeModes } from "../../api/v1beta1/flinkdeployment.ts";
import type { ClusterObjects } from "../build/cluster.ts";
import { diffSpec } from "../diff/diff.ts";
import { type LastReconciledSpec, readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { errorTypes } from "../statusError.ts";
import { noticeOfAutoscaler, noticeOfVersion } from "../warn/warnOfNoEffect.ts";
import { untilShutdown } from "./deletion/endedJobManager.ts";
import { disruptionStep, effectiveHold, seenGeneration, withChange } from "./disruption/consideredChange.ts";
import type { Hold } from "./disruption/hold.ts";
import { noticeOf, pendingEvents, withoutBegunChange } from "./disruption/pendingChange.ts";
import { type DisruptionStep, disruptionOf, untilPlaceChanges, waveEvents } from "./disruption/wave.ts";
import {
  type Decision,
  type EventIntent,
  type IndependentActions,
  noIndependentActions,
} from "./model/decision.ts";
import type { Facts } from "./model/facts.ts";
import type { FlinkResource, FlinkResourceSpec, FlinkResourceStatus } from "./model/flinkResource.ts";
import type { ResourceKind } from "./model/resourceKind.ts";
import type { Settings } from "./model/settings.ts";
import type { Launch, Outcome, Situation, Step } from "./model/situation.ts";
import { exceptionEvents, withoutDuplicateProblems } from "./observe/jobExceptions.ts";
import { type Observation, observe } from "./observe/observe.ts";
import { jobOf } from "./observe/observeJob.ts";
import { factsMissing, isAtRest, pollPlan } from "./observe/pollPlan.ts";
import { missingForTasks } from "./observe/tasksAtWork.ts";
import { goesInPlace } from "./rescale/eligibility.ts";
import { untilRollback } from "./rollback/rollback.ts";
import { type RollbackView, rollbackView } from "./rollback/rollbackView.ts";
import { untilNextSnapshot } from "./snapshots/takeSnapshots.ts";
import { completeStatus } from "./status/completeStatus.ts";
import type { DesiredState } from "./status/conditionReason.ts";
import { withConditions } from "./status/conditions.ts";
import { withDecision, withLaunch, withStop, withTasksAtWork } from "./status/decisionRecord.ts";
import { newEvents, report } from "./status/failure.ts";
import { noticeEvent } from "./status/noticeEvent.ts";
import { isLaunchIntended, knownStatus } from "./status/status.ts";
import { statusDelay } from "./status/statusDelay.ts";
import { refusedScript } from "./upgrade/refusedScript.ts";
import { pollOther } from "./warm/pollOther.ts";

/** What a decision needs from a spec's effective configuration. Evaluated lazily. */
export interface SpecConfiguration {
  readonly settings: Settings;
  /** `$internal.pipeline.job-id`, if the user set it. */
  readonly fixedJobId: string | undefined;
  /** The first validation error of the spec. */
  readonly error: { readonly field: string; readonly message: string } | undefined;
  build(launch: Launch): ClusterObjects;
  /** Of session jobs, the request that submits the job; of applications, the jars that their pods fetch. */
  submission?: ((launch: Launch) => Submission) | undefined;
}

/** How resources of one kind are reconciled. */
export interface Procedure {
  readonly kind: ResourceKind;
  /** The steps in order. The first step with an outcome decides the reconcile. */
  stepsFor(situation: Situation): readonly Step[];
  decideDeletion(situation: Situation): Outcome;
  /** Decides on spec.ingress, for a kind that has it. `decided` is the status after the steps. */
  decideIngress?(situation: Situation, decided: FlinkResourceStatus): IngressDecision;
}

/** The decision on spec.ingress, independent of the steps. */
export interface IngressDecision {
  readonly status: FlinkResourceStatus;
  readonly events: readonly EventIntent[];
  readonly actions: IndependentActions;
  /** Used instead of `actions` if the actions of the steps fail and the recorded spec stays. */
  readonly actionsAfterFailure: IndependentActions;
}

export interface Input {
  readonly resource: FlinkResource;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Plans only: a change that would wait for approval or a disruption window acts at once. */
  readonly disruptionAllowed?: true | undefined;
  configure(spec: FlinkResourceSpec, deployed: LastReconciledSpec | undefined): SpecConfiguration;
}

/**
 * Decides one reconcile of a resource of the kind that `procedure` is for. Pure: equal input gives an equal decision.
 */
export function decide(input: Input, procedure: Procedure): Decision {
  const { facts, now } = input;
  const { kind } = procedure;
  const known = knownStatus(input.resource.status);
  const stored = readStored(input.resource, known, kind);
  if (stored instanceof Error) return decideUnreadable(input, known, stored.message, procedure);
  const { resource, before, deployed, asStored } = stored;
  const requested = input.configure(resource.spec, deployed);
  const current = deployed === undefined ? requested : input.configure(deployed.spec, deployed);
  // An invalid edit changes nothing: the deployed spec stays in effect (REFERENCE 1.4).
  const invalid = requested.error ?? refusedScript({ kind, resource, status: before, deployed });
  const deleting = resource.metadata.deletionTimestamp !== undefined;
  const diffTo = (spec: FlinkResourceSpec | undefined) =>
    deployed === undefined || spec === undefined
      ? undefined
      : diffSpec(deployed.spec, spec, {
          type: kind.spec,
          ...(facts.session === undefined ? {} : { mode: facts.session.mode }),
        });
  const edit = invalid === undefined ? diffTo(resource.spec) : undefined;
  const change = {
    resource,
    before,
    deployed,
    diff: edit,
    settings: current.settings,
    nextSettings: requested.settings,
    wave: facts.wave,
    now,
    isRefused: invalid !== undefined,
    mayAct: deleting || input.disruptionAllowed === true,
    isReplaced: facts.session?.replacement !== undefined,
  };
  const situate = (hold: Hold | undefined) => {
    // A change that waits has no effect either, as if it had not been made.
    const isDeferred = invalid !== undefined || hold !== undefined;
    const spec = isDeferred ? deployedSpec(deployed, before, resource.spec) : resource.spec;
    const diff = isDeferred ? diffTo(spec) : edit;
    const settled = invalid === undefined && diff?.type === "IGNORE";
    const observation = observe(before, deployed, facts, current.settings, now, settled, deleting);
    const observed = deleting ? withoutProblems(observation, before) : observation;
    const generation = seenGeneration(change, hold);
    const rejected = invalid && invalidSpec({ ...observed.status, observedGeneration: generation }, invalid);
    const next = isDeferred ? current : requested;
    const shown = withTasksAtWork(rejected?.status ?? withoutRefusal(observed.status));
    const situation: Situation = {
      kind,
      resource,
      uid: resource.metadata.uid ?? "",
      generation: generation ?? resource.metadata.generation ?? 0,
      spec: spec ?? resource.spec,
      status: withChange(shown, change, hold),
      deployed,
      diff,
      facts,
      settings: current.settings,
      nextSettings: next.settings,
      now,
      fixedJobId: next.fixedJobId,
      build: next.build,
      submission: next.submission,
      asDeployed: { fixedJobId: current.fixedJobId, build: current.build, submission: current.submission },
    };
    return { situation, observed, rejected, isDeferred, hasSpec: spec !== undefined };
  };
  const hold = effectiveHold(change, () => goesInPlace(situate(undefined).situation));
  const { situation, observed, rejected, isDeferred, hasSpec } = situate(hold);
  const placeFacts = {
    now,
    settings: requested.settings,
    job: jobOf(facts, situation.status.jobStatus?.jobId),
    sessionJobs: facts.sessionJobs,
  };
  const withPlace = (next: FlinkResourceStatus, step: DisruptionStep | undefined) => {
    const disruption = disruptionOf(next, before.disruption, step, placeFacts);
    return {
      status: before.disruption === disruption ? next : { ...next, disruption },
      events: waveEvents(before.disruption, disruption, requested.settings, facts.wave),
    };
  };
  const outcome = runSteps(situation, hasSpec, procedure);
  if (isLookOnly(outcome)) return lookFirst(situation, known, hold);
  // A previous failure is obsolete unless the action fails again.
  const next = explained(outcome, situation);
  const begun = hold === undefined ? withoutBegunChange(next, situation.status) : next;
  const afterSteps = { ...begun, retry: undefined };
  const independent = deleting ? undefined : procedure.decideIngress?.(situation, afterSteps);
  const decided = independent?.status ?? afterSteps;
  const desired = desiredStateOf(situation, decided, outcome, hold);
  const toStore = (shown: FlinkResourceStatus) => asStored(shown, isDeferred);
  const complete = completeStatus(toStore(decided), desired, now);
  const step = disruptionStep(change, hold, decided, outcome.prepares === true);
  const { status, events: placeEvents } = withPlace(complete, step);
  const exceptions = deleting ? [] : exceptionEvents(before, facts, current.settings, now);
  const problems = withoutDuplicateProblems(observed.events, exceptions, facts);
  const seen = [
    ...problems,
    ...(rejected?.events ?? []),
    ...pendingEvents(resource, before, situation.status),
  ];
  // An action fails: nothing is begun.
  const unacted = withPlace(toStore(situation.status), undefined);
  const actions = outcome.actions ?? [];
  const independentActions = independent?.actions ?? noIndependentActions;
  const events = newEvents(before, status, [
    ...seen,
    ...(outcome.events ?? []),
    ...noticeEvents(situation, decided),
    ...placeEvents,
    ...(independent?.events ?? []),
  ]);
  return {
    actions,
    independent: independentActions,
    status,
    events,
    statusDelayMs: statusDelay({
      before,
      next: status,
      actions: [...actions, ...independentActions.actions],
      events,
      isReadByOthers: situation.spec.job === undefined,
      goesOnAtOnce: outcome.requeueAfterMs === 0,
      factsMissing: factsMissing(decided, facts),
    }),
    observed: {
      status: unacted.status,
      events: [...seen, ...unacted.events],
      poll: pollPlan(situation, situation.status),
      independent: independent?.actionsAfterFailure ?? noIndependentActions,
    },
    desired,
    retry: current.settings.retry,
    poll: pollPlan(situation, decided, outcome),
    ...pollOther(situation, decided),
    ...(outcome.follow === undefined ? {} : { follow: outcome.follow }),
    logRequest: observed.logRequest,
    ...(hold?.places === undefined ? {} : { waitsForPlaceOf: hold.places }),
    requeueAfterMs: Math.min(
      untilWindow(outcome.requeueAfterMs ?? requeueDelay(situation, decided), hold?.until, now),
      (status.disruption && untilPlaceChanges(status.disruption, placeFacts)) ?? Number.POSITIVE_INFINITY,
    ),
  };
}

/** The opening of the window that a change waits for, if it comes before. */
const untilWindow = (delayMs: number, opensAt: number | undefined, now: number): number =>
  opensAt === undefined ? delayMs : Math.min(delayMs, Math.max(0, opensAt - now));

const isLookOnly = ({ looksFirst, waitsFor, actions, status, events }: Outcome): boolean =>
  looksFirst === true && [waitsFor, actions, status, events].every((part) => part === undefined);

/** Nothing is done, reported or written before Flink has answered. */
function lookFirst(situation: Situation, known: FlinkResourceStatus, hold: Hold | undefined): Decision {
  const poll = pollPlan(situation, situation.status, { looksFirst: true });
  return {
    actions: [],
    independent: noIndependentActions,
    status: known,
    events: [],
    statusDelayMs: 0,
    observed: { status: known, events: [], poll, independent: noIndependentActions },
    desired: desiredStateOf(situation, situation.status, {}, hold),
    retry: situation.settings.retry,
    poll,
    logRequest: undefined,
    requeueAfterMs: LOOK_AGAIN_MS,
  };
}

/** The poller reports the answer; this is for one that does not come. */
const LOOK_AGAIN_MS = 1_000;

/** The input of the decision. For a resource that is rolled back, the view of it. */
interface Stored extends RollbackView {
  readonly before: FlinkResourceStatus;
  readonly deployed: LastReconciledSpec | undefined;
}

function readStored(
  requested: FlinkResource,
  known: FlinkResourceStatus,
  kind: ResourceKind,
): Stored | Error {
  try {
    const view = rollbackView(requested, known, kind);
    const before = view.resource.status ?? known;
    const deployed = readLastReconciledSpec(before.reconciliationStatus?.lastReconciledSpec);
    return { ...view, before, deployed };
  } catch (error) {
    return error as Error;
  }
}

/**
 * The recorded spec cannot be read, so no action is safe; the status reports that. Deletion stays possible, because
 * it needs only the name of the resource.
 */
function decideUnreadable(
  input: Input,
  before: FlinkResourceStatus,
  message: string,
  procedure: Procedure,
): Decision {
  const { deletionTimestamp, finalizers } = input.resource.metadata;
  if (deletionTimestamp !== undefined && finalizers?.includes(procedure.kind.finalizer)) {
    const { lastReconciledSpec: _, ...reconciliationStatus } = before.reconciliationStatus ?? {};
    return decide(
      { ...input, resource: { ...input.resource, status: { ...before, reconciliationStatus } } },
      procedure,
    );
  }
  const { status, events } = report(before, errorTypes.reconciliation, "Error", message, "Operator");
  const { generation = 0 } = input.resource.metadata;
  const desired: DesiredState = {
    subject: "application",
    generation,
    deleting: false,
    shouldRun: true,
    changePending: false,
    waitsFor: undefined,
  };
  return {
    actions: [],
    independent: noIndependentActions,
    status: withConditions(status, desired, input.now),
    events,
    statusDelayMs: 0,
    observed: { status, events, poll: undefined, independent: noIndependentActions },
    desired,
    retry: undefined,
    poll: undefined,
    logRequest: undefined,
    requeueAfterMs: undefined,
  };
}

/** The cluster of a resource that is being deleted is expected to disappear, so that is not reported. */
const withoutProblems = (observed: Observation, { error }: FlinkResourceStatus): Observation => ({
  ...observed,
  status: { ...observed.status, error },
  events: observed.events.filter(({ type }) => type === "Normal"),
});

function runSteps(situation: Situation, valid: boolean, procedure: Procedure): Outcome {
  const { metadata } = situation.resource;
  if (metadata.deletionTimestamp !== undefined) {
    return metadata.finalizers?.includes(procedure.kind.finalizer) ? procedure.decideDeletion(situation) : {};
  }
  if (!valid) return {};
  let answered: Outcome = {};
  let current = situation;
  for (const step of procedure.stepsFor(situation)) {
    const outcome = step(current);
    if (outcome === undefined) continue;
    answered = combined(answered, outcome);
    if (outcome.othersMayAct !== true) return answered;
    // The steps that follow add to what this one writes into the status.
    if (outcome.status !== undefined) current = { ...current, status: outcome.status };
  }
  return answered;
}

/** Joins the outcome of steps with `othersMayAct` with the outcome of a later step: actions and events of both. */
const combined = (waiting: Outcome, next: Outcome): Outcome => {
  const joined = { ...waiting, ...next };
  const actions = [...(waiting.actions ?? []), ...(next.actions ?? [])];
  const events = [...(waiting.events ?? []), ...(next.events ?? [])];
  return {
    ...joined,
    ...(actions.length === 0 ? {} : { actions }),
    ...(events.length === 0 ? {} : { events }),
    ...(waiting.follow === undefined ? {} : { follow: { ...waiting.follow, ...next.follow } }),
  };
};

const invalidSpec = (status: FlinkResourceStatus, { field, message }: { field: string; message: string }) =>
  report(status, errorTypes.validation, "ValidationError", `${field}: ${message}`, "Operator");

/** The spec is valid: the refusal of an earlier one is obsolete, also where nothing runs that could become stable. */
const withoutRefusal = (status: FlinkResourceStatus): FlinkResourceStatus =>
  status.error?.includes(errorTypes.validation) === true ? { ...status, error: undefined } : status;

/**
 * During an upgrade the recorded spec says suspended although the job is to run, so the state comes from the
 * requested spec. The upgrade mode is the requested one too: the recorded one says how the last launch restored,
 * which is "stateless" after every first launch.
 */
function deployedSpec(
  deployed: LastReconciledSpec | undefined,
  status: FlinkResourceStatus,
  requested: FlinkResourceSpec,
): FlinkResourceSpec | undefined {
  if (deployed?.spec.job === undefined) return deployed?.spec;
  const upgrading = status.reconciliationStatus?.state === "UPGRADING";
  const requestedState = requested.job?.state === "suspended" ? "suspended" : "running";
  const state = upgrading ? requestedState : deployed.spec.job.state;
  return {
    ...deployed.spec,
    job: { ...deployed.spec.job, state, upgradeMode: requestedUpgradeMode(requested) },
  };
}

/** Adds the reason of the decision in the same status write as the intent. */
function explained(
  { status: next, explanation, launchedFrom, stoppedAt: stopped }: Outcome,
  { status: observed, deployed, generation, now }: Situation,
): FlinkResourceStatus {
  const status = withFirstStop(withoutObsoleteRescale(next ?? observed, observed), observed, deployed);
  const decided = explanation === undefined ? status : withDecision(status, explanation, generation, now);
  if (launchedFrom === undefined) return decided;
  // The intent of a launch is recorded once nothing of the job runs any more, or in order to take it down.
  const stoppedAt = stopped ?? observed.reconciliationStatus?.reconciliationTimestamp;
  return withLaunch(decided, launchedFrom, generation, now, stoppedAt);
}

/** The intent of a launch is written anew, for a newer edit: what ran before was stopped for the first one. */
function withFirstStop(
  next: FlinkResourceStatus,
  observed: FlinkResourceStatus,
  deployed: LastReconciledSpec | undefined,
): FlinkResourceStatus {
  const stoppedAt = observed.reconciliationStatus?.reconciliationTimestamp;
  const { state, reconciliationTimestamp } = next.reconciliationStatus ?? {};
  return isLaunchIntended(observed, deployed) &&
    state === "UPGRADING" &&
    stoppedAt !== undefined &&
    reconciliationTimestamp !== stoppedAt
    ? withStop(next, stoppedAt)
    : next;
}

/** A job that is launched anew has the parallelism of its spec. */
function withoutObsoleteRescale(
  next: FlinkResourceStatus,
  observed: FlinkResourceStatus,
): FlinkResourceStatus {
  const { rescale, ...rest } = next;
  const recorded = ({ reconciliationStatus }: FlinkResourceStatus) =>
    reconciliationStatus?.lastReconciledSpec;
  return rescale === undefined || recorded(next) === recorded(observed) ? next : rest;
}

/** The requested upgrade mode. If it is itself invalid, a mode that keeps the state. */
const requestedUpgradeMode = ({ job }: FlinkResourceSpec): UpgradeMode => {
  if (job === undefined) return "last-state";
  const { upgradeMode = "stateless" } = job;
  return upgradeModes.includes(upgradeMode) ? upgradeMode : "last-state";
};

function desiredStateOf(
  { resource, spec, status: observed, diff, facts, nextSettings, now }: Situation,
  decided: FlinkResourceStatus,
  { waitsFor, blockedBy }: Outcome,
  hold: Hold | undefined,
): DesiredState {
  const recorded = (status: FlinkResourceStatus) => status.reconciliationStatus?.lastReconciledSpec;
  const differs = diff !== undefined && diff.type !== "IGNORE";
  const isSessionJob = facts.session !== undefined;
  return {
    subject: isSessionJob ? "session job" : spec.job === undefined ? "session cluster" : "application",
    generation: resource.metadata.generation ?? 0,
    deleting: resource.metadata.deletionTimestamp !== undefined,
    shouldRun: spec.job?.state !== "suspended",
    changePending: differs && recorded(decided) === recorded(observed),
    noEffect: noticeOfAutoscaler(nextSettings.autoscalerLimit),
    waitsFor,
    ...(hold === undefined || decided.pendingChange === undefined
      ? {}
      : { pending: noticeOf(resource, decided.pendingChange) }),
    tasksMissing: missingForTasks(decided, facts, now),
    blockedBy,
  };
}

/** Notices about the spec, when it is first acted on. */
const noticeEvents = (
  { status: before, spec, nextSettings }: Situation,
  { observedGeneration }: FlinkResourceStatus,
): EventIntent[] =>
  observedGeneration === before.observedGeneration
    ? []
    : [noticeOfAutoscaler(nextSettings.autoscalerLimit), noticeOfVersion(spec.flinkVersion)]
        .filter((notice) => notice !== undefined)
        .map((notice) => noticeEvent(notice, observedGeneration));

/** When to reconcile again without any event. Usually the watches and the poller enqueue a resource earlier. */
function requeueDelay(situation: Situation, status: FlinkResourceStatus): number {
  const interval = isAtRest(status, situation)
    ? Math.min(restDelay(situation), untilShutdown(situation) ?? Number.POSITIVE_INFINITY)
    : situation.settings.progressCheckIntervalMs;
  return Math.min(
    interval,
    untilRollback(situation) ?? Number.POSITIVE_INFINITY,
    untilNextSnapshot(situation) ?? Number.POSITIVE_INFINITY,
  );
}

/**
 * While everything answers, only a change of the facts can change the decision, and each change enqueues the resource. The
 * poller asks at the interval of the configuration all the same.
 */
function restDelay({ facts, settings }: Situation): number {
  const { jobManager, flink } = facts;
  const { reconcileIntervalMs, health } = settings;
  // Exceptions are asked for after a change of the job only: their failure stays as long as nothing changes.
  const failing = Object.keys(flink?.partFailures ?? {}).filter((part) => part !== "exceptions");
  const answers = flink?.reachability === "ok" && failing.length === 0;
  return (jobManager === undefined || answers) && health === undefined
    ? Math.max(reconcileIntervalMs, RESYNC_MS)
    : reconcileIntervalMs;
}

/** How often a resource at rest is reconciled without any change. */
const RESYNC_MS = 300_000;
