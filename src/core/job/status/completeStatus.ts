import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { DesiredState } from "./conditionReason.ts";
import { withConditions } from "./conditions.ts";
import { lifecycleState } from "./lifecycleState.ts";

/** The status with what follows from the rest of it. */
export function completeStatus(
  status: FlinkResourceStatus,
  desired: DesiredState,
  now: number,
): FlinkResourceStatus {
  return withConditions({ ...status, lifecycleState: lifecycleState(status) }, desired, now);
}
