/** The reference page of a declared kind, in Markdown. */
import type {
  ChangeByMode,
  ChangeClass,
  FieldDeclaration,
  FieldType,
  KindDeclaration,
} from "./declaration.ts";

type ObjectType = Extract<FieldType, { kind: "object" }>;

const anchor = (name: string): string => `[${name}](#${name.toLowerCase()})`;

function typeText(type: FieldType): string {
  switch (type.kind) {
    case "string":
      return type.values ? type.values.map((value) => `\`${value}\``).join(", ") : "string";
    case "integer":
      return `int${type.bits}`;
    case "number":
    case "boolean":
      return type.kind;
    case "intOrString":
      return "quantity";
    case "list":
      return `list of ${typeText(type.items)}`;
    case "map":
      return `map of ${typeText(type.values)}`;
    case "freeForm":
      return type.name;
    case "object":
      return anchor(type.name);
  }
}

const effectText = ({ native, standalone }: ChangeByMode): string =>
  native === standalone ? native : `${native} (standalone: ${standalone})`;

const changeText = (change: ChangeClass | undefined): string =>
  change === undefined
    ? ""
    : [
        effectText(change),
        ...(change.whenCleared ? [`taking it away: ${change.whenCleared}`] : []),
        ...(change.keyPrefixes ?? []).map((keys) => `\`${keys.prefix}*\`: ${effectText(keys)}`),
      ].join("; ");

const defaultText = (value: unknown): string => (value === undefined ? "" : `\`${JSON.stringify(value)}\``);

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

function fieldTable(fields: readonly FieldDeclaration[], withChanges: boolean): string {
  const columns = ["Field", "Type", "Default", ...(withChanges ? ["A change means"] : []), "Meaning"];
  return [
    row(...columns),
    row(...columns.map(() => "---")),
    ...fields.map((field) =>
      row(
        `\`${field.name}\``,
        typeText(field.type),
        defaultText(field.default),
        ...(withChanges ? [changeText(field.change)] : []),
        field.deprecated ? `*Deprecated.* ${field.doc}` : field.doc,
      ),
    ),
  ].join("\n");
}

/** The object types below a type, each once, in the order of their first occurrence. */
function objectTypes(type: FieldType, found: Map<string, ObjectType> = new Map()): Map<string, ObjectType> {
  if (type.kind === "list") return objectTypes(type.items, found);
  if (type.kind === "map") return objectTypes(type.values, found);
  if (type.kind !== "object" || found.has(type.name)) return found;
  found.set(type.name, type);
  for (const field of type.fields) objectTypes(field.type, found);
  return found;
}

const section = (type: ObjectType): string =>
  [
    `## ${type.name}`,
    fieldTable(
      type.fields,
      type.fields.some((field) => field.change),
    ),
  ].join("\n\n");

interface PlacedRule {
  readonly field: string;
  readonly message: string;
}

/** All rules below a field, by the path of the invalid field. */
function rulesOf({ name, type, rules = [] }: FieldDeclaration, parent: string): PlacedRule[] {
  const path = parent === "" ? name : `${parent}.${name}`;
  const own = [...rules, ...(type.kind === "object" ? (type.rules ?? []) : [])];
  return [
    ...own.map(({ message, fieldPath = "" }) => ({ field: path + fieldPath, message })),
    ...(type.kind === "object" ? type.fields.flatMap((field) => rulesOf(field, path)) : []),
  ];
}

function ruleTable(kind: KindDeclaration): string {
  const whole = (kind.rules ?? []).map(({ message, fieldPath }) => ({
    field: fieldPath?.slice(1) ?? "",
    message,
  }));
  const rules = [...whole, ...rulesOf(kind.spec, "")];
  return [
    row("Field", "Rule"),
    row("---", "---"),
    ...rules.map(({ field, message }) => row(field === "" ? "" : `\`${field}\``, message)),
  ].join("\n");
}

export function buildReferencePage(kind: KindDeclaration): string {
  const types = objectTypes(kind.status.type, objectTypes(kind.spec.type));
  return `${[
    `# ${kind.kind}`,
    kind.doc,
    `\`${kind.group}/${kind.version}\`, short ${kind.shortNames.map((name) => `\`${name}\``).join(", ")}. ` +
      "No field is required by the schema, and the API server stores no defaults: they live in the operator.",
    "What a change of the spec means for a running cluster: *ignore*, nothing is restarted; *apply*, it takes " +
      "effect beside the cluster, and nothing is restarted either; *scale*, the job is rescaled in place where it can be, else upgraded; *upgrade*, the cluster is replaced and the job goes on as " +
      "`job.upgradeMode` says; *redeploy*, the job starts again from `job.initialSavepointPath`. Of several changes " +
      "the strongest counts. A type without this column is compared as a whole.",
    fieldTable([kind.spec, kind.status], false),
    ...[...types.values()].map(section),
    "## What the API server refuses",
    "Beside wrong types, unknown values and numbers below their minimum. The operator checks all of it again, and " +
      "much more, and says what is wrong in `status.error` and in one event. Since Kubernetes 1.30 an object that was " +
      "stored before these rules stays manageable: the API server asks them only of what changes.",
    ruleTable(kind),
    "## PodTemplateSpec",
    "A pod template of Kubernetes, with `metadata` and `spec`. The CRD takes any field; the API server judges the " +
      "result.",
    "## FlinkConfiguration",
    "Options of Flink and of the operator, as nested objects, as dotted keys or both. Values are text, numbers, " +
      "booleans or lists.",
  ].join("\n\n")}\n`;
}
