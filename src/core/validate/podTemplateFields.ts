/** The fields of pod templates in the Kubernetes version that this operator knows, for callers without an API server. */
import { formatJson } from "../../api/exactJson.ts";
import types from "../../api/podTemplateFields.json" with { type: "json" };
import type { PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { nearest } from "./nearest.ts";
import { childPath } from "./structure.ts";
import type { ValidationError } from "./validationError.ts";

/** A template with the path of its field. */
export interface NamedTemplate {
  readonly field: string;
  readonly template: PodTemplateSpec;
}

interface Templates {
  readonly podTemplate?: PodTemplateSpec | undefined;
}

/** The templates of a FlinkDeployment's spec. `path`: the path of the spec. */
export const podTemplatesOf = (
  spec: Templates & {
    readonly jobManager?: Templates | undefined;
    readonly taskManager?: Templates | undefined;
  },
  path = "spec",
): NamedTemplate[] =>
  [
    { field: `${path}.podTemplate`, template: spec.podTemplate },
    { field: `${path}.jobManager.podTemplate`, template: spec.jobManager?.podTemplate },
    { field: `${path}.taskManager.podTemplate`, template: spec.taskManager?.podTemplate },
  ].flatMap(({ field, template }) => (template === undefined ? [] : [{ field, template }]));

export interface TemplateFindings {
  /** Errors: no API server can decode these values. */
  readonly mistyped: readonly ValidationError[];
  /** Unknown fields. A newer API server may have them. */
  readonly unknown: readonly ValidationError[];
}

export function podTemplateFindings({ field, template }: NamedTemplate): TemplateFindings {
  const mistyped: ValidationError[] = [];
  const unknown: ValidationError[] = [];

  function visit(value: unknown, type: string, path: string): void {
    if (value === null || value === undefined || type === "any") return;
    const wrong = (expected: string) =>
      mistyped.push({ field: path, message: `must be ${expected}, not ${shown(value)}` });
    if (type.startsWith("[]")) {
      if (!Array.isArray(value)) wrong("a list");
      else value.forEach((item, at) => void visit(item, type.slice(2), `${path}[${at}]`));
    } else if (isScalar(type)) {
      if (!scalars[type].is(value)) wrong(scalars[type].expected);
    } else if (typeof value !== "object" || Array.isArray(value)) {
      wrong("an object");
    } else {
      for (const [name, child] of Object.entries(value)) visitField(type, path, name, child);
    }
  }

  function visitField(type: string, path: string, name: string, child: unknown): void {
    const at = childPath(path, name);
    const fields = fieldsOf(type);
    const typeOfField = type.startsWith("{}") ? type.slice(2) : fields[name];
    if (typeOfField !== undefined) {
      visit(child, typeOfField, at);
      return;
    }
    const similar = nearest(name, Object.keys(fields));
    const hint = similar === undefined ? "" : `; did you mean ${similar}?`;
    unknown.push({ field: at, message: `there is no such field in Kubernetes ${kubernetesVersion}${hint}` });
  }

  visit(template, "PodTemplateSpec", field);
  return { mistyped, unknown };
}

/** The version that the fields are from. */
const kubernetesVersion = "1.36";

/** Without a prototype, so that inherited names are not found as fields. */
const fieldsOf = (type: string): Readonly<Record<string, string>> =>
  Object.assign(Object.create(null), (types as Readonly<Record<string, object>>)[type]);

const isWhole = (value: unknown): boolean => Number.isInteger(value) || typeof value === "bigint";

const scalars = {
  string: { expected: "a text", is: (value: unknown) => typeof value === "string" },
  boolean: { expected: "true or false", is: (value: unknown) => typeof value === "boolean" },
  int32: { expected: "a whole number", is: isWhole },
  int64: { expected: "a whole number", is: isWhole },
} as const;

const isScalar = (type: string): type is keyof typeof scalars => Object.hasOwn(scalars, type);

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return (formatJson(value) ?? String(value)).slice(0, 60);
}
