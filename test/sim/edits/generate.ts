import { type FieldType, fieldsOf } from "../../../src/api/declaration.ts";
import { flinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { dig, type JsonObject } from "../world/json.ts";
import { podTemplateType } from "../world/kubernetes/podTemplateType.ts";
import { hash } from "../world/random.ts";
import { baseline } from "./baseline.ts";
import { configurationKeys, trialsOfKey } from "./configuration.ts";
import { applyEdit, type Edit, fieldOf, nameOf } from "./edit.ts";
import { type Trial, trialKinds, trialsOf } from "./values.ts";

/** Edits of one field and of what is inside of it; they share a world. */
export interface EditGroup {
  readonly field: string;
  readonly edits: readonly Edit[];
}

type Path = Edit["path"];

/** Good values for fields in which not every text is one. */
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

/** The simulation has no nodes that could be full: what asks for millions of pods is no edit for it. */
const mostPods = 40;
const podCounts = /^spec\.(job\.parallelism|(jobManager|taskManager)\.replicas)$/;
const asksForTooMany = (path: Path, value: unknown): boolean =>
  podCounts.test(fieldOf(path)) &&
  typeof value === "number" &&
  value > mostPods &&
  !(fieldOf(path) === "spec.job.parallelism" && value > 32_768);

const spec: JsonObject = baseline("savepoint").spec;

const at = (path: Path): unknown => dig(spec, ...path);

/** How many trials of each kind a field of these gets; the spec's own fields get all. First that matches. */
const samples: readonly { readonly within: RegExp; readonly most: Partial<Record<Trial["kind"], number>> }[] =
  [
    {
      within: /^spec\.(jobManager|taskManager)\.podTemplate\./,
      most: { change: 0, extreme: 1, "wrong type": 0 },
    },
    { within: /^spec\.podTemplate\./, most: { change: 1, extreme: 2, "wrong type": 1 } },
    { within: /^spec\.flinkConfiguration\W/, most: { change: 2, extreme: 4, "wrong type": 1 } },
  ];

/** Which ones differs from field to field, so that over all fields every trial has its turn. */
const sampled = (path: Path, trials: readonly Trial[]): readonly Trial[] => {
  const field = fieldOf(path);
  const most = samples.find(({ within }) => within.test(field))?.most;
  if (most === undefined) return trials;
  return trialKinds.flatMap((kind) => {
    const all = trials.filter((trial) => trial.kind === kind);
    const first = hash(field) % Math.max(1, all.length);
    return [...all.slice(first), ...all.slice(0, first)].slice(0, most[kind]);
  });
};

const editsAt = (path: Path, trials: readonly Trial[]): Edit[] => {
  const present = at(path) !== undefined;
  const edits = sampled(path, trials).map(({ kind, value }) => ({
    kind: kind === "change" && !present ? ("set" as const) : kind,
    path,
    value,
  }));
  return present ? [...edits, { kind: "remove", path, value: undefined }] : edits;
};

const editsOf = (type: FieldType, path: Path): Edit[] => {
  if (type.kind === "freeForm" && type.name === "PodTemplateSpec") return editsOf(podTemplateType, path);
  const own = editsAt(path, trialsOf(type, goodValues[fieldOf(path)]));
  return [...own, ...insideOf(type, path)];
};

const insideOf = (type: FieldType, path: Path): Edit[] => {
  if (type.kind === "list") return editsInList(type.items, path);
  if (type.kind === "map")
    return Object.keys(at(path) ?? {}).flatMap((key) => editsOf(type.values, [...path, key]));
  return fieldsOf(type).flatMap((field) => editsOf(field.type, [...path, field.name]));
};

/** Of the first element, made where there is none yet. Of texts in a list, the list's own edits are enough. */
const editsInList = (items: FieldType, path: Path): Edit[] =>
  items.kind === "object" ? editsOf(items, [...path, 0]) : [];

const configuration: Path = ["flinkConfiguration"];

const configurationGroups = (): EditGroup[] => [
  {
    field: fieldOf(configuration),
    edits: editsAt(configuration, trialsOf({ kind: "freeForm", name: "", model: "own" })),
  },
  ...configurationKeys.map((key) => {
    const path = [...configuration, key.key];
    return { field: fieldOf(path), edits: editsAt(path, trialsOfKey(key)) };
  }),
];

/** One group for each field of the spec, and one for each field of what is large in itself. */
const groupsOf = (type: FieldType, path: Path): EditGroup[] => {
  const known = type.kind === "freeForm" && type.name === "PodTemplateSpec" ? podTemplateType : type;
  if (known.kind !== "object" || path.length > 3)
    return [{ field: fieldOf(path), edits: editsOf(known, path) }];
  const own = path.length === 0 ? [] : [{ field: fieldOf(path), edits: editsAt(path, trialsOf(known)) }];
  return [
    ...own,
    ...known.fields.flatMap((field) =>
      isConfiguration(field.name) ? configurationGroups() : groupsOf(field.type, [...path, field.name]),
    ),
  ];
};

const isConfiguration = (name: string): boolean => name === configuration[0];

/** Every edit once; without those that change nothing, which the API server does not even store. */
export const editGroups = (): EditGroup[] => {
  const seen = new Set<string>();
  return groupsOf(flinkDeploymentSpec, [])
    .map(({ field, edits }) => ({
      field,
      edits: edits.filter((edit) => {
        const name = nameOf(edit);
        if (seen.has(name) || asksForTooMany(edit.path, edit.value) || applyEdit(spec, edit) === undefined)
          return false;
        seen.add(name);
        return true;
      }),
    }))
    .filter(({ edits }) => edits.length > 0);
};
