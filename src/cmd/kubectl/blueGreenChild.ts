import type { KubeObject } from "../../api/kubernetes.ts";
import { blueGreenParentOf } from "../../views/edits.ts";
import { CommandError } from "./commandError.ts";

/** Refuses to edit a side of a FlinkBlueGreenDeployment. */
export function refuseBlueGreenChild(resource: KubeObject): void {
  const why = blueGreenParentOf(resource);
  if (why !== undefined) throw new CommandError(why);
}
