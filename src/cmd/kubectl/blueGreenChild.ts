import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { CommandError } from "./commandError.ts";

/** Refuses to edit a side of a FlinkBlueGreenDeployment, which is made from a template: the next transition would undo the edit. */
export function refuseBlueGreenChild({ kind, metadata }: KubeObject): void {
  const parentKind = resourceTypes.flinkBlueGreenDeployment.kind;
  const parent = metadata.ownerReferences?.find((owner) => owner.kind === parentKind);
  if (parent !== undefined)
    throw new CommandError(
      `${kind} ${metadata.name} is a side of the ${parentKind} ${parent.name}: edit spec.template of that`,
    );
}
