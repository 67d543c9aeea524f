import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { diffSpec } from "../diff/diff.ts";
import { isSameSpec, jobStateOf } from "./child.ts";

/** What an edit of the template means (REFERENCE 1.30). */
export type BlueGreenChange =
  | "NONE"
  | "SUSPEND"
  | "RESUME"
  /** It restarts nothing: the active FlinkDeployment gets it as it is. */
  | "PATCH_CHILD"
  | "SAVEPOINT_REDEPLOY"
  | "TRANSITION";

/**
 * A change of job.state comes first, whatever else the edit contains. The Java operator judges standalone FlinkDeployments by the
 * rules of native ones; here each is judged by its own. `reactive`: the job adapts to the number of its TaskManagers.
 */
export function changeOf(
  before: FlinkDeploymentSpec,
  after: FlinkDeploymentSpec,
  reactive: boolean,
): BlueGreenChange {
  if (jobStateOf(before) !== jobStateOf(after))
    return jobStateOf(after) === "suspended" ? "SUSPEND" : "RESUME";
  if (isSameSpec(before, after)) return "NONE";
  switch (diffSpec(before, after).type) {
    case "SAVEPOINT_REDEPLOY":
      return "SAVEPOINT_REDEPLOY";
    case "IGNORE":
    case "APPLY":
      return "PATCH_CHILD";
    case "SCALE":
      return reactive ? "PATCH_CHILD" : "TRANSITION";
    case "UPGRADE":
      return "TRANSITION";
  }
}
