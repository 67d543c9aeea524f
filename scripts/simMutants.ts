/**
 * Shows that the fault suite can fail: plants one mistake at a time in the operator and looks for a plan that notices.
 *
 *   node scripts/simMutants.ts [MUTANT...]
 *
 * The last line is "N killed, M survived"; a survivor makes it fail. SIM_MUTANTS=file has the results written there.
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Hunt } from "../test/sim/mutants/huntPlans.ts";
import { type Mutant, mutants } from "../test/sim/mutants/mutants.ts";

const hunter = join(import.meta.dirname, "../test/sim/mutants/hunt.ts");
const limitMs = 5 * 60_000;

async function hunt({ name }: Mutant): Promise<Hunt> {
  const options = { timeout: limitMs, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, [hunter, name], options);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Hunt;
}

const asked = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => asked.length === 0 || asked.includes(name));
const results: { mutant: Mutant; found: Hunt | Error }[] = [];
const queue = [...chosen];

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const found = await hunt(mutant).catch((error: Error) => error);
    results.push({ mutant, found });
    console.log(tell(mutant, found));
  }
}

function tell({ name, fault }: Mutant, found: Hunt | Error): string {
  if (found instanceof Error) return `BROKEN    ${name}: ${found.message.slice(0, 2_000)}`;
  if (found.caught === undefined) return `SURVIVED  ${name}: it ${fault}; ${found.played} plans saw nothing`;
  const { plan, promise } = found.caught;
  return `killed    ${name}: it ${fault}\n            by ${plan}: ${promise}`;
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
const caught = results.filter(({ found }) => !(found instanceof Error) && found.caught !== undefined);
const { SIM_MUTANTS: file } = process.env;
if (file !== undefined) {
  const told = caught
    .map(({ mutant: { name, fault }, found }) => {
      const { plan = "", promise = "" } = (found as Hunt).caught ?? {};
      return { name, fault, plan, promise };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
  writeFileSync(file, `${JSON.stringify(told, null, 2)}\n`);
}
console.log(`${caught.length} killed, ${results.length - caught.length} survived`);
process.exitCode = caught.length === results.length ? 0 : 1;
