/**
 * Several jobs are upgraded, suspended, resumed and deleted while the operator, the API server, the watches and the
 * JobManagers are struck down. Seeded: the order of the acts and of the strikes is that of the seed; what meets what
 * is the machine's.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Application, application, gone } from "../e2e/support/application.ts";
import { kube, types } from "../e2e/support/cluster.ts";
import { aCounter } from "../e2e/support/counter.ts";
import { type History, recordHistory } from "../e2e/support/history.ts";
import { createNamespace, type StoryNamespace } from "../e2e/support/namespace.ts";
import { operatorReady } from "../e2e/support/operator.ts";
import { until } from "../e2e/support/until.ts";
import { newest } from "../e2e/support/versions.ts";
import { type Random, seededRandom } from "../sim/world/random.ts";
import { type Act, beginning, killJobManager, planOf, runsAs } from "./support/acts.ts";
import { type Storm, startStorm } from "./support/strikes.ts";
import { startWitness, type Witness } from "./support/witness.ts";

const long = process.env.CHAOS_LENGTH === "long";
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
/** After so many minutes no act begins any more: on a machine that is busy with other things there are fewer. */
const { names, actsPerJob, minutes } = long
  ? { names: ["alpha", "beta", "gamma"], actsPerJob: 8, minutes: 16 }
  : { names: ["alpha", "beta"], actsPerJob: 2, minutes: 3 };

/** One job with all that is known of it at the end. */
interface Fate {
  readonly application: Application;
  readonly witness: Witness;
  /** The last edit that was made. */
  round: number;
  /** Why the acts came to no end, where they did not. */
  failure?: unknown;
}

const random = seededRandom(seed);
const started = performance.now();
const done = new Map<string, number>();
let namespace: StoryNamespace;
let history: History;
let storm: Storm;
let fates: Fate[];

const say = (what: string) =>
  console.log(`chaos ${String(Math.round((performance.now() - started) / 1000)).padStart(4)}s  ${what}`);
const count = (what: string) => done.set(what, (done.get(what) ?? 0) + 1);

beforeAll(async () => {
  say(`seed ${seed}: CHAOS_SEED=${seed} repeats the order of acts and strikes`);
  namespace = await createNamespace("chaos");
  history = recordHistory(namespace.name);
  fates = await Promise.all(names.map(begin));
  storm = startStorm(random.fork("storm"), inject("kubeconfig"), say);
  await Promise.all(fates.map((fate) => live(fate, random.fork(fate.application.name))));
  await storm.stop();
  await operatorReady();
  say("the storm is over");
});

afterAll(async () => {
  await history?.stop();
  for (const { witness } of fates ?? []) await witness.stop();
  console.log(`\n${report()}\n`);
  await namespace?.remove();
});

async function begin(name: string): Promise<Fate> {
  await kube().create(types.flinkDeployment, {
    ...aCounter(newest, namespace.directory, { change: beginning }),
    metadata: { name, namespace: namespace.name },
  });
  const told = application(namespace, name);
  await told.running();
  await told.counted(1);
  await told.checkpointed();
  return { application: told, witness: startWitness(told), round: 0 };
}

async function live(fate: Fate, chance: Random): Promise<void> {
  const { application } = fate;
  for (const act of planOf(chance.fork("acts"), actsPerJob)) {
    if (performance.now() - started > minutes * 60_000) return;
    fate.round += 1;
    const [acting, striking] = [act.run(application, fate.round), strikeAt(fate, act, chance)];
    try {
      await Promise.all([acting, striking]);
    } catch (failure) {
      fate.failure = failure;
      say(`${application.name}: ${act.name} came to no end: ${failure} ${(failure as Error).cause ?? ""}`);
      return;
    }
    count(act.name);
    say(`${application.name}: ${act.name} is done`);
  }
}

/** In two of three acts that its state outlives, the JobManager is killed, at any moment of it. */
async function strikeAt({ application }: Fate, act: Act, chance: Random): Promise<void> {
  const [strikes, delay] = [chance.below(3) > 0, chance.below(15_000)];
  if (!strikes || !act.outlivesJobManager) return;
  await pause(delay);
  if (await killJobManager(application).catch(() => false)) {
    count("JobManager killed");
    say(`${application.name}: JobManager killed`);
  }
}

test("every resource ends as its spec asks", async () => {
  for (const { application, round, failure } of fates) {
    expect(failure, `${application.name} (history below)\n${history.timeline()}`).toBeUndefined();
    await runsAs(application, round);
    const { count } = await application.counted(1);
    await application.counted(count + 20);
  }
});

test("no job ever went back further than its newest completed snapshot", () => {
  for (const { witness } of fates) {
    expect(witness.losses).toEqual([]);
    // Who has seen nothing can tell nothing.
    expect(witness.restores).toBeGreaterThan(0);
  }
});

test("no job and no JobManager was there twice", async () => {
  for (const { application, witness } of fates) {
    expect(witness.doubles).toEqual([]);
    expect(await application.pods("jobManager")).toHaveLength(1);
  }
});

test("deleted, also while the operator is killed, they leave nothing", async () => {
  const last = startStorm(random.fork("deletion"), inject("kubeconfig"), say);
  await Promise.all(
    fates.map(({ application }) =>
      until(`${application.name} is to be deleted`, () => application.delete().then(() => true)),
    ),
  );
  await Promise.all(fates.map(({ application }) => gone(application)));
  await last.stop();
  await operatorReady();
  for (const [strike, times] of last.counts) for (let i = 0; i < times; i++) count(strike);
});

function report(): string {
  const strikes = [...(storm?.counts ?? [])];
  for (const [strike, times] of strikes) done.set(strike, (done.get(strike) ?? 0) + times);
  const starts = (fates ?? []).map(({ witness }) => witness);
  const lines = [
    ...[...done].sort(([a], [b]) => a.localeCompare(b)),
    ["jobs started", starts.reduce((sum, witness) => sum + witness.starts, 0)],
    ["restores checked", starts.reduce((sum, witness) => sum + witness.restores, 0)],
  ].map(([what, times]) => `  ${String(what).padEnd(36)} ${times}`);
  return [`chaos, seed ${seed}, ${Math.round((performance.now() - started) / 1000)} s`, ...lines].join("\n");
}
