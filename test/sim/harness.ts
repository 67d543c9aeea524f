import type { Clock } from "../../src/runtime/clock.ts";
import { endState } from "./endState.ts";
import { firstIncarnation, OperatorProcess } from "./operatorProcess.ts";
import { checkPromises, type Violation } from "./oracles.ts";
import { faultsOf, meetsJobManager, type SimPlan } from "./plan.ts";
import { type Scenario, type Step, View } from "./scenario.ts";
import { compareTallies, isOperatorsWrite, type Tally, tallyOf } from "./tally.ts";
import { workloadNamed } from "./workloads/all.ts";
import { resourceName } from "./workloads/resource.ts";
import type { Actor } from "./world/journal.ts";
import { differences } from "./world/json.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { WatchPath } from "./world/kubernetes/watch.ts";
import { World } from "./world/world.ts";

/** What one run came to. */
export interface Run {
  plan: SimPlan;
  world: World;
  /** The revision that stood before each write of the operator: a crash can come before or after each. */
  writes: readonly number[];
  /** Each change that a watch showed to the operator. */
  shown: readonly Change[];
  end: unknown;
  tally: Tally;
  violations: Violation[];
  log: string[];
}

const stepLimitMs = 20 * 60_000;
const restartMs = 2_000;
/** How long a server that lags behind shows the past. */
const pastMs = 15_000;
/** After the last step the dust settles: rare polls still bring news. Then nothing may be written. */
const dustMs = 30_000;
const silenceMs = { undisturbed: 10 * 60_000, disturbed: 60_000 };

/** Plays a workload's steps against the real operator in a world of its own. */
export const run = async (plan: SimPlan): Promise<Run> => {
  const workload = workloadNamed(plan.workload);
  // A JobManager that answers nonsense is worth a Warning.
  const scenario = { ...workload, healthy: workload.healthy && !meetsJobManager(plan) };
  const writes: number[] = [];
  const shown: Change[] = [];
  const faults = faultsOf(plan);
  const world: World = new World({
    seed: plan.seed,
    faults: (call) => {
      if (call.write !== undefined) writes.push(world.store.revision);
      return faults(call);
    },
    watchPath: (actor) => ({
      ...watchPathOf(plan, actor, world.clock),
      shows: (change) => shown.push(change),
    }),
  });
  const operators = keepOperatorRunning(world, plan.seed);
  const stuck = await play(scenario, world);
  const forMs = silenceMs[plan.disturbance === undefined ? "undisturbed" : "disturbed"];
  const violations = [
    ...stuck,
    ...(stuck.length > 0 ? [] : await noiseAfter(world, scenario, forMs)),
    ...checkPromises(world, scenario),
  ];
  return {
    plan,
    world,
    writes,
    shown,
    end: endState(world, resourceName),
    tally: tallyOf(world.journal, sum(operators.map(({ passes }) => passes))),
    violations,
    log: operators.flatMap((operator) => operator.log),
  };
};

/** How the watches of one incarnation fare. */
const watchPathOf = ({ disturbance }: SimPlan, actor: Actor, clock: Clock): Partial<WatchPath> => {
  switch (disturbance?.kind) {
    case "lag": {
      const { of, ms } = disturbance;
      return { lagMs: ({ kind }) => (of === undefined || of === kind ? ms : 15) };
    }
    case "unobserved":
      return { skips: ({ revision }) => revision === disturbance.revision };
    case "stale": {
      const { of, revision } = disturbance;
      const until = clock.now() + (actor === firstIncarnation ? 0 : pastMs);
      return { past: ({ kind }) => (kind === of && clock.now() < until ? { revision, until } : undefined) };
    }
    default:
      return {};
  }
};

const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Each incarnation that dies is followed by another one, as a Deployment would see to it. */
const keepOperatorRunning = (world: World, seed: number): OperatorProcess[] => {
  const incarnations: OperatorProcess[] = [];
  const start = (): void => {
    incarnations.push(
      new OperatorProcess(world, incarnations.length + 1, seed, () => world.clock.after(restartMs, start)),
    );
  };
  start();
  return incarnations;
};

const play = async (scenario: Scenario, world: World): Promise<Violation[]> => {
  for (const step of scenario.steps) {
    world.journal.add({ event: "step", note: step.name });
    step.act?.(world);
    if (!(await reached(step, world))) {
      const what = `"${step.name}" did not come to its end in ${stepLimitMs / 60_000} minutes`;
      return [{ promise: "converges", what, at: world.journal.entries.length - 1 }];
    }
    await world.clock.runFor(step.thenWaitMs ?? 0);
  }
  return [];
};

const reached = async ({ until }: Step, world: World): Promise<boolean> => {
  if (until === undefined) return true;
  const view = new View(world, resourceName);
  return world.clock.runUntil(() => until(view), world.clock.now() + stepLimitMs);
};

/** Once there, the operator stays there: it writes nothing more, and asks the API server for nothing. */
const noiseAfter = async (world: World, { healthy }: Scenario, forMs: number): Promise<Violation[]> => {
  await world.clock.runFor(dustMs);
  const { journal, network, clock } = world;
  const before = { entries: journal.entries.length, calls: network.kubernetesCalls };
  await clock.runFor(forMs);
  const promise = "silent at rest";
  const noise = journal.entries.slice(before.entries).find(isOperatorsWrite);
  if (noise !== undefined) return [{ promise, what: "a write without a cause", at: noise.index }];
  const calls = network.kubernetesCalls - before.calls;
  // Of a job in trouble the log is read again.
  if (calls === 0 || !healthy) return [];
  return [{ promise, what: `${calls} calls to the API server`, at: journal.entries.length - 1 }];
};

/** Runs a plan and holds it against the undisturbed run of the same workload. */
export const runAgainst = async (undisturbed: Run, plan: SimPlan): Promise<Run> => {
  const disturbed = await run(plan);
  const end = disturbed.world.journal.entries.length - 1;
  const restarts = plan.disturbance?.kind === "rest-jobmanager-restart";
  const elsewhere = differences(undisturbed.end, disturbed.end)
    .filter((line) => !(restarts && tracesOfARestart.test(line)))
    .map((what) => ({ promise: "ends as undisturbed", what, at: end }));
  const tallies = compareTallies(undisturbed.tally, disturbed.tally, { restarts, end });
  return { ...disturbed, violations: [...disturbed.violations, ...elsewhere, ...tallies] };
};

/** Its pod remembers; a savepoint that the JobManager forgot lies around beside the one that was taken again. */
const tracesOfARestart =
  /^objects\.Pod .*(restartCount|lastState)|^savepoints: |^objects\.FlinkDeployment .*savepoint/;
