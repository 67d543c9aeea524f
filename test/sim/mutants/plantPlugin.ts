import { relative } from "node:path";
import type { Plugin } from "vitest/config";
import type { Mutant } from "./mutant.ts";
import { mutantOf } from "./mutants.ts";
import { edited, sources } from "./plant.ts";

/** The environment variable that names the mutant to plant: MUTANT=NAME npm run unit -- FILES. */
export const mutantVariable = "MUTANT";

/**
 * Plants the mutant that MUTANT names in what Vitest loads, in memory. The variable is read for each file, so that one process
 * can run one mutant after the other.
 */
export const plantPlugin = (): Plugin => ({
  name: "plant-mutant",
  enforce: "pre",
  // What is planted must not come into Vitest's cache of modules, from which later runs without a mutant read.
  configureVitest({ defineCacheKeyGenerator }) {
    defineCacheKeyGenerator(({ id }) => (plantedIn(id) === undefined ? undefined : false));
  },
  transform(code, id) {
    const planted = plantedIn(id);
    return planted === undefined ? undefined : edited(planted.mutant, planted.file, code);
  },
});

function plantedIn(id: string): { mutant: Mutant; file: string } | undefined {
  const name = process.env[mutantVariable];
  if (name === undefined || name === "") return undefined;
  const mutant = mutantOf(name);
  const file = relative(sources, id.split("?")[0] ?? id);
  return mutant.edits.some((edit) => edit.file === file) ? { mutant, file } : undefined;
}
