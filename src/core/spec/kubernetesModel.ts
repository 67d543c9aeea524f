import {
  type Canonical,
  type CanonicalObject,
  isPlainObject,
  mapValues,
  QuantityText,
  raw,
} from "./canonical.ts";

/**
 * Kubernetes' own objects as the Java operator's client library writes them: apiVersion, kind and metadata first,
 * the other fields in alphabetical order; no nulls, no empty lists, no empty maps, but empty objects. There is no
 * schema of pods here, so what is a map is known by name. A field that the library does not know would stand last
 * there; here it stands in its alphabetical place.
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
 * Of a pod template only metadata and spec count. Others (apiVersion and kind where it was written as a Pod) the
 * Java operator carries along behind them.
 */
export function canonicalPodTemplate(value: Readonly<Record<string, unknown>>): CanonicalObject {
  const { metadata, spec, ...others } = value;
  return { ...kubernetesModel({ metadata, spec }), ...(others as CanonicalObject) };
}

/** The pod template without what does not count. */
export const effectivePodTemplate = (template: CanonicalObject): CanonicalObject =>
  Object.fromEntries(Object.entries(template).filter(([name]) => name === "metadata" || name === "spec"));

/** Fields of a pod template that hold a map: its keys are the user's and keep their order. */
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

/** As Java compares strings: by code unit, capitals before small letters. */
function byPrecedence(a: string, b: string): number {
  const precedence = rank(a) - rank(b);
  return precedence !== 0 ? precedence : a < b ? -1 : a > b ? 1 : 0;
}

const rank = (name: string): number => {
  const index = first.indexOf(name);
  return index < 0 ? first.length : index;
};
