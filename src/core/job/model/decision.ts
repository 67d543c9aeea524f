import type { Operation, PollPlan, Submission } from "../../../api/flinkFacts.ts";
import type { KubeObject } from "../../../api/kubernetes.ts";
import type { ClusterObjects } from "../../build/cluster.ts";
import type { RouteKind } from "../../build/ingress.ts";
import type { DesiredState } from "../status/conditionReason.ts";
import type { FollowedFor, LogSource } from "./facts.ts";
import type { FlinkResourceStatus } from "./flinkResource.ts";
import type { Settings } from "./settings.ts";

/** What one pass will do: the actions in order, then the events, then the status if it changed. */
export interface Decision {
  readonly actions: readonly Action[];
  /** What is done after them and stops nothing where it fails. */
  readonly independent: IndependentActions;
  /** The status and the events once all actions succeeded. */
  readonly status: FlinkResourceStatus;
  readonly events: readonly EventIntent[];
  /**
   * What was observed before anything was decided: what holds if an action, or the write of the status, fails. The poller then goes on with what the
   * status knows: to watch for an act that never happened would bring news, and so another pass, at once and for ever.
   */
  readonly observed: {
    readonly status: FlinkResourceStatus;
    readonly events: readonly EventIntent[];
    readonly poll: PollPlan | undefined;
    readonly independent: IndependentActions;
  };
  /** The pauses between tries of an action that fails. */
  readonly retry: Settings["retry"] | undefined;
  /** What the conditions of a status of this pass are judged by. */
  readonly desired: DesiredState;
  /** What the poller should observe from now on; undefined: nothing. */
  readonly poll: PollPlan | undefined;
  /** What the poller should follow beside the plan. */
  readonly follow?: Readonly<Partial<Record<FollowedFor, Operation | undefined>>>;
  /** The log that should be among the facts of the next pass. */
  readonly wantLog: LogSource | undefined;
  /** When to decide again though nothing changed, in milliseconds; 0: at once; undefined: never. */
  readonly requeueAfterMs: number | undefined;
}

/** Acts, and the events that are told once they succeeded. */
export interface IndependentActions {
  readonly actions: readonly Action[];
  readonly events: readonly EventIntent[];
}

/** An act on the world. Each is safe to repeat: by its own key, by a precondition, or by its nature. */
export type Action =
  | { readonly kind: "add-finalizer" }
  | { readonly kind: "remove-finalizer" }
  /**
   * Validates the Deployments on the API server and creates nothing. `only`: where there is no cluster yet, the creation
   * of the JobManager's Deployment is its own test, and it must not come to it where its TaskManagers would be refused.
   */
  | { readonly kind: "dry-run"; readonly objects: ClusterObjects; readonly only?: "TaskManagers" }
  /** Creates the cluster; a Deployment of that name must not exist. */
  | { readonly kind: "launch"; readonly objects: ClusterObjects }
  /** What a launch does after it created the Deployment: for one that a crash cut short. */
  | { readonly kind: "expose"; readonly objects: ClusterObjects; readonly deploymentUid: string }
  /** Takes the JobManager's pods down and leaves its Deployment. */
  | { readonly kind: "stop-job-manager"; readonly name: string; readonly uid: string }
  /** Another number of pods of a Deployment that stays. */
  | {
      readonly kind: "scale-deployment";
      readonly name: string;
      readonly uid: string;
      readonly replicas: number;
    }
  /** Deletes a Deployment and, in the foreground, all that belongs to it. */
  | { readonly kind: "delete-deployment"; readonly name: string; readonly uid: string }
  /** Deletes the ConfigMaps of Flink's HA; with `all`, the cluster's other ConfigMaps too. */
  | { readonly kind: "delete-config-maps"; readonly clusterId: string; readonly all: boolean }
  /**
   * Removes job graphs from the HA ConfigMaps, so that the launch submits its own; fails where there is no HA
   * metadata to restore from.
   */
  | { readonly kind: "prepare-ha-restore"; readonly clusterId: string }
  | { readonly kind: "apply-route"; readonly route: RouteKind; readonly object: KubeObject }
  | {
      readonly kind: "delete-route";
      readonly route: RouteKind;
      readonly name: string;
      readonly uid: string;
    }
  /** Its name says what it is for: one that exists already is this one. `optional`: nothing waits for it. */
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
      readonly checkpointType: "FULL" | "INCREMENTAL";
    }
  /** Disposing of what is gone already changes nothing, so this needs no key. */
  | { readonly kind: "dispose-savepoint"; readonly path: string }
  | { readonly kind: "cancel"; readonly jobId: string }
  /** Begins to submit a session job, in the background; what comes of it is a fact of later passes. */
  | { readonly kind: "submit"; readonly submission: Submission }
  /** The same as far as the JobManager has no part in it: shows that the jar is to be had. */
  | { readonly kind: "fetch-jar"; readonly submission: Submission }
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
  readonly reason: string;
  readonly component: "Operator" | "JobManagerDeployment" | "Job" | "Snapshot";
  readonly message: string;
  /** Distinguishes events of one reason instead of the message. */
  readonly key?: string;
  /** Record the first occurrence only. */
  readonly once?: boolean;
  /**
   * When it happened, in milliseconds since the epoch, of what was not noticed as it happened. What is not newer than
   * the newest occurrence told is not told again.
   */
  readonly at?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Tells of what status.error says: told where that has changed. */
  readonly ofError?: boolean;
}
