/**
 * Runs plans against an operator with one mutant in it until one of them fails: node runMutant.ts MUTANT [PLAN]
 *
 * Prints what killed it as a line of JSON; with PLAN, prints all that happens in that plan instead.
 */
import { mutants } from "./mutants.ts";
import { plant } from "./plant.ts";

const [name, text] = process.argv.slice(2);
const mutant = mutants.find((each) => each.name === name);
if (mutant === undefined) {
  console.error(`no mutant "${name}"; there are: ${mutants.map((each) => each.name).join(", ")}`);
  process.exit(2);
}
plant(mutant);
// Only what is imported from here on has the mutant in it.
const { replay, search } = await import("./search.ts");
console.log(text === undefined ? JSON.stringify(await search(mutant)) : await replay(text));
