/** Imported before a test of the simulation: plants the mutant that MUTANT names. MUTANT=NAME npm run sim -- FILES. */
import { mutantOf } from "./mutants.ts";
import { plant } from "./plant.ts";
import { mutantVariable } from "./plantPlugin.ts";

const name = process.env[mutantVariable];
if (name !== undefined && name !== "") plant(mutantOf(name));
