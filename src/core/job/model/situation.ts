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

/** Everything a step decides on: the resource, what is true of it, and what that means. */
export interface Situation {
  readonly kind: ResourceKind;
  readonly resource: FlinkResource;
  readonly uid: string;
  readonly generation: number;
  /** The spec to bring about: the user's, or the deployed one where the user's is invalid. */
  readonly spec: FlinkResourceSpec;
  /** The status as observed in this pass. */
  readonly status: FlinkResourceStatus;
  readonly deployed: LastReconciledSpec | undefined;
  /** From the deployed spec to `spec`; undefined before the first deployment. */
  readonly diff: SpecDiff | undefined;
  readonly facts: Facts;
  /** Of the deployed cluster. */
  readonly settings: Settings;
  /** Of the cluster that `spec` asks for. */
  readonly nextSettings: Settings;
  readonly now: number;
  /** `$internal.pipeline.job-id` where the user set it: every launch uses it (REFERENCE 1.16). */
  readonly fixedJobId: string | undefined;
  /** The objects of a cluster by `spec`. */
  build(launch: Launch): ClusterObjects;
  /** Of a session job, which has no objects: what is submitted by `spec`. */
  submission?: ((launch: Launch) => Submission) | undefined;
  /** The same for the deployed spec. */
  readonly asDeployed: Buildable;
}

export interface Buildable {
  readonly fixedJobId: string | undefined;
  build(launch: Launch): ClusterObjects;
  submission?: ((launch: Launch) => Submission) | undefined;
}

/** What a launch needs to know beyond the spec. */
export interface Launch {
  /** Of the resource, as its Deployment shall say. */
  readonly generation: number;
  readonly jobId: string | undefined;
  readonly launchId: string;
  readonly restore: Restore;
  /** Launches before it whose results it removes. */
  readonly earlierLaunches?: readonly string[];
}

export type Restore =
  | { readonly kind: "none" }
  | { readonly kind: "savepoint"; readonly path: string }
  /** From the newest checkpoint that the HA metadata names. */
  | { readonly kind: "last-state" };

/** What one step answers; a step that does not apply answers undefined. */
export interface Outcome {
  readonly actions?: readonly Action[];
  readonly status?: FlinkResourceStatus;
  readonly events?: readonly EventIntent[];
  /** Of what disturbs the job: why. Written with the status that holds the intent. */
  readonly explanation?: Explanation;
  /** The cluster is created in this pass: what its job really starts from, in words. Completes the newest explanation. */
  readonly launchedFrom?: string;
  /** What the poller shall follow beside the plan. */
  readonly follow?: Decision["follow"];
  /** What has to be or to happen before the resource can get on, as a clause: "the job is being cancelled". */
  readonly waitsFor?: string;
  /** What keeps a deletion from going on, as a clause, and how to go on. */
  readonly blockedBy?: string;
  /** What comes after this step may act meanwhile: a lost JobManager that an upgrade waits for is recovered. */
  readonly othersMayAct?: true;
  /** Default: as the observed state asks (pace.ts). 0: at once. */
  readonly requeueAfterMs?: number;
}

export type Step = (situation: Situation) => Outcome | undefined;
