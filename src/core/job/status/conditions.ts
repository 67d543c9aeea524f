import type { JobState } from "../../../api/flinkFacts.ts";
import type { Condition, JobManagerDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { firstReason, type Reason } from "../../reasons.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { type ConditionReason, conditionReasonOf, type DesiredState } from "./conditionReason.ts";

const RUNNING = "Running";
/** False while a part of the spec has no effect; otherwise absent. */
const EFFECTIVE = "Effective";
/** True while a change waits for approval or for a disruption window; otherwise absent. */
const DISRUPTION_PENDING = "DisruptionPending";
const KSTATUS = ["Ready", "Reconciling", "Stalled"] as const;

/** A condition without its transition time. */
type UntimedCondition = Required<Pick<Condition, "type" | "status" | "message">> &
  Pick<Condition, "observedGeneration"> & { readonly reason: Reason };

/**
 * The reference's `Running` (REFERENCE 1.2) and the conditions of kstatus: `kubectl wait`, Argo CD and Flux read the
 * result from `Ready`, `Reconciling` and `Stalled`. Conditions of other writers stay.
 */
export function withConditions(
  status: FlinkResourceStatus,
  desired: DesiredState,
  now: number,
): FlinkResourceStatus {
  const derived = [
    ...runningOf(status, desired),
    ...kstatusOf(conditionReasonOf(status, desired), desired.generation),
    ...effectiveOf(desired),
    ...disruptionPendingOf(desired),
  ];
  const ours: ReadonlySet<string | undefined> = new Set([RUNNING, ...KSTATUS, EFFECTIVE, DISRUPTION_PENDING]);
  const others = (status.conditions ?? []).filter(({ type }) => !ours.has(type));
  return {
    ...status,
    conditions: [...others, ...derived.map((each) => withTransitionTime(each, status, now))],
  };
}

/**
 * True while the job's state is RUNNING, or the JobManager of a session cluster is READY. Absent before anything is
 * deployed.
 */
function runningOf(
  { reconciliationStatus, jobStatus, jobManagerDeploymentStatus = "MISSING" }: FlinkResourceStatus,
  { subject }: DesiredState,
): UntimedCondition[] {
  const state = jobStatus?.state;
  if (reconciliationStatus?.lastReconciledSpec === undefined) return [];
  if (subject === "session cluster") {
    const said = sessionClusterReasons[jobManagerDeploymentStatus];
    return [{ type: RUNNING, status: truth(jobManagerDeploymentStatus === "READY"), ...said }];
  }
  if (state === undefined) return [];
  const reason = jobStateReason(state);
  return [{ type: RUNNING, status: truth(state === "RUNNING"), reason, message: `Job status ${state}` }];
}

const effectiveOf = ({ noEffect, generation: observedGeneration }: DesiredState): UntimedCondition[] => {
  if (noEffect === undefined) return [];
  const { reason, message } = noEffect;
  return [{ type: EFFECTIVE, status: "False", observedGeneration, reason, message }];
};

const disruptionPendingOf = ({
  pending,
  generation: observedGeneration,
}: DesiredState): UntimedCondition[] =>
  pending === undefined
    ? []
    : [
        {
          type: DISRUPTION_PENDING,
          status: "True",
          observedGeneration,
          reason: pending.reason,
          message: pending.message,
        },
      ];

/** The conditions of kstatus for a resource that has no others of ours. Conditions of other writers stay. */
export function withKstatus(
  conditions: readonly Condition[] = [],
  reason: ConditionReason,
  generation: number,
  now: number,
): Condition[] {
  const ours: ReadonlySet<string | undefined> = new Set([...KSTATUS, EFFECTIVE]);
  const others = conditions.filter(({ type }) => !ours.has(type));
  const derived = kstatusOf(reason, generation);
  return [...others, ...derived.map((each) => withTransitionTime(each, { conditions }, now))];
}

/** Flink's name of the state, in the form of a reason. */
const jobStateReason = (state: JobState): Reason =>
  firstReason(state.charAt(0) + state.slice(1).toLowerCase());

/** The reference's messages for a session cluster (REFERENCE 1.2). */
const sessionClusterReasons: Readonly<
  Record<JobManagerDeploymentStatus, { reason: Reason; message: string }>
> = {
  READY: {
    reason: "JobManagerReady",
    message: "JobManager is running and ready to receive REST API calls",
  },
  DEPLOYED_NOT_READY: {
    reason: "DeployedNotReady",
    message: "JobManager is running but not ready yet to receive REST API calls",
  },
  DEPLOYING: {
    reason: "JobManagerIsDeploying",
    message: "JobManager process is starting up",
  },
  MISSING: {
    reason: "JobManagerDeploymentMissing",
    message: "JobManager deployment not found",
  },
  ERROR: {
    reason: "Error",
    message: "JobManager deployment failed",
  },
};

function kstatusOf(
  { kind, reason, message }: ConditionReason,
  observedGeneration: number,
): UntimedCondition[] {
  const holds = { Ready: kind === "ready", Reconciling: kind === "reconciling", Stalled: kind === "stalled" };
  return KSTATUS.map((type) => ({
    type,
    status: truth(holds[type]),
    observedGeneration,
    ...(holds[type] || type === "Ready" ? { reason, message } : absent[type]),
  }));
}

/** Reason and message of a condition that is false. */
const absent = {
  Reconciling: { reason: "NothingUnderWay", message: "Nothing is under way." },
  Stalled: { reason: "NothingInTheWay", message: "Nothing stands in the way." },
} as const;

const truth = (holds: boolean): string => (holds ? "True" : "False");

function withTransitionTime(
  derived: UntimedCondition,
  { conditions }: { readonly conditions?: readonly Condition[] | undefined },
  now: number,
): Condition {
  const before = conditions?.find(({ type }) => type === derived.type);
  const unchanged = before?.status === derived.status ? before?.lastTransitionTime : undefined;
  const { type, status, observedGeneration, reason, message } = derived;
  return {
    type,
    status,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: unchanged ?? new Date(now).toISOString(),
    reason,
    message,
  };
}
