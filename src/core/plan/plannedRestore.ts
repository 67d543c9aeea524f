import type { UpgradeMode } from "../../api/v1beta1/flinkdeployment.ts";
import { EMPTY_STATE } from "../job/status/decisionRecord.ts";
import type { Plan } from "./plan.ts";

/** What becomes of the job's state, as the upgrade mode that does the same. Undefined: the plan stops no job. */
export function plannedRestore({ effect, steps, restore }: Plan): UpgradeMode | undefined {
  if (effect !== "restart" && effect !== "stop") return undefined;
  if (steps.some(({ what }) => what === "stop with savepoint")) return "savepoint";
  if (restore === undefined) return effect === "stop" ? undefined : "stateless";
  return restore.from === EMPTY_STATE ? "stateless" : "last-state";
}
