import {
  type Canonical,
  type CanonicalObject,
  isPlainObject,
  mapValues,
  QuantityText,
  raw,
} from "./canonical.ts";

/**
 * Kubernetes objects as the Java operator's client library writes them: apiVersion, kind and metadata first, the
 * other fields in alphabetical order; no nulls, no empty lists, no empty maps, but empty objects. There is no schema
 * of pods here, so maps are recognised by name. The library writes an unknown field last; here it is in its
 * alphabetical place.
 */
export const kubernetesModel = (value: Readonly<Record<string, unknown>>): CanonicalObject => {
  const entries: [string, Canonical][] = [];
  for (const name of Object.keys(value).sort(byPrecedence)) {
    const child = value[name];
    if (child === null || child === undefined) continue;
    if (Array.isArray(child) && child.length === 0) continue;
    if (maps.has(name) && isPlainObject(child) && Object.keys(child).length === 0) continue;
    entries.push([name, modelOf(name, child)]);
  }
  return Object.fromEntries(entries);
};

/**
 * Only metadata and spec of a pod template are relevant. The Java operator keeps other fields (apiVersion and kind if
 * it was written as a Pod) after them.
 */
export function canonicalPodTemplate(value: Readonly<Record<string, unknown>>): CanonicalObject {
  const { metadata, spec, ...others } = value;
  return { ...kubernetesModel({ metadata, spec }), ...(others as CanonicalObject) };
}

/** The pod template without irrelevant fields. */
export const effectivePodTemplate = (template: CanonicalObject): CanonicalObject =>
  Object.fromEntries(Object.entries(template).filter(([name]) => name === "metadata" || name === "spec"));

/** Fields of a pod template that contain a map, whose keys are the user's and keep their order. */
const maps: ReadonlySet<string> = new Set([
  "annotations",
  "labels",
  "limits",
  "matchLabels",
  "nodeSelector",
  "options",
  "overhead",
  "requests",
  "volumeAttributes",
]);

const mapsOfQuantities: ReadonlySet<string> = new Set(["limits", "overhead", "requests"]);
const quantities: ReadonlySet<string> = new Set(["divisor", "sizeLimit"]);

function modelOf(name: string, value: unknown): Canonical {
  if (Array.isArray(value)) return value.map((item) => modelOf("", item));
  if (isPlainObject(value)) {
    if (mapsOfQuantities.has(name)) return mapValues(value, quantity);
    return maps.has(name) ? mapValues(value, raw) : kubernetesModel(value);
  }
  return quantities.has(name) ? quantity(value) : raw(value);
}

const quantity = (value: unknown): Canonical =>
  ["string", "number", "bigint"].includes(typeof value) ? new QuantityText(String(value)) : raw(value);

const first = ["apiVersion", "kind", "metadata"];

/** The order of Java strings: by code unit, upper case before lower case. */
function byPrecedence(a: string, b: string): number {
  const precedence = rank(a) - rank(b);
  return precedence !== 0 ? precedence : a < b ? -1 : a > b ? 1 : 0;
}

const rank = (name: string): number => {
  const index = first.indexOf(name);
  return index < 0 ? first.length : index;
};
