/**
 * Runs plans against an operator with one mutant in it until one of them fails: node runMutant.ts MUTANT [PLAN]
 *
 * Prints what killed it as a line of JSON; with PLAN, prints all that happens in that plan instead. MUTANT_SECONDS=N: the search
 * ends after so long.
 */
import { mutantOf } from "./mutants.ts";
import { plant } from "./plant.ts";

const [name = "", text] = process.argv.slice(2);
const mutant = mutantOf(name);
plant(mutant);
// Only what is imported from here on has the mutant in it.
const { replay, search } = await import("./search.ts");
const limitMs = Number(process.env.MUTANT_SECONDS ?? 300) * 1_000;
console.log(text === undefined ? JSON.stringify(await search(mutant, limitMs)) : await replay(text));
