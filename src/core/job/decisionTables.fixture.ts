/** Reconciles the situations of the reference's tables and renders the outcomes in the tables' words. */
import type { JobState } from "../../api/flinkFacts.ts";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import type { Decision } from "./model/decision.ts";
import type { Facts, JobManagerDeployment } from "./model/facts.ts";
import type { Settings } from "./model/settings.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  noCluster,
  withJobSpec,
} from "./situation.fixture.ts";

export const now = 100_000;
export const kindsOf = ({ actions }: Pick<Decision, "actions">) => actions.map(({ kind }) => kind);
export const recorded = ({ reconciliationStatus }: FlinkDeploymentStatus) =>
  readLastReconciledSpec(reconciliationStatus?.lastReconciledSpec)?.spec;

export interface Case {
  readonly spec: FlinkDeploymentSpec;
  readonly status?: FlinkDeploymentStatus | undefined;
  readonly facts?: Partial<Facts>;
  readonly settings?: Partial<Settings>;
  readonly now?: number;
}
export const pass = ({ spec, status, facts = {}, settings = {}, now: at = now }: Case) =>
  decideFlinkDeployment(
    anInput(aResource(spec, status), facts, { now: at, configure: aConfiguration(settings) }),
  );

/** Runs several reconciles, each with its own facts. Returns all actions and the final state. */
export function reconcileAll(first: Case, then: readonly Partial<Facts>[]) {
  let decision = pass(first);
  const acts = [...kindsOf(decision)];
  for (const facts of [first.facts ?? {}, ...then]) {
    const status = decision.status;
    const trigger = status.jobStatus?.savepointInfo?.triggerId;
    const { flink } = facts;
    const named =
      flink?.savepoint === undefined || trigger === undefined
        ? facts
        : { ...facts, flink: { ...flink, savepoint: { ...flink.savepoint, triggerId: trigger } } };
    decision = pass({ ...first, status, facts: named, now: now + acts.length + 1 });
    acts.push(...kindsOf(decision));
  }
  return { acts, status: decision.status };
}

export const edited = (
  upgradeMode: "stateless" | "savepoint" | "last-state",
  more: Partial<FlinkDeploymentSpec> = {},
) => withJobSpec({ args: ["new"], upgradeMode }, more);
export const suspendedSpec = (upgradeMode: "stateless" | "savepoint" | "last-state") =>
  withJobSpec({ state: "suspended", upgradeMode });
export const withoutHa: Partial<Facts> = { haConfigMaps: [] };
export const reportedCheckpoint = checkpointFacts({ latestCompleted: aSnapshot(7) });
export const job = (state: JobState, more: Partial<Facts> = {}): Partial<Facts> => ({
  flink: flinkFacts(state, reportedCheckpoint),
  ...more,
});
export const savepoint = (status: object, state: JobState = "RUNNING"): Partial<Facts> => ({
  flink: flinkFacts(state, {
    ...reportedCheckpoint,
    savepoint: { jobId: aJobId, triggerId: "", at: now, status } as never,
  }),
});

/** One reconcile of an edit: the recorded suspend mode, or what it waits for, or what is wrong. */
export function suspendModeOf(given: Omit<Case, "status"> & { status: FlinkDeploymentStatus }): string {
  const { status } = pass(given);
  const { reconciliationStatus, jobStatus, error } = status;
  if (jobStatus?.savepointInfo?.triggerType === "UPGRADE") return "stop-with-savepoint";
  if (reconciliationStatus?.state === "UPGRADING") {
    if (jobStatus?.state === "CANCELLING") return "CANCEL async";
    const mode = recorded(status)?.job?.upgradeMode;
    const { jobStatus: before } = given.status;
    const ended = before?.state === "FINISHED" || before?.state === "FAILED" || before?.state === "CANCELED";
    return mode === "last-state"
      ? "LAST_STATE"
      : ended || mode === "savepoint"
        ? `NOOP, ${mode}`
        : "STATELESS";
  }
  if (error !== undefined) return (JSON.parse(error) as { message: string }).message;
  return "wait";
}

export const inState = (state: JobState, more: Parameters<typeof aStatus>[1] = {}) =>
  aStatus(aSpec, { ...more, job: { state, ...more.job } });
export const launchedBy = (
  upgradeMode: "stateless" | "savepoint" | "last-state",
  more: Parameters<typeof aStatus>[1],
) => aStatus(withJobSpec({ upgradeMode }), more);
export const never: JobManagerDeployment = {
  ...aDeployment,
  availableReplicas: 0,
  conditions: [
    {
      type: "Available",
      status: "False",
      reason: "MinimumReplicasUnavailable",
      message: "",
      lastTransitionTime: aDeployment.creationTimestamp,
    },
  ],
};
export const startedBefore: JobManagerDeployment = {
  ...never,
  conditions: [
    ...never.conditions.map((condition) => ({ ...condition, lastTransitionTime: "2026-01-01T00:05:00Z" })),
    {
      type: "Progressing",
      status: "True",
      reason: "NewReplicaSetAvailable",
      message: "",
      lastTransitionTime: "",
    },
  ],
};
export const silent: Partial<Facts> = {
  flink: undefined,
  jobManagerPods: [{ name: "job-abc", ip: undefined, ready: false, deleting: false, problem: undefined }],
};
export const imagePullFailure: Partial<Facts> = {
  flink: undefined,
  jobManagerPods: [
    {
      name: "job-abc",
      ip: undefined,
      ready: false,
      deleting: false,
      problem: {
        container: "flink-main-container",
        reason: "ImagePullBackOff",
        message: "no",
        restartCount: 0,
      },
    },
  ],
};
export const gone = { ...noCluster };
export const reconciling = (jobManagerDeploymentStatus: "DEPLOYING" | "ERROR" | "MISSING" | "READY") =>
  inState("RECONCILING", { jobManagerDeploymentStatus, clusterInfo: {} });
