import type { Operation, PollPlan, ResourceRequirements, Submission } from "../../../api/flinkFacts.ts";
import type { KubeObject } from "../../../api/kubernetes.ts";
import type { FlinkVersion } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Amount } from "../../../config/values/amount.ts";
import type { ClusterObjects } from "../../build/cluster.ts";
import type { RouteKind } from "../../build/ingress.ts";
import type { SqlCheckObjects } from "../../build/sqlCheck.ts";
import type { Reason } from "../../reasons.ts";
import type { DesiredState } from "../status/conditionReason.ts";
import type { FollowedFor, LogSource } from "./facts.ts";
import type { FlinkResourceStatus } from "./flinkResource.ts";
import type { Settings } from "./settings.ts";

/** What one reconcile does: the actions in order, then the events, then the status if it changed. */
export interface Decision {
  readonly actions: readonly Action[];
  /** Performed after the actions. A failure here stops nothing else. */
  readonly independent: IndependentActions;
  /** The status and the events if all actions succeed. */
  readonly status: FlinkResourceStatus;
  readonly events: readonly EventIntent[];
  /** How long the status, if it differs, may wait to be written together with a later change, in milliseconds. */
  readonly statusDelayMs: number;
  /**
   * The state as observed before the decision. It applies if an action or the status write fails. The poller then
   * keeps the plan of the observed status: a plan for an action that never happened would report changes at once, and
   * so cause reconciles in a loop.
   */
  readonly observed: {
    readonly status: FlinkResourceStatus;
    readonly events: readonly EventIntent[];
    readonly poll: PollPlan | undefined;
    readonly independent: IndependentActions;
  };
  /** The backoff between attempts of a failing action. */
  readonly retry: Settings["retry"] | undefined;
  /** The desired state from which the conditions of the status are derived. */
  readonly desired: DesiredState;
  /** What the poller observes from now on; undefined: nothing. */
  readonly poll: PollPlan | undefined;
  /** The same for the other cluster of the resource. */
  readonly pollOther?: PollPlan | undefined;
  /** Operations that the poller follows in addition to the plan. */
  readonly follow?: Readonly<Partial<Record<FollowedFor, Operation | undefined>>>;
  /** The log to include in the facts of the next reconcile. */
  readonly logRequest: LogSource | undefined;
  /** It waits for a place of its wave, which has so many places, or such a share of the namespace's resources. */
  readonly waitsForPlaceOf?: Amount | undefined;
  /** When to reconcile again without any change, in milliseconds; 0: at once; undefined: never. */
  readonly requeueAfterMs: number | undefined;
}

/** Actions, and the events to record once they succeeded. */
export interface IndependentActions {
  readonly actions: readonly Action[];
  readonly events: readonly EventIntent[];
}

/** One write to Kubernetes or Flink. Each is safe to repeat: by its own key, by a precondition, or by its nature. */
export type Action =
  | { readonly kind: "add-finalizer" }
  | { readonly kind: "remove-finalizer" }
  /**
   * Validates the Deployments on the API server without creating them. `only`: where there is no cluster yet, creating the
   * JobManager's Deployment is its own validation, but it must not be created if its TaskManagers would be refused.
   */
  | { readonly kind: "dry-run"; readonly objects: ClusterObjects; readonly only?: "TaskManagers" }
  /** Creates the cluster. Fails if a Deployment of that name exists. */
  | { readonly kind: "launch"; readonly objects: ClusterObjects }
  /** Creates a cluster with a gate, beside the one that runs. The word closes again, if an earlier launch left one. */
  | { readonly kind: "launch-standby"; readonly objects: ClusterObjects }
  /**
   * Marks the Deployment as that of the running JobManager, then writes the word that opens its gate. Repeated, it changes nothing:
   * the word is that of one launch.
   */
  | {
      readonly kind: "open-gate";
      readonly name: string;
      readonly uid: string;
      readonly word: KubeObject;
    }
  /** The part of a launch after the Deployment was created. Completes a launch that a crash interrupted. */
  | { readonly kind: "expose"; readonly objects: ClusterObjects; readonly deploymentUid: string }
  /** Deletes the JobManager's pods and keeps its Deployment. */
  | { readonly kind: "stop-job-manager"; readonly name: string; readonly uid: string }
  /** Scales an existing Deployment. */
  | {
      readonly kind: "scale-deployment";
      readonly name: string;
      readonly uid: string;
      readonly replicas: number;
    }
  /** Deletes a Deployment and all its dependents, with foreground propagation. */
  | { readonly kind: "delete-deployment"; readonly name: string; readonly uid: string }
  /** Deletes the ConfigMaps of Flink's HA; with `all`, the cluster's other ConfigMaps too. */
  | { readonly kind: "delete-config-maps"; readonly clusterId: string; readonly all: boolean }
  /**
   * Removes job graphs from the HA ConfigMaps, so that the launch submits its own, and the lease of a leader that is gone,
   * so that the new JobManager does not wait for it to expire. Fails if there is no HA metadata to restore from.
   */
  | { readonly kind: "prepare-ha-restore"; readonly clusterId: string }
  /**
   * Removes the lease of a leader that is gone from the HA ConfigMaps, and the job graphs that the next JobManager does not
   * read: a later return to the version before would start those jobs a second time.
   */
  | {
      readonly kind: "release-ha-lease";
      readonly clusterId: string;
      readonly flinkVersion: FlinkVersion | undefined;
    }
  /** Creates the pod that checks an SQL script, and its ConfigMap. Their name is the key: objects of that name are these. */
  | { readonly kind: "start-sql-check"; readonly objects: SqlCheckObjects }
  /** Deletes both, the pod last. `uid`: of the pod; undefined if there may be none. */
  | { readonly kind: "delete-sql-check"; readonly name: string; readonly uid: string | undefined }
  | { readonly kind: "apply-route"; readonly route: RouteKind; readonly object: KubeObject }
  | {
      readonly kind: "delete-route";
      readonly route: RouteKind;
      readonly name: string;
      readonly uid: string;
    }
  /**
   * The name is the idempotency key: an existing object of that name is this one. `optional`: nothing waits for it.
   */
  | { readonly kind: "create-snapshot"; readonly object: KubeObject; readonly optional: boolean }
  | { readonly kind: "delete-snapshot"; readonly name: string; readonly uid: string }
  | {
      readonly kind: "trigger-savepoint";
      readonly jobId: string;
      readonly triggerId: string;
      readonly targetDirectory: string | undefined;
      readonly formatType: "CANONICAL" | "NATIVE";
    }
  | {
      readonly kind: "trigger-checkpoint";
      readonly jobId: string;
      readonly triggerId: string;
      /** CONFIGURED: as the job takes its own. Flink 2 refuses INCREMENTAL (FLINK-33723). */
      readonly checkpointType: "CONFIGURED" | "FULL" | "INCREMENTAL";
    }
  /** Flink notes it and changes the tasks later. Repeated, it changes nothing. */
  | { readonly kind: "rescale"; readonly jobId: string; readonly requirements: ResourceRequirements }
  /** Disposing of a deleted savepoint has no effect, so this needs no key. */
  | { readonly kind: "dispose-savepoint"; readonly path: string }
  | { readonly kind: "cancel"; readonly jobId: string }
  /** Starts the submission of a session job in the background. Its result is a fact in later reconciles. */
  | { readonly kind: "submit"; readonly submission: Submission }
  /** The part of a submission that needs no JobManager: shows that the jars are available. */
  | { readonly kind: "fetch-jar"; readonly submission: Submission }
  /** Has the session cluster check the script of a submission, in the background. It starts nothing. */
  | { readonly kind: "check-script"; readonly submission: Submission }
  | {
      readonly kind: "stop-with-savepoint";
      readonly jobId: string;
      readonly triggerId: string;
      readonly targetDirectory: string | undefined;
      readonly formatType: "CANONICAL" | "NATIVE";
      readonly drain: boolean;
    };

export const noIndependentActions: IndependentActions = { actions: [], events: [] };

/** An Event to record (REFERENCE 1.24). Equal events are one Event whose count grows. */
export interface EventIntent {
  readonly type: "Normal" | "Warning";
  readonly reason: Reason;
  readonly component: "Operator" | "JobManagerDeployment" | "Job" | "Snapshot";
  readonly message: string;
  /** Replaces the message as the identity of the event. */
  readonly key?: string;
  /** Record the first occurrence only. */
  readonly once?: boolean;
  /**
   * When it happened, in milliseconds since the epoch, if it was noticed later. An occurrence that is not newer than
   * the newest recorded one is not recorded again.
   */
  readonly at?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The event reports status.error: it is recorded only if the error changed. */
  readonly reportsError?: boolean;
}

const flinkRequests: readonly Action["kind"][] = [
  "trigger-savepoint",
  "trigger-checkpoint",
  "dispose-savepoint",
  "stop-with-savepoint",
  "cancel",
  "submit",
  "fetch-jar",
  "check-script",
];

/** Whether a JobManager answers the action. All others are requests to the API server. */
export const isFlinkRequest = ({ kind }: Action): boolean => flinkRequests.includes(kind);
