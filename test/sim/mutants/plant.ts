import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Mutant } from "./mutant.ts";

export const sources = join(import.meta.dirname, "../../../src");

/** The source with the mutant in it; throws where an edit has not exactly one place. */
export const edited = (mutant: Mutant, file: string, source: string): string =>
  mutant.edits
    .filter((edit) => edit.file === file)
    .reduce((text, { find, replace }) => {
      const places = text.split(find).length - 1;
      if (places !== 1) {
        throw new Error(`mutant ${mutant.name}: found ${places} times in ${file} instead of once: ${find}`);
      }
      return text.replace(find, () => replace);
    }, source);

/** From now on, whatever this process imports of the operator has the fault in it. */
export const plant = (mutant: Mutant): void => {
  const files = new Map(
    mutant.edits.map(({ file }) => [pathToFileURL(join(sources, file)).href, file] as const),
  );
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const file = files.get(url);
      if (file === undefined) return loaded;
      return { ...loaded, source: edited(mutant, file, String(loaded.source)) };
    },
  });
};
