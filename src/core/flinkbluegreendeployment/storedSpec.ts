import { parseJson } from "../../api/exactJson.ts";
import {
  type FlinkBlueGreenDeploymentSpec,
  flinkBlueGreenDeploymentSpec,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { type CanonicalObject, isPlainObject } from "../spec/canonical.ts";
import { canonical } from "../spec/canonicalSpec.ts";
import { formatJavaJson } from "../spec/javaJson.ts";
import { withoutNulls } from "../spec/lastReconciledSpec.ts";

/**
 * status.lastReconciledSpec in the form that the Java operator reads and writes: the spec with all fields of its model, without
 * the metadata that a FlinkDeployment stores beside it (BLUEGREEN, "Status").
 */
export function formatStoredSpec(spec: FlinkBlueGreenDeploymentSpec): string {
  const {
    configuration = null,
    ingress = null,
    template = null,
  } = canonical(spec, flinkBlueGreenDeploymentSpec) as CanonicalObject;
  return formatJavaJson({ spec: { ingress, template, configuration } });
}

/** Undefined if there is no text. Throws if it cannot be read, with the name of the field: then it is not known what runs. */
export function readStoredSpec(
  text: string | undefined,
  field: "lastReconciledSpec" | "rollback.spec" = "lastReconciledSpec",
): FlinkBlueGreenDeploymentSpec | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    const stored = parseJson(text);
    if (isPlainObject(stored) && isPlainObject(stored.spec))
      return withoutNulls(stored.spec, flinkBlueGreenDeploymentSpec) as FlinkBlueGreenDeploymentSpec;
  } catch {
    // It is no JSON, which is reported like any other form that is not known.
  }
  const what = field === "rollback.spec" ? "ran before" : "runs";
  throw new Error(`status.${field} cannot be read. Nothing is done, since it is not known what ${what}`);
}
