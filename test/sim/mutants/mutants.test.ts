import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import { workloads } from "../workloads/all.ts";
import { mutants } from "./mutants.ts";
import { edited } from "./plant.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "../../../src", file), "utf8");

test.each(mutants)("the mutant $name still has its place in the source, and is a program", (mutant) => {
  for (const { file } of mutant.edits) {
    const source = edited(mutant, file, read(file));
    expect(source).not.toBe(read(file));
    expect(() => transformSync(source, { loader: "ts" })).not.toThrow();
  }
  const known = workloads.map(({ name }) => name);
  expect(known).toEqual(expect.arrayContaining([...mutant.workloads]));
});

test("a mutant without its place is refused", () => {
  const [mutant] = mutants;
  if (mutant === undefined) throw new Error("there are no mutants");
  const edit = { file: "a.ts", find: "x", replace: "y" };
  expect(() => edited({ ...mutant, edits: [edit] }, "a.ts", "")).toThrow(/found 0 times in a.ts/);
  expect(() => edited({ ...mutant, edits: [edit] }, "a.ts", "x x")).toThrow(/found 2 times in a.ts/);
});
