import type { FieldType } from "../api/declaration.ts";
import { flinkDeploymentSpec } from "../api/v1beta1/flinkdeployment.ts";
import { flinkSessionJobSpec } from "../api/v1beta1/flinksessionjob.ts";
import { API_VERSION } from "../api/v1beta1/names.ts";
import { formatLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";
import { asStored, validateStructure } from "../core/validate/structure.ts";
import { either, type ValidationError } from "../core/validate/validationError.ts";
import { readManifest } from "../views/manifest.ts";

const specs: Readonly<Record<string, FieldType>> = {
  FlinkDeployment: flinkDeploymentSpec,
  FlinkSessionJob: flinkSessionJobSpec,
};

/**
 * The lastReconciledSpec that the operator stores at the first reconcile of a resource, except for the upgrade mode and the
 * state, which depend on how it starts the job. The spec is not validated.
 */
export function showLastReconciledSpec(text: string): string | readonly ValidationError[] {
  const { apiVersion, kind = "", spec } = readManifest(text, Object.keys(specs));
  const type = specs[kind];
  if (type === undefined) return [{ field: "kind", message: `must be ${either(Object.keys(specs))}` }];
  if (apiVersion !== undefined && apiVersion !== API_VERSION)
    return [{ field: "apiVersion", message: `must be ${API_VERSION}` }];
  const errors = validateStructure(type, spec ?? {}, "spec", { unknownFields: "ignore" });
  if (errors.length > 0) return errors;
  return formatLastReconciledSpec(asStored(type, spec ?? {}) as object, { firstDeployment: true }, type);
}
