import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import {
  blueGreenParentOf,
  restartPatch,
  resumePatch,
  stableSpecPatch,
  suspendPatch,
  whyNoApproval,
  whyNoPromotion,
} from "../../../views/edits.ts";
import { type Action, actions } from "../../contract.ts";
import { fleetTypes } from "../fleet/row.ts";
import type { Rights } from "../rights.ts";
import type { Subject } from "./subject.ts";

/** The actions that the caller may ask for, as the API server says. */
export async function allowedActions(
  { caller, plural, namespace, name }: Subject,
  rights: Rights,
): Promise<Action[]> {
  const [mayPatch, maySnapshot] = await Promise.all([
    rights.may(caller, { verb: "patch", type: fleetTypes[plural], namespace, name }),
    rights.may(caller, { verb: "create", type: resourceTypes.flinkStateSnapshot, namespace }),
  ]);
  return actions.filter((action) => (isSnapshot(action) ? maySnapshot : mayPatch));
}

const isSnapshot = (action: Action): boolean => action === "savepoint" || action === "checkpoint";

/** Why an action makes no sense now. Undefined: it does. */
export function whyNot(
  action: Action,
  { plural, object }: Pick<Subject, "plural" | "object">,
): string | undefined {
  if (object.metadata.deletionTimestamp !== undefined) return "it is being deleted";
  if (plural === "flinkbluegreendeployments") return whyNotBlueGreen(action, object);
  const isSessionCluster = asFlinkDeployment(object).spec.job == null;
  const isAboutJob = !["restart", "edit", "approve", "promote"].includes(action);
  if (isSessionCluster && isAboutJob) return "it is a session cluster: its session jobs can";
  // Approval is an annotation, which the parent does not take back.
  const parent = action === "approve" || isSnapshot(action) ? undefined : blueGreenParentOf(object);
  if (parent !== undefined) return parent;
  switch (action) {
    case "suspend":
      return reason(suspendPatch(object));
    case "resume":
      return reason(resumePatch(object));
    case "restart":
      return reason(restartPatch(object));
    case "rollback":
      return reason(stableSpecPatch(object));
    case "approve":
      return whyNoApproval(object);
    case "promote":
      return "it is no FlinkBlueGreenDeployment";
    case "savepoint":
    case "checkpoint":
      return asFlinkDeployment(object).status?.jobStatus?.state === "RUNNING"
        ? undefined
        : "the job does not run";
    case "rescale":
    case "edit":
      return undefined;
  }
}

function whyNotBlueGreen(action: Action, object: KubeObject): string | undefined {
  switch (action) {
    case "edit":
      return undefined;
    case "promote":
      return whyNoPromotion(object, false);
    default:
      return "of a FlinkBlueGreenDeployment, edit spec.template, or act on a side";
  }
}

const reason = (patch: object | string): string | undefined =>
  typeof patch === "string" ? patch : undefined;
