import type { ActCounts } from "./actCounts.ts";
import type { SimPlan } from "./plan.ts";
import type { Violation } from "./violation.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { RestCall } from "./world/network.ts";
import type { World } from "./world/world.ts";

/** What one run came to. */
export interface Run {
  plan: SimPlan;
  world: World;
  /** The revision that stood before each write of the operator: a crash can come before or after each. */
  writes: readonly number[];
  /** What each write was: "delete Deployment sample". */
  asked: readonly string[];
  /** Each change that a watch showed to the operator. */
  shown: readonly Change[];
  /** The calls to JobManagers. */
  heard: readonly RestCall[];
  end: unknown;
  tally: ActCounts;
  violations: Violation[];
  log: string[];
}
