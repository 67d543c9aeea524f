/**
 * Several jobs are upgraded, suspended, resumed and deleted while the operator, the API server, the watches and the
 * JobManagers are killed. Seeded: the order of the actions and of the faults is that of the seed; what meets what
 * is the machine's.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Application, application, gone } from "../e2e/support/application.ts";
import { kube, types } from "../e2e/support/cluster.ts";
import { aCounter } from "../e2e/support/counter.ts";
import { type History, recordHistory } from "../e2e/support/history.ts";
import { createNamespace, type ScenarioNamespace } from "../e2e/support/namespace.ts";
import { operatorReady } from "../e2e/support/operator.ts";
import { until } from "../e2e/support/until.ts";
import { newest } from "../e2e/support/versions.ts";
import { type Random, seededRandom } from "../sim/world/random.ts";
import { everything } from "../support/turn.ts";
import { type Action, beginning, killJobManager, planOf, runsAs } from "./support/actions.ts";
import { type FaultInjection, startFaults } from "./support/faults.ts";
import { type Observer, startObserver } from "./support/observer.ts";

const long = everything;
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
/** After so many minutes no action begins any more: on a machine that is busy with other things there are fewer. */
const { names, actionsPerJob, minutes } = long
  ? { names: ["alpha", "beta", "gamma"], actionsPerJob: 8, minutes: 16 }
  : { names: ["alpha", "beta"], actionsPerJob: 2, minutes: 3 };

/** One job with all that is known of it at the end. */
interface JobRecord {
  readonly application: Application;
  readonly observer: Observer;
  /** The last edit that was made. */
  round: number;
  /** Why an action did not complete. */
  failure?: unknown;
}

const random = seededRandom(seed);
const started = performance.now();
const done = new Map<string, number>();
let namespace: ScenarioNamespace;
let history: History;
let faults: FaultInjection;
let records: JobRecord[];

const say = (what: string) =>
  console.log(`chaos ${String(Math.round((performance.now() - started) / 1000)).padStart(4)}s  ${what}`);
const count = (what: string) => done.set(what, (done.get(what) ?? 0) + 1);

beforeAll(async () => {
  say(`seed ${seed}: CHAOS_SEED=${seed} repeats the order of actions and faults`);
  namespace = await createNamespace("chaos");
  history = recordHistory(namespace.name);
  records = await Promise.all(names.map(begin));
  faults = startFaults(random.fork("faults"), inject("kubeconfig"), say);
  await Promise.all(records.map((record) => live(record, random.fork(record.application.name))));
  await faults.stop();
  await operatorReady();
  say("no more faults");
});

afterAll(async () => {
  await history?.stop();
  for (const { observer } of records ?? []) await observer.stop();
  console.log(`\n${report()}\n`);
  await namespace?.remove();
});

async function begin(name: string): Promise<JobRecord> {
  await kube().create(types.flinkDeployment, {
    ...aCounter(newest, namespace.directory, { change: beginning }),
    metadata: { name, namespace: namespace.name },
  });
  const running = application(namespace, name);
  await running.running();
  await running.counted(1);
  await running.checkpointed();
  return { application: running, observer: startObserver(running), round: 0 };
}

async function live(record: JobRecord, chance: Random): Promise<void> {
  const { application } = record;
  for (const action of planOf(chance.fork("actions"), actionsPerJob)) {
    if (performance.now() - started > minutes * 60_000) return;
    record.round += 1;
    const done = action.run(application, record.round);
    try {
      await Promise.all([done, killDuring(record, action, chance)]);
    } catch (failure) {
      record.failure = failure;
      say(`${application.name}: ${action.name} came to no end: ${failure} ${(failure as Error).cause ?? ""}`);
      return;
    }
    count(action.name);
    say(`${application.name}: ${action.name} is done`);
  }
}

/** In two of three actions that its state outlives, the JobManager is killed, at any moment of it. */
async function killDuring({ application }: JobRecord, action: Action, chance: Random): Promise<void> {
  const [kills, delay] = [chance.below(3) > 0, chance.below(15_000)];
  if (!kills || !action.outlivesJobManager) return;
  await pause(delay);
  if (await killJobManager(application).catch(() => false)) {
    count("JobManager killed");
    say(`${application.name}: JobManager killed`);
  }
}

test("the operator was killed", () => {
  expect(faults.counts.get("operator killed") ?? 0).toBeGreaterThan(0);
});

test("every resource ends as its spec asks", async () => {
  for (const { application, round, failure } of records) {
    expect(failure, `${application.name} (history below)\n${history.timeline()}`).toBeUndefined();
    await runsAs(application, round);
    const { count } = await application.counted(1);
    await application.counted(count + 20);
  }
});

test("no job ever went back further than its newest completed snapshot", () => {
  for (const { observer } of records) {
    expect(observer.losses).toEqual([]);
    // An observer that has seen no restore has checked nothing.
    expect(observer.restores).toBeGreaterThan(0);
  }
});

test("no job and no JobManager was there twice", async () => {
  for (const { application, observer } of records) {
    expect(observer.doubles).toEqual([]);
    expect(await application.pods("jobManager")).toHaveLength(1);
  }
});

test("deleted, also while the operator is killed, they leave nothing", async () => {
  const last = startFaults(random.fork("deletion"), inject("kubeconfig"), say);
  await Promise.all(
    records.map(({ application }) =>
      until(`${application.name} is to be deleted`, () => application.delete().then(() => true)),
    ),
  );
  await Promise.all(records.map(({ application }) => gone(application)));
  await last.stop();
  await operatorReady();
  for (const [fault, times] of last.counts) for (let i = 0; i < times; i++) count(fault);
});

function report(): string {
  for (const [fault, times] of faults?.counts ?? []) done.set(fault, (done.get(fault) ?? 0) + times);
  const starts = (records ?? []).map(({ observer }) => observer);
  const lines = [
    ...[...done].sort(([a], [b]) => a.localeCompare(b)),
    ["jobs started", starts.reduce((sum, observer) => sum + observer.starts, 0)],
    ["restores checked", starts.reduce((sum, observer) => sum + observer.restores, 0)],
  ].map(([what, times]) => `  ${String(what).padEnd(36)} ${times}`);
  return [`chaos, seed ${seed}, ${Math.round((performance.now() - started) / 1000)} s`, ...lines].join("\n");
}
