import { type FieldType, fieldsOf } from "../../../src/api/declaration.ts";
import { flinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { dig, type JsonObject } from "../world/json.ts";
import { podTemplateType } from "../world/kubernetes/podTemplateType.ts";
import { hash } from "../world/random.ts";
import { baseline } from "./baseline.ts";
import { configurationKeys, testValuesOfKey } from "./configuration.ts";
import { applyEdit, type Edit, fieldOf, nameOf } from "./edit.ts";
import { type TestValue, testValueKinds, testValuesOf } from "./values.ts";

/** The edits of one field and of the fields inside it; they share a world. */
export interface EditGroup {
  readonly field: string;
  readonly edits: readonly Edit[];
}

type Path = Edit["path"];

/** Valid values of fields that do not accept every text. */
const goodValues: Readonly<Record<string, readonly unknown[]>> = {
  "spec.image": ["flink:1.20.1", "localhost:5000/team/flink:1.20"],
  "spec.serviceAccount": ["other"],
  "spec.job.jarURI": ["local:///opt/flink/usrlib/other.jar"],
  "spec.job.parallelism": [1, 3, 40, 32_768 + 1],
  "spec.job.args": [["--edition", "2"]],
  "spec.jobManager.replicas": [2],
  "spec.taskManager.replicas": [3],
  "spec.ingress.template": ["flink.example.com/{{namespace}}/{{name}}(/|$)(.*)"],
};

/** The simulation has no nodes that could be full: edits that request millions of pods are left out. */
const maxPods = 40;
const podCounts = /^spec\.(job\.parallelism|(jobManager|taskManager)\.replicas)$/;
const requestsTooManyPods = (path: Path, value: unknown): boolean =>
  podCounts.test(fieldOf(path)) &&
  typeof value === "number" &&
  value > maxPods &&
  !(fieldOf(path) === "spec.job.parallelism" && value > 32_768);

const spec: JsonObject = baseline("savepoint").spec;

const at = (path: Path): unknown => dig(spec, ...path);

/** How many test values of each kind such a field gets, by the first match; other fields of the spec get all. */
const samples: readonly {
  readonly within: RegExp;
  readonly limits: Partial<Record<TestValue["kind"], number>>;
}[] = [
  {
    within: /^spec\.(jobManager|taskManager)\.podTemplate\./,
    limits: { change: 0, extreme: 1, "wrong type": 0 },
  },
  { within: /^spec\.podTemplate\./, limits: { change: 1, extreme: 2, "wrong type": 1 } },
  { within: /^spec\.flinkConfiguration\W/, limits: { change: 2, extreme: 4, "wrong type": 1 } },
];

/** A sample that differs from field to field, so that every test value is used for some field. */
const sampled = (path: Path, values: readonly TestValue[]): readonly TestValue[] => {
  const field = fieldOf(path);
  const limits = samples.find(({ within }) => within.test(field))?.limits;
  if (limits === undefined) return values;
  return testValueKinds.flatMap((kind) => {
    const all = values.filter((value) => value.kind === kind);
    const first = hash(field) % Math.max(1, all.length);
    return [...all.slice(first), ...all.slice(0, first)].slice(0, limits[kind]);
  });
};

const editsAt = (path: Path, values: readonly TestValue[]): Edit[] => {
  const present = at(path) !== undefined;
  const edits = sampled(path, values).map(({ kind, value }) => ({
    kind: kind === "change" && !present ? ("set" as const) : kind,
    path,
    value,
  }));
  return present ? [...edits, { kind: "remove", path, value: undefined }] : edits;
};

const editsOf = (type: FieldType, path: Path): Edit[] => {
  if (type.kind === "freeForm" && type.name === "PodTemplateSpec") return editsOf(podTemplateType, path);
  const own = editsAt(path, testValuesOf(type, goodValues[fieldOf(path)]));
  return [...own, ...nestedEdits(type, path)];
};

const nestedEdits = (type: FieldType, path: Path): Edit[] => {
  if (type.kind === "list") return editsInList(type.items, path);
  if (type.kind === "map")
    return Object.keys(at(path) ?? {}).flatMap((key) => editsOf(type.values, [...path, key]));
  return fieldsOf(type).flatMap((field) => editsOf(field.type, [...path, field.name]));
};

/** Edits the first element, and creates it where there is none. For a list of texts, the list's own edits are enough. */
const editsInList = (items: FieldType, path: Path): Edit[] =>
  items.kind === "object" ? editsOf(items, [...path, 0]) : [];

const configuration: Path = ["flinkConfiguration"];

const configurationGroups = (): EditGroup[] => [
  {
    field: fieldOf(configuration),
    edits: editsAt(configuration, testValuesOf({ kind: "freeForm", name: "", model: "own" })),
  },
  ...configurationKeys.map((key) => {
    const path = [...configuration, key.key];
    return { field: fieldOf(path), edits: editsAt(path, testValuesOfKey(key)) };
  }),
];

/** One group for each field of the spec, and for each field of large objects. */
const groupsOf = (type: FieldType, path: Path): EditGroup[] => {
  const known = type.kind === "freeForm" && type.name === "PodTemplateSpec" ? podTemplateType : type;
  if (known.kind !== "object" || path.length > 3)
    return [{ field: fieldOf(path), edits: editsOf(known, path) }];
  const own = path.length === 0 ? [] : [{ field: fieldOf(path), edits: editsAt(path, testValuesOf(known)) }];
  return [
    ...own,
    ...known.fields.flatMap((field) =>
      isConfiguration(field.name) ? configurationGroups() : groupsOf(field.type, [...path, field.name]),
    ),
  ];
};

const isConfiguration = (name: string): boolean => name === configuration[0];

/** Every edit once, without those that change nothing, which the API server does not store. */
export const editGroups = (): EditGroup[] => {
  const seen = new Set<string>();
  return groupsOf(flinkDeploymentSpec, [])
    .map(({ field, edits }) => ({
      field,
      edits: edits.filter((edit) => {
        const name = nameOf(edit);
        if (
          seen.has(name) ||
          requestsTooManyPods(edit.path, edit.value) ||
          applyEdit(spec, edit) === undefined
        )
          return false;
        seen.add(name);
        return true;
      }),
    }))
    .filter(({ edits }) => edits.length > 0);
};
