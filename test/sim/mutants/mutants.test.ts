import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import { planKinds } from "../planKinds.ts";
import { workloads } from "../workloads/all.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import { edited, sources } from "./plant.ts";

const read = (file: string): string => readFileSync(join(sources, file), "utf8");

test.each(mutants)("the mutant $name still has its place in the source, and is a program", (mutant) => {
  for (const { file } of mutant.edits) {
    const source = edited(mutant, file, read(file));
    expect(source).not.toBe(read(file));
    expect(() => transformSync(source, { loader: "ts" })).not.toThrow();
  }
  const known = workloads.map(({ name }) => name);
  expect(known).toEqual(expect.arrayContaining([...mutant.workloads]));
  expect(planKinds.map(({ name }) => name)).toEqual(expect.arrayContaining([...mutant.kinds]));
});

test("names are unique", () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test("a mutant without its place is refused", () => {
  const [mutant] = mutants;
  if (mutant === undefined) throw new Error("there are no mutants");
  const edit = { file: "a.ts", find: "x", replace: "y" };
  expect(() => edited({ ...mutant, edits: [edit] }, "a.ts", "")).toThrow(/found 0 times in a.ts/);
  expect(() => edited({ ...mutant, edits: [edit] }, "a.ts", "x x")).toThrow(/found 2 times in a.ts/);
});

// A mutant that names what does not exist fails every test, and so shows nothing.
test("the compiler accepts every mutant", () => {
  const root = join(sources, "..");
  const folder = mkdtempSync(join(tmpdir(), "mutants-"));
  try {
    for (const name of ["node_modules", "images"]) symlinkSync(join(root, name), join(folder, name));
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.json"),
        compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
        include: ["src"],
        exclude: ["**/*.test.ts", "**/*.fixture.ts"],
      }),
    );
    let left: readonly Mutant[] = mutants;
    while (left.length > 0) {
      rmSync(join(folder, "src"), { recursive: true, force: true });
      mkdirSync(join(folder, "src"));
      cpSync(sources, join(folder, "src"), { recursive: true });
      const rest = plantTogether(left, join(folder, "src"));
      if (rest.length === left.length)
        throw new Error(`no place for ${rest.map(({ name }) => name).join(", ")}`);
      left = rest;
      expect(errorsIn(folder)).toEqual([]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Plants those that do not get in each other's way; returns the others. */
function plantTogether(asked: readonly Mutant[], folder: string): Mutant[] {
  return asked.filter((mutant) => {
    const files = [...new Set(mutant.edits.map(({ file }) => file))];
    try {
      const texts = files.map((file) => edited(mutant, file, readFileSync(join(folder, file), "utf8")));
      files.forEach((file, index) => {
        writeFileSync(join(folder, file), texts[index] ?? "");
      });
      return false;
    } catch {
      return true;
    }
  });
}

function errorsIn(folder: string): string[] {
  try {
    execFileSync(process.execPath, [join(folder, "node_modules/typescript/bin/tsc"), "--noEmit"], {
      cwd: folder,
      encoding: "utf8",
    });
    return [];
  } catch (error) {
    return String((error as { stdout: string }).stdout).split("\n");
  }
}
