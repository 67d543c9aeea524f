/**
 * Shows that the fault suite can fail: runs it against one mutant of the operator after the other, until a plan fails.
 *
 *   node scripts/simMutants.ts [MUTANT...]
 *
 * The last line is "N killed, M survived"; a survivor makes it fail. SIM_MUTANTS=file has the plans that killed them written
 * there, for docs/reliability.md; MUTANTS_REPORT=file what each took.
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Mutant, mutants } from "../test/sim/mutants/mutants.ts";
import type { MutantResult } from "../test/sim/mutants/search.ts";

const program = join(import.meta.dirname, "../test/sim/mutants/runMutant.ts");
const limitMs = 5 * 60_000;

interface Result {
  readonly mutant: Mutant;
  readonly seconds: number;
  readonly found: MutantResult | Error;
}

async function runMutant(mutant: Mutant): Promise<Result> {
  const started = performance.now();
  const options = { timeout: limitMs, maxBuffer: 64 * 1024 * 1024 };
  const found = await promisify(execFile)(process.execPath, [program, mutant.name], options).then(
    ({ stdout }) => JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as MutantResult,
    (error: Error) => error,
  );
  return { mutant, found, seconds: (performance.now() - started) / 1000 };
}

const asked = process.argv.slice(2);
const queue = mutants.filter(({ name }) => asked.length === 0 || asked.includes(name));
const results: Result[] = [];

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const result = await runMutant(mutant);
    results.push(result);
    console.log(describe(result));
  }
}

function describe({ mutant: { name, fault }, found }: Result): string {
  if (found instanceof Error) return `BROKEN    ${name}: ${found.message.slice(0, 2_000)}`;
  if (found.killedBy === undefined)
    return `SURVIVED  ${name}: it ${fault}; none of ${found.plans} plans failed`;
  const { plan, invariant } = found.killedBy;
  return `killed    ${name}: it ${fault}\n            by ${plan}: ${invariant}`;
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
const killed = results.flatMap(({ mutant: { name, fault }, found }) =>
  found instanceof Error || found.killedBy === undefined
    ? []
    : [{ name, fault, plan: found.killedBy.plan, invariant: found.killedBy.invariant }],
);
const { SIM_MUTANTS: file, MUTANTS_REPORT: report } = process.env;
const write = (to: string, value: unknown) => writeFileSync(to, `${JSON.stringify(value, null, 2)}\n`);
if (file !== undefined)
  write(
    file,
    killed.sort((a, b) => a.name.localeCompare(b.name)),
  );
if (report !== undefined) {
  const killedNames = new Set(killed.map(({ name }) => name));
  write(
    report,
    results.map(({ mutant: { name }, seconds, found }) => ({
      name,
      seconds,
      cpuSeconds: found instanceof Error ? 0 : found.cpuSeconds,
      killed: killedNames.has(name),
    })),
  );
}
console.log(`${killed.length} killed, ${results.length - killed.length} survived`);
process.exitCode = killed.length === results.length ? 0 : 1;
