/**
 * Plays plans against an operator with one fault in it until one of them notices: node hunt.ts MUTANT [PLAN]
 *
 * Prints what it found as a line of JSON; with PLAN, prints that plan's whole story instead.
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
// Only what is imported from here on has the fault in it.
const { hunt } = await import("./huntPlans.ts");
await hunt(mutant, text);
