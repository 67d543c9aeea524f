/** What the API server says of the fields of pod templates, which the CRD takes as they come. */
import { isDeepStrictEqual } from "node:util";
import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { type NamedTemplate, podTemplateFindings } from "../core/validate/podTemplateFields.ts";
import type { ValidationError } from "../core/validate/validationError.ts";
import type { KubeApi } from "../kube/api.ts";
import { isKubeError, isTransient } from "../kube/errors.ts";
import type { Verdict } from "./subject.ts";

/** Those that a change brings: what is stored already must not stand in the way of other changes. */
export const changedTemplates = (
  present: readonly NamedTemplate[],
  before: readonly NamedTemplate[],
): NamedTemplate[] =>
  present.filter(
    ({ field, template }) =>
      !before.some((other) => other.field === field && isDeepStrictEqual(other.template, template)),
  );

/** Asks about all at once. A template that nothing can be learnt of is let pass, with a warning where that may be over soon. */
export async function judgePodTemplates(
  kube: Pick<KubeApi, "create">,
  { metadata: { namespace = "default", name } }: KubeObject,
  templates: readonly NamedTemplate[],
): Promise<Verdict> {
  const verdicts = await Promise.all(templates.map((template) => judge(kube, { namespace, name }, template)));
  return {
    errors: verdicts.flatMap(({ errors }) => errors),
    warnings: verdicts.flatMap(({ warnings }) => warnings),
  };
}

const nothing: Verdict = { errors: [], warnings: [] };

/** No Deployment has this field, so the request is refused by its form, before it reaches a quota or another webhook. */
const NO_FIELD = "flinkOperatorAsks";

async function judge(
  kube: Pick<KubeApi, "create">,
  metadata: { readonly namespace: string; readonly name: string },
  named: NamedTemplate,
): Promise<Verdict> {
  const question = { metadata, spec: { [NO_FIELD]: true, template: named.template } };
  try {
    await kube.create(resourceTypes.deployment, question, { dryRun: true, fieldValidation: "Strict" });
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

/** Paths in the Deployment become those in the resource. */
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
  // The server names the first value only, and not its place in a list.
  if (mistyped.length > 0) return [...mistyped];
  const words = message.slice(message.indexOf("cannot be handled as a Deployment: ") + 1);
  const said = words.slice(words.indexOf(": ") + 2).replaceAll("spec.template.", `${named.field}.`);
  return [{ field: named.field, message: `cannot be read: ${said}` }];
}
