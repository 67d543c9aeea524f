import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { DesiredState } from "./conditionReason.ts";
import { withConditions } from "./conditions.ts";
import { lifecycleState } from "./lifecycleState.ts";

/** Adds the fields that are derived from the rest of the status. */
export function completeStatus(
  status: FlinkResourceStatus,
  desired: DesiredState,
  now: number,
): FlinkResourceStatus {
  return withConditions({ ...status, lifecycleState: lifecycleState(status) }, desired, now);
}
