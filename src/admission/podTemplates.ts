/** Validation of the fields of pod templates by the API server. The CRD accepts any field in them. */
import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { type NamedTemplate, podTemplateFindings } from "../core/validate/podTemplateFields.ts";
import type { ValidationError } from "../core/validate/validationError.ts";
import type { KubeApi } from "../kube/api.ts";
import { isKubeError, isTransient } from "../kube/errors.ts";
import type { ValidationResult } from "./kindValidator.ts";

/** The templates that a write changes. A template that is stored already must not block other changes. */
export const changedTemplates = (
  present: readonly NamedTemplate[],
  before: readonly NamedTemplate[],
): NamedTemplate[] =>
  present.filter(
    ({ field, template }) =>
      !before.some((other) => other.field === field && isDeepStrictEqual(other.template, template)),
  );

/**
 * Asks about all templates at once. If the API server gives no answer about a template, the template passes; if the cause is
 * transient, with a warning.
 */
export async function validatePodTemplates(
  kube: Pick<KubeApi, "create">,
  { metadata: { namespace = "default", name } }: KubeObject,
  templates: readonly NamedTemplate[],
): Promise<ValidationResult> {
  const results = await Promise.all(
    templates.map((template) => validateTemplate(kube, { namespace, name }, template)),
  );
  return {
    errors: results.flatMap(({ errors }) => errors),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

const nothing: ValidationResult = { errors: [], warnings: [] };

/** No Deployment has this field, so the API server refuses the request while decoding it, before quotas and other webhooks. */
const NO_FIELD = "flinkOperatorAsks";

async function validateTemplate(
  kube: Pick<KubeApi, "create">,
  metadata: { readonly namespace: string; readonly name: string },
  named: NamedTemplate,
): Promise<ValidationResult> {
  const deployment = { metadata, spec: { [NO_FIELD]: true, template: named.template } };
  try {
    await kube.create(resourceTypes.deployment, deployment, { dryRun: true, fieldValidation: "Strict" });
    return nothing;
  } catch (error) {
    if (!isKubeError(error)) throw error;
    if (error.status === 400) return { errors: errorsIn(error.message, named), warnings: [] };
    return isTransient(error)
      ? {
          errors: [],
          warnings: [`${named.field}: the API server could not be asked whether it knows all fields`],
        }
      : nothing;
  }
}

const unknownField = /\b(unknown|duplicate) field "spec\.template\.([^"]*)"/g;

/** The errors in a response of the API server, with paths in the resource instead of paths in the Deployment. */
function errorsIn(message: string, named: NamedTemplate): ValidationError[] {
  const { mistyped, unknown } = podTemplateFindings(named);
  if (message.includes("strict decoding error")) {
    return [...message.matchAll(unknownField)].map(([, what, path]) => {
      const field = `${named.field}.${path}`;
      const hint = /; did you mean .*$/.exec(
        unknown.find((each) => each.field === field)?.message ?? "",
      )?.[0];
      return {
        field,
        message: what === "unknown" ? `there is no such field${hint ?? ""}` : "is there twice",
      };
    });
  }
  // The server reports only the first such value, without its index in a list.
  if (mistyped.length > 0) return [...mistyped];
  const words = message.slice(message.indexOf("cannot be handled as a Deployment: ") + 1);
  const said = words.slice(words.indexOf(": ") + 2).replaceAll("spec.template.", `${named.field}.`);
  return [{ field: named.field, message: `cannot be read: ${said}` }];
}
