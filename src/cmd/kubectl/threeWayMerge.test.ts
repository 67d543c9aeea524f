import { expect, it } from "vitest";
import { asApplied } from "./threeWayMerge.ts";

const object = (spec: object, annotations?: Record<string, string>) => ({
  kind: "FlinkDeployment",
  metadata: { name: "a", ...(annotations && { annotations }) },
  spec,
});
const appliedLast = (spec: object) => ({
  "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ spec }),
});

it.each<[string, object | undefined, object, object, object]>([
  ["keeps what others have set", { a: 1 }, { a: 1, b: { c: 1 } }, { a: 2 }, { a: 2, b: { c: 1 } }],
  [
    "removes what the file has no longer",
    { x: 1, m: { a: 1, b: 1 } },
    { x: 1, m: { a: 1, b: 1, c: 1 } },
    { m: { a: 1 } },
    { m: { a: 1, c: 1 } },
  ],
  ["keeps what nobody has applied", undefined, { a: 1 }, { b: 1 }, { a: 1, b: 1 }],
  ["removes by null", undefined, { a: 1, b: { c: 1 } }, { b: { c: null } }, { a: 1, b: {} }],
  ["replaces lists", { l: [1] }, { l: [1, 2] }, { l: [3] }, { l: [3] }],
  ["replaces what is of another type", { a: "x" }, { a: "x" }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
])("%s", (_, last, live, given, expected) => {
  const annotations = last === undefined ? undefined : appliedLast(last);
  expect(asApplied(object(live, annotations), object(given)).spec).toEqual(expected);
});

it("takes an annotation that cannot be read for none", () => {
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{" };
  expect(asApplied(object({ a: 1 }, annotations), object({ b: 1 })).spec).toEqual({ a: 1, b: 1 });
});
