import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, it } from "vitest";
import { describeWith } from "../../test/support/otherProjects.ts";
import { buildCustomResourceDefinition, type Schema } from "./crd.ts";
import { fieldsLost, type Structure } from "./crdFields.ts";
import { kinds } from "./v1beta1/kinds.ts";

const text: Schema = { type: "string" };
const object = (properties: Record<string, Schema>): Schema => ({ type: "object", properties });

const cases: [what: string, present: Structure, next: Structure, lost: string[]][] = [
  ["nothing, where nothing changes", object({ a: text }), object({ a: text }), []],
  ["nothing, where a field comes", object({ a: text }), object({ a: text, b: text }), []],
  ["a field", object({ a: text, b: text }), object({ a: text }), ["b"]],
  ["a field below", object({ a: object({ b: text }) }), object({ a: object({}) }), ["a.b"]],
  [
    "a field in a list",
    object({ a: { type: "array", items: object({ b: text }) } }),
    object({ a: { type: "array", items: object({}) } }),
    ["a[].b"],
  ],
  [
    "a field in a map",
    object({ a: { type: "object", additionalProperties: object({ b: text }) } }),
    object({ a: { type: "object", additionalProperties: object({}) } }),
    ["a.*.b"],
  ],
  [
    "nothing that a map takes",
    object({ a: object({ b: text }) }),
    object({ a: { type: "object", additionalProperties: text } }),
    [],
  ],
  [
    "nothing below what takes all",
    object({ a: object({ b: text }) }),
    object({ a: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }),
    [],
  ],
  [
    "whatever was taken before",
    object({ a: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }),
    object({ a: object({}) }),
    ["a.*"],
  ],
];

it.each(cases)("loses %s", (_, present, next, lost) => {
  expect(fieldsLost(present, next)).toEqual(lost);
});

describeWith("reference/crds", "the Java operator's CRDs", (references) => {
  it.each(kinds)("lose no field to $kind", (kind) => {
    const file = join(references, `${kind.plural}.${kind.group}-v1.yaml`);
    const schema = (definition: unknown): Schema => {
      const [version] = (definition as ReturnType<typeof buildCustomResourceDefinition>).spec.versions;
      if (version === undefined) throw new Error("the definition has no version");
      return version.schema.openAPIV3Schema;
    };
    expect(
      fieldsLost(schema(load(readFileSync(file, "utf8"))), schema(buildCustomResourceDefinition(kind))),
    ).toEqual([]);
  });
});
