/**
 * Shows that the tests can fail: runs them against one mutant of the operator after the other, until one fails.
 *
 *   node scripts/simMutants.ts [MUTANT...]
 *
 * Each mutant meets what noticed it in the last recorded run (test/sim/results/mutants.json): its plan of the fault suite, or
 * its unit test; where both did, they take turns (TEST_ALL=true: both). Where that passes, all others follow. With names, or
 * with SIM_MUTANTS=file, which has the results written there, a mutant meets both, and all others where they pass.
 * MUTANTS_REPORT=file has written what each took.
 *
 * The last line is "N killed, M survived". A survivor makes it fail, unless it is recorded as one.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Mutant } from "../test/sim/mutants/mutant.ts";
import { mutantOf, mutants } from "../test/sim/mutants/mutants.ts";
import { isKilled, type MutantRecord, type UnitTest } from "../test/sim/mutants/record.ts";
import type { MutantResult } from "../test/sim/mutants/search.ts";
import { createUnitTests } from "../test/sim/mutants/unitTests.ts";
import { everything, isTurn } from "../test/support/turn.ts";

const program = join(import.meta.dirname, "../test/sim/mutants/runMutant.ts");
const recorded = join(import.meta.dirname, "../test/sim/results/mutants.json");
/** A run that hangs is ended. The search itself ends earlier (MUTANT_SECONDS). */
const limitMs = 10 * 60_000;

interface Result {
  readonly mutant: Mutant;
  readonly before: MutantRecord | undefined;
  /** Decides whose turn it is. */
  readonly index: number;
  seconds: number;
  cpuSeconds: number;
  /** Undefined: the fault suite did not run. */
  suite?: MutantResult;
  /** Undefined: no unit test failed, or none ran. */
  unitTest?: UnitTest | undefined;
  broken?: Error;
}

const { SIM_MUTANTS: file, MUTANTS_REPORT: report } = process.env;
const asked = process.argv.slice(2);
const isFull = file !== undefined || asked.length > 0;
const records = readRecords(recorded);
const results = (asked.length === 0 ? mutants : asked.map(mutantOf)).map(
  (mutant, index): Result => ({
    mutant,
    index,
    before: records.find(({ name }) => name === mutant.name),
    seconds: 0,
    cpuSeconds: 0,
  }),
);

function readRecords(from: string): readonly MutantRecord[] {
  return existsSync(from) ? (JSON.parse(readFileSync(from, "utf8")) as MutantRecord[]) : [];
}

/** A mutant that both notice meets its plan on one of so many commits, and its unit test on the others. */
const turns = 4;

const runsInSuite = ({ mutant, before, index }: Result): boolean => {
  if (mutant.outOfReach !== undefined) return false;
  if (isFull || before === undefined) return true;
  return before.plan !== undefined && (everything || before.unitTest === undefined || isTurn(index, turns));
};

const meetsUnitTests = (result: Result): boolean => {
  const { before } = result;
  if (isFull || before === undefined) return true;
  return before.unitTest !== undefined && (everything || !runsInSuite(result));
};

async function timed(result: Result, work: () => Promise<void>): Promise<void> {
  const started = performance.now();
  try {
    await work();
  } catch (error) {
    result.broken = error as Error;
  }
  result.seconds += (performance.now() - started) / 1000;
}

async function runSuite(result: Result): Promise<void> {
  const options = { timeout: limitMs, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, [program, result.mutant.name], options);
  result.suite = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as MutantResult;
  result.cpuSeconds += result.suite.cpuSeconds;
}

async function runUnitTests(): Promise<void> {
  const queue = results.filter(meetsUnitTests);
  if (queue.length === 0) return;
  const unitTests = await createUnitTests();
  for (const result of queue)
    await timed(result, async () => {
      const cpu = process.cpuUsage();
      result.unitTest = await unitTests.failing(result.mutant, result.before?.unitTest?.file);
      const { user, system } = process.cpuUsage(cpu);
      result.cpuSeconds += (user + system) / 1e6;
      if (!runsInSuite(result)) console.log(describe(result));
    });
  await unitTests.close();
}

const suiteQueue = results.filter(runsInSuite);

async function workOffSuite(): Promise<void> {
  for (let result = suiteQueue.shift(); result !== undefined; result = suiteQueue.shift()) {
    const current = result;
    await timed(current, () => runSuite(current));
    console.log(describe(current));
  }
}

/** What is known of it now. What did not run is as it was recorded. */
function recordOf(result: Result): MutantRecord {
  const { mutant, before, suite } = result;
  const { name, fault, outOfReach } = mutant;
  const killedBy = suite?.killedBy;
  const plan = killedBy?.plan ?? (suite === undefined ? before?.plan : undefined);
  const invariant = killedBy?.invariant ?? (suite === undefined ? before?.invariant : undefined);
  const unitTest = result.unitTest ?? (meetsUnitTests(result) ? undefined : before?.unitTest);
  return {
    name,
    fault,
    ...(outOfReach === undefined ? {} : { outOfReach }),
    ...(plan === undefined ? {} : { plan, invariant }),
    ...(unitTest === undefined ? {} : { unitTest }),
  } as MutantRecord;
}

/** A survivor that the record does not have as one is a failure. */
function outcomeOf(result: Result): "killed" | "survived" | "open" | "broken" {
  if (result.broken !== undefined) return "broken";
  const { suite, unitTest, before } = result;
  if (suite?.killedBy !== undefined || unitTest !== undefined) return "killed";
  const ran = suite !== undefined || meetsUnitTests(result);
  return before !== undefined && !isKilled(before) && (!ran || isFull) ? "open" : "survived";
}

function describe(result: Result): string {
  const { mutant, suite, broken } = result;
  const { name, fault } = mutant;
  const outcome = outcomeOf(result);
  if (broken !== undefined) return `BROKEN    ${name}: ${broken.message.slice(0, 2_000)}`;
  const { plan, invariant, unitTest } = recordOf(result);
  const by = [
    ...(plan === undefined ? [] : [`${plan}: ${invariant}`]),
    ...(unitTest === undefined ? [] : [`${unitTest.file}: ${unitTest.test}`]),
  ];
  const plans = suite === undefined ? "" : `; none of ${suite.plans} plans failed`;
  const word = { killed: "killed   ", survived: "SURVIVED ", open: "survives ", broken: "BROKEN   " }[
    outcome
  ];
  return [
    `${word} ${name}: it ${fault}${plan === undefined ? plans : ""}`,
    ...by.map((each) => `            by ${each}`),
  ].join("\n");
}

// Unit tests run in one process, so beside them there is room for one of plans.
await Promise.all([
  runUnitTests().then(workOffSuite),
  ...(availableParallelism() > 1 ? [workOffSuite()] : []),
]);

const write = (to: string, value: unknown) => writeFileSync(to, `${JSON.stringify(value, null, 2)}\n`);
if (file !== undefined) {
  const known = new Map(readRecords(file).map((record) => [record.name, record]));
  for (const result of results)
    if (result.broken === undefined) known.set(result.mutant.name, recordOf(result));
  const names = new Set(mutants.map(({ name }) => name));
  write(
    file,
    [...known.values()].filter(({ name }) => names.has(name)).sort((a, b) => a.name.localeCompare(b.name)),
  );
}
if (report !== undefined) {
  write(
    report,
    results.map((result) => {
      const { mutant, seconds, cpuSeconds } = result;
      return { name: mutant.name, seconds, cpuSeconds, outcome: outcomeOf(result) };
    }),
  );
}
const outcomes = Map.groupBy(results, outcomeOf);
const count = (outcome: ReturnType<typeof outcomeOf>): number => outcomes.get(outcome)?.length ?? 0;
const failed = count("survived") + count("broken");
for (const outcome of ["survived", "broken"] as const)
  for (const result of outcomes.get(outcome) ?? []) console.log(describe(result));
console.log(`${count("killed")} killed, ${failed + count("open")} survived`);
process.exitCode = failed === 0 ? 0 : 1;
