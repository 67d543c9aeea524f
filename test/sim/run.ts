import type { ActionCounts } from "./actionCounts.ts";
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
  endState: unknown;
  actionCounts: ActionCounts;
  violations: Violation[];
  log: string[];
}
