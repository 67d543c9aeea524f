import { parse } from "@marcbachmann/cel-js";
import { expect, test } from "vitest";
import { refusedCall } from "./allowed.ts";

const allowed = { functions: new Set(["int"]), methods: new Set(["all"]) };

test.each([
  ["int(1) + a.b[int('2')]", undefined],
  ["[1].all(x, int(x) > 0)", undefined],
  ["cel.bind(x, 1, x)", { name: "bind", pos: 0 }],
  ["[1].all(x, x.matches('a'))", { name: "matches" }],
  ["all(1)", { name: "all" }],
  ["a.int()", { name: "int" }],
  ["{'a': [1 ? size('b') : 2]}", { name: "size" }],
  ["!(-double(1) > 2)", { name: "double" }],
])("the first call of %s that is not allowed is %j", (text, refused) => {
  const found = refusedCall(parse(text).ast, allowed);
  if (refused === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(refused);
});
