import type { Submission } from "../../../api/flinkFacts.ts";
import type { ClusterObjects } from "../../build/cluster.ts";
import type { SpecDiff } from "../../diff/diff.ts";
import type { LastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Explanation } from "../status/decisionRecord.ts";
import type { Action, Decision, EventIntent } from "./decision.ts";
import type { Facts } from "./facts.ts";
import type { FlinkResource, FlinkResourceSpec, FlinkResourceStatus } from "./flinkResource.ts";
import type { ResourceKind } from "./resourceKind.ts";
import type { Settings } from "./settings.ts";

/** The input of a step: the resource, the facts about it, and values derived from them. */
export interface Situation {
  readonly kind: ResourceKind;
  readonly resource: FlinkResource;
  readonly uid: string;
  readonly generation: number;
  /** The spec to deploy: the user's, or the deployed one if the user's is invalid. */
  readonly spec: FlinkResourceSpec;
  /** The status as observed in this reconcile. */
  readonly status: FlinkResourceStatus;
  readonly deployed: LastReconciledSpec | undefined;
  /** From the deployed spec to `spec`; undefined before the first deployment. */
  readonly diff: SpecDiff | undefined;
  readonly facts: Facts;
  /** Settings of the deployed cluster. */
  readonly settings: Settings;
  /** Settings of the cluster that `spec` describes. */
  readonly nextSettings: Settings;
  readonly now: number;
  /** `$internal.pipeline.job-id` where the user set it: every launch uses it (REFERENCE 1.16). */
  readonly fixedJobId: string | undefined;
  /** Builds the objects of a cluster for `spec`. */
  build(launch: Launch): ClusterObjects;
  /** Session jobs, which have no objects: the submission for `spec`. Applications whose pods fetch jars: what has to be there. */
  submission?: ((launch: Launch) => Submission) | undefined;
  /** The same for the deployed spec. */
  readonly asDeployed: Buildable;
}

export interface Buildable {
  readonly fixedJobId: string | undefined;
  build(launch: Launch): ClusterObjects;
  submission?: ((launch: Launch) => Submission) | undefined;
}

/** The parameters of a launch besides the spec. */
export interface Launch {
  /** The generation of the resource, written to its Deployment. */
  readonly generation: number;
  readonly jobId: string | undefined;
  readonly launchId: string;
  readonly restore: Restore;
  /** Of the cluster, if it has not the name of the resource. */
  readonly clusterId?: string | undefined;
  /** The cluster waits, with this many slots, for the word that starts its job (docs/adr/0034). */
  readonly gate?: { readonly slots: number } | undefined;
  /** Earlier launches whose results this launch removes. */
  readonly earlierLaunches?: readonly string[];
}

export type Restore =
  | { readonly kind: "none" }
  | { readonly kind: "savepoint"; readonly path: string }
  /** From the newest checkpoint that the HA metadata names. */
  | { readonly kind: "last-state" };

/** The outcome of one step. A step that does not apply returns undefined. */
export interface Outcome {
  readonly actions?: readonly Action[];
  readonly status?: FlinkResourceStatus;
  readonly events?: readonly EventIntent[];
  /** Why the job is disrupted. Written in the same status as the intent. */
  readonly explanation?: Explanation;
  /**
   * Set when this reconcile creates the cluster: what the job is restored from, in words. Completes the newest
   * explanation.
   */
  readonly launchedFrom?: string;
  /** When what ran before was stopped for that, in milliseconds since the epoch. Default: when the launch was intended. */
  readonly stoppedAt?: number;
  /** Operations that the poller follows in addition to the plan. */
  readonly follow?: Decision["follow"];
  /** What the resource waits for, as a clause: "the job is being cancelled". */
  readonly waitsFor?: string;
  /**
   * The poller is to ask Flink for the job's checkpoints, past its cache, and to report each answer. Where nothing is
   * waited for, done or decided besides, nothing of this reconcile is written: the answer comes within seconds.
   */
  readonly looksFirst?: true;
  /** What keeps a deletion from going on, as a clause, and how to go on. */
  readonly blockedBy?: string;
  /** Later steps may act meanwhile. Example: a lost JobManager is recovered while an upgrade waits for it. */
  readonly othersMayAct?: true;
  /** A restart is prepared while what runs is untouched. It takes a place of its wave from here on (docs/adr/0038). */
  readonly prepares?: true;
  /** Default: derived from the observed state. 0: at once. */
  readonly requeueAfterMs?: number;
}

export type Step = (situation: Situation) => Outcome | undefined;
