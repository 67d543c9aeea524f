import type { ActionCounts } from "./actionCounts.ts";
import type { OperatorProcess, Pass } from "./operatorProcess.ts";
import type { SimPlan } from "./plan.ts";
import type { Violation } from "./violation.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { Call, RestCall } from "./world/network.ts";
import type { World } from "./world/world.ts";

/** The result of one run. */
export interface Run {
  plan: SimPlan;
  world: World;
  /** The store's revision before each write of the operator: a crash can happen before or after each. */
  revisionsBeforeWrites: readonly number[];
  /** The operation of each write: "delete Deployment sample". */
  writeOperations: readonly string[];
  /** Each change that a watch delivered to the operator. */
  watchEvents: readonly Change[];
  /** The calls to the API server. */
  apiCalls: readonly Call[];
  /** The calls to JobManagers. */
  restCalls: readonly RestCall[];
  /** The reconciles of all incarnations of the operator. */
  passes: readonly Pass[];
  /** Of a plan with a deletion in the middle of the workload. */
  deletion?: Deletion;
  endState: unknown;
  actionCounts: ActionCounts;
  /** The newest incarnation of the operator. */
  operator: OperatorProcess;
  violations: Violation[];
  log: string[];
}

/** A deletion in the middle of a workload: what the user did, and what ran at that moment. */
export interface Deletion {
  /** Names of the session jobs that were deleted. */
  sessionJobs: readonly string[];
  /** The FlinkDeployment was deleted, too. */
  cluster: boolean;
  /** How many of their own went with it: both sides of a FlinkBlueGreenDeployment while it moves from one to the other. */
  applications: number;
  /** Names of the session jobs for whose deletion the user asks for a savepoint; "" is the application. */
  savepointAsked: readonly string[];
  /** Ids of those of their jobs that ran: they have to end with one. */
  withSavepoint: readonly string[];
  /** Index of the journal's first entry after it. */
  index: number;
  /** Virtual time, in milliseconds. */
  at: number;
}
