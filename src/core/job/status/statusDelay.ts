import type { Action, EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/**
 * How long a changed status may wait to be written together with a later change, in milliseconds. Writing a status is the
 * dearest request of a launch, and most of what a launch says on its way is obsolete a second later.
 */
export const statusDelays = {
  /** What an intent, a user or a successor needs is written at once. */
  none: 0,
  /** The job runs, and the TaskManagers that the status names too are asked for. */
  factsMissing: 1_000,
  /** The launch of what the status says already, a step of its start, or how far a deletion is. */
  progress: 10_000,
} as const;

export interface StatusChange {
  readonly before: FlinkResourceStatus;
  readonly next: FlinkResourceStatus;
  readonly actions: readonly Pick<Action, "kind">[];
  readonly events: readonly Pick<EventIntent, "type" | "reason">[];
  /** Whether other resources decide by it: the jobs of a session cluster. */
  readonly isReadByOthers: boolean;
  /** Whether the next decision follows at once. It begins with the status that is written. */
  readonly goesOnAtOnce: boolean;
  /** Of a job that runs: what the status names is still asked for. */
  readonly factsMissing: boolean;
}

/**
 * The delay of a change. A process that dies meanwhile leaves what a crash before the write leaves: a launch that is found
 * by its launch id, or facts that are observed again.
 */
export function statusDelay(change: StatusChange): number {
  const { before, next, actions, events, factsMissing } = change;
  if (change.isReadByOthers || change.goesOnAtOnce) return statusDelays.none;
  if (events.some(({ type }) => type === "Warning")) return statusDelays.none;
  if (actions.length > 0)
    return completesLaunch(before, next, actions) ? statusDelays.progress : statusDelays.none;
  if (events.length === 0 && isDeletionProgress(before, next)) return statusDelays.progress;
  // The Event of a change of the job's state comes with the status that says so.
  if (events.some(({ reason }) => reason !== "JobStatusChanged")) return statusDelays.none;
  if (isSame(withoutProgress(before), withoutProgress(next))) return statusDelays.progress;
  return factsMissing && onlyBecomesStable(before, next) ? statusDelays.factsMissing : statusDelays.none;
}

/** The intent of the launch is written, and all that this change adds is derived again from the cluster. */
const completesLaunch = (
  before: FlinkResourceStatus,
  next: FlinkResourceStatus,
  actions: StatusChange["actions"],
): boolean =>
  actions.some(({ kind }) => kind === "launch") &&
  before.error === undefined &&
  next.error === undefined &&
  before.reconciliationStatus?.state === "UPGRADING" &&
  next.reconciliationStatus?.state === "DEPLOYED" &&
  before.observedGeneration === next.observedGeneration;

const onlyBecomesStable = (before: FlinkResourceStatus, next: FlinkResourceStatus): boolean =>
  before.lifecycleState === "DEPLOYED" &&
  next.lifecycleState === "STABLE" &&
  next.jobStatus?.state === "RUNNING" &&
  isSame(withoutStability(before), withoutStability(next));

/** The status without what says that the job has become stable, and since when. */
function withoutStability({ jobStatus, disruption: _______, ...status }: FlinkResourceStatus): object {
  const { lifecycleState: _, conditions: __, run, reconciliationStatus, decisions, ...rest } = status;
  const { stateSince: ___, ...origin } = run ?? {};
  const { lastStableSpec: ____, ...reconciliation } = reconciliationStatus ?? {};
  const { state: _____, ...job } = jobStatus ?? {};
  return withoutProgress({
    ...rest,
    run: origin,
    reconciliationStatus: reconciliation,
    jobStatus: job,
    ...(decisions && { decisions: decisions.map(({ runningAt: ______, ...decision }) => decision) }),
  });
}

/** States of a job that was launched and has not run yet. */
const starting: ReadonlySet<string | undefined> = new Set(["RECONCILING", "INITIALIZING", "CREATED"]);
/** States of a JobManager's Deployment on its way. Whether it answers is a condition, too. */
const coming: ReadonlySet<string | undefined> = new Set(["DEPLOYING", "DEPLOYED_NOT_READY", "READY"]);

/** The status without what may be written later. */
function withoutProgress(status: FlinkResourceStatus): object {
  const {
    clusterInfo: _,
    taskManager: __,
    jobManagerDeploymentStatus,
    jobStatus,
    conditions,
    ...rest
  } = status;
  const { jobName: ___, startTime: ____, updateTime: _____, state, ...job } = jobStatus ?? {};
  return {
    ...rest,
    jobManager: coming.has(jobManagerDeploymentStatus) ? "coming" : jobManagerDeploymentStatus,
    job: { ...job, state: starting.has(state) ? "starting" : state },
    conditions: (conditions ?? []).map(({ type, status: truth, observedGeneration }) => ({
      type,
      truth,
      observedGeneration,
    })),
  };
}

/** The status says already that the resource is being deleted. All that a successor needs of what is left is in the cluster. */
const isDeletionProgress = (before: FlinkResourceStatus, next: FlinkResourceStatus): boolean =>
  before.lifecycleState === "DELETING" &&
  next.lifecycleState === "DELETING" &&
  isSame(withoutDeletionProgress(before), withoutDeletionProgress(next));

function withoutDeletionProgress({
  jobManagerDeploymentStatus: _,
  jobStatus,
  conditions,
  ...status
}: FlinkResourceStatus): object {
  const { state: __, ...job } = jobStatus ?? {};
  // Running says the state of the job.
  const others = (conditions ?? []).filter(({ type }) => type !== "Running");
  return withoutProgress({ ...status, jobStatus: job, conditions: others });
}

const isSame = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);
