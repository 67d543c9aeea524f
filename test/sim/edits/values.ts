import type { FieldType } from "../../../src/api/declaration.ts";
import type { EditKind } from "./edit.ts";

export const testValueKinds = ["change", "extreme", "wrong type"] as const satisfies EditKind[];

/** A value to set in a field. */
export interface TestValue {
  readonly kind: (typeof testValueKinds)[number];
  readonly value: unknown;
}

const testValues =
  (kind: TestValue["kind"]) =>
  (...values: readonly unknown[]): TestValue[] =>
    values.map((value) => ({ kind, value }));

const change = testValues("change");
const extreme = testValues("extreme");
const wrong = testValues("wrong type");

const long = "x".repeat(5_000);

/** Unusual values of any text. */
const oddTexts = [
  "",
  " ",
  "\t\n",
  " padded ",
  long,
  "größe-データ-🚀",
  "-1",
  "a: b # c",
  "a\nb: c",
  "${HOME}",
  "'\"",
];

/** Values by a field's type: valid ones, extremes, and values of another type. */
export const testValuesOf = (type: FieldType, good: readonly unknown[] = []): TestValue[] => {
  switch (type.kind) {
    case "string":
      return type.values === undefined
        ? [
            ...change(...(good.length > 0 ? good : ["other"])),
            ...extreme(...oddTexts),
            ...wrong(5, true, ["a"], { a: "b" }),
          ]
        : [
            ...change(...type.values, ...good),
            ...extreme("", " ", type.values.at(-1)?.toUpperCase(), "nonsense"),
            ...wrong(5),
          ];
    case "integer": {
      const edge = 2 ** (type.bits - 1);
      const edges =
        type.bits === 32 ? [edge - 1, -edge, edge] : [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
      return [
        ...change(...(good.length > 0 ? good : [7])),
        ...extreme(0, -1, 1, ...edges),
        ...wrong(1.5, "2", true),
      ];
    }
    case "number":
      return [...change(0.25, 2), ...extreme(0, -1, 1e-9, 1e9), ...wrong("1", false)];
    case "boolean":
      return [...change(true, false), ...wrong("true", 1)];
    case "intOrString":
      return [
        ...change(...(good.length > 0 ? good : ["250m", 2])),
        ...extreme("", " ", "-1", 0, "1Zi", "1 Gi", "1e3", "1e400", "9".repeat(40), "1Gib"),
        ...wrong(true, ["1"]),
      ];
    case "list":
      return [
        ...change([sampleOf(type.items)]),
        ...extreme(
          [],
          Array.from({ length: 60 }, () => sampleOf(type.items)),
          [sampleOf(type.items), sampleOf(type.items)],
        ),
        ...wrong("text", {}, [null], [[]]),
      ];
    case "map":
      return [
        ...change({ key: sampleOf(type.values) }),
        ...extreme(
          {},
          { "a key": sampleOf(type.values) },
          { größe: sampleOf(type.values) },
          { "": sampleOf(type.values) },
          { [long]: sampleOf(type.values) },
          { "example.com/a/b": sampleOf(type.values) },
          Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key-${n}`, sampleOf(type.values)])),
        ),
        ...wrong("text", [], { key: {} }, { key: ["x"] }),
      ];
    case "object":
    case "freeForm":
      return [...extreme({}), ...wrong("text", [], 5)];
  }
};

/** A plausible value of a type. */
export const sampleOf = (type: FieldType): unknown => {
  switch (type.kind) {
    case "string":
      return type.values?.at(-1) ?? "sample";
    case "integer":
    case "number":
      return 1;
    case "boolean":
      return true;
    case "intOrString":
      return "1";
    case "list":
      return [sampleOf(type.items)];
    case "map":
      return { key: sampleOf(type.values) };
    case "object":
      return Object.fromEntries(type.fields.slice(0, 1).map((field) => [field.name, sampleOf(field.type)]));
    case "freeForm":
      return {};
  }
};
