import type { Schema } from "./crd.ts";

/** The structural parts of a schema, ours or that of an installed CRD. */
export type Structure = Pick<Schema, "properties" | "items" | "additionalProperties"> & {
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
};

const takesAll = (schema: Structure): boolean => schema["x-kubernetes-preserve-unknown-fields"] === true;

/**
 * The paths of the fields of the present schema that `next` lacks. The API server would drop them from each object that is
 * written again.
 */
export function fieldsLost(present: Structure, next: Structure, path = ""): string[] {
  if (takesAll(next)) return [];
  const here = path === "" ? "*" : `${path}.*`;
  const lost = takesAll(present) ? [here] : [];
  for (const [name, property] of Object.entries(present.properties ?? {})) {
    const where = path === "" ? name : `${path}.${name}`;
    const counterpart = next.properties?.[name] ?? next.additionalProperties;
    lost.push(...(counterpart === undefined ? [where] : fieldsLost(property, counterpart, where)));
  }
  const below: [Structure | undefined, Structure | undefined, string][] = [
    [present.items, next.items, `${path}[]`],
    [present.additionalProperties, next.additionalProperties, here],
  ];
  for (const [theirs, ours, where] of below) {
    if (theirs !== undefined) lost.push(...(ours === undefined ? [where] : fieldsLost(theirs, ours, where)));
  }
  return lost;
}
