import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Aim } from "./conditionReason.ts";
import { withConditions } from "./conditions.ts";
import { lifecycleState } from "./lifecycleState.ts";

/** The status with what follows from the rest of it. */
export function finish(status: FlinkDeploymentStatus, aim: Aim, now: number): FlinkDeploymentStatus {
  return withConditions({ ...status, lifecycleState: lifecycleState(status) }, aim, now);
}
