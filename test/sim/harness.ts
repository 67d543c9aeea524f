import { compareActCounts, countActs, isOperatorsWrite } from "./actCounts.ts";
import {
  begunBeforeDeletion,
  decidedAgain,
  failureForgotten,
  goesOnFromEarlierRun,
  newestStateUntold,
  recoveredByNextCluster,
  savepointsGivenUp,
  seenInOldMetadata,
  stoppedForGood,
  troubleToldAgain,
} from "./allowances.ts";
import { endState } from "./endState.ts";
import { jobNames } from "./jobNames.ts";
import { firstIncarnation, OperatorProcess } from "./operatorProcess.ts";
import { checkInvariants } from "./oracles.ts";
import { faultsOf, meetsJobManager, type SimPlan } from "./plan.ts";
import type { Run } from "./run.ts";
import { type Scenario, type Step, View } from "./scenario.ts";
import type { Violation } from "./violation.ts";
import { workloadNamed } from "./workloads/all.ts";
import { resourceName } from "./workloads/resource.ts";
import type { Actor } from "./world/journal.ts";
import { differences } from "./world/json.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { WatchPath } from "./world/kubernetes/watch.ts";
import { World } from "./world/world.ts";

const stepLimitMs = 20 * 60_000;
/** More than any workload comes near: an operator that goes round and round is not watched to the end of its step. */
const mostCalls = 2_000;
const goesRound = ({ network }: World): boolean => network.kubernetesCalls > mostCalls;
/** Soon enough to find what its predecessor began still under way. */
const restartMs = 1_000;
/** How long a server that lags behind shows the past. */
const pastMs = 15_000;
/** How long an API server that goes away stays away: for less than a user is to hear of. */
const outageMs = 20_000;
/**
 * After the last step the dust settles: rare polls still bring news, and a fault may come in the last of them.
 * Then nothing may be written.
 */
const dustMs = { "fault-free": 30_000, "with-fault": 150_000 };
const silenceMs = { "fault-free": 10 * 60_000, "with-fault": 60_000 };

/** Plays a workload's steps against the real operator in a world of its own. */
export const run = async (plan: SimPlan): Promise<Run> => {
  const workload = workloadNamed(plan.workload);
  // A JobManager that answers nonsense is worth a Warning.
  const scenario = { ...workload, healthy: workload.healthy && !meetsJobManager(plan) };
  const writes: number[] = [];
  const asked: string[] = [];
  const shown: Change[] = [];
  let downUntil = 0;
  const faults = faultsOf(plan);
  const isDown = (): boolean => world.clock.now() < downUntil;
  const world: World = new World({
    seed: plan.seed,
    faults: (call) => {
      if (call.write !== undefined) {
        writes.push(world.store.revision);
        asked.push(call.what);
      }
      const { fault } = plan;
      if (fault?.kind === "outage" && fault.at === call.write) downUntil = world.clock.now() + outageMs;
      return call.rest === undefined && isDown() ? "refused" : faults(call);
    },
    watchPath: (actor) => ({
      ...watchPathOf(plan, actor, world),
      isDown,
      shows: (change) => shown.push(change),
    }),
  });
  const operators = keepOperatorRunning(world, plan.seed);
  const how = plan.fault === undefined ? "fault-free" : "with-fault";
  const stuck = await play(scenario, world);
  await world.clock.runUntil(() => goesRound(world), world.clock.now() + dustMs[how]);
  const story = {
    writes: [...writes],
    asked: [...asked],
    shown: [...shown],
    heard: [...world.network.heard],
  };
  const violations = [
    ...stuck,
    ...(stuck.length > 0 ? [] : await noise(world, scenario, silenceMs[how])),
    ...strikes(plan, world),
    ...(plan.fault === undefined ? causesNoErrors(world) : []),
    ...checkInvariants(world, scenario),
  ];
  return {
    plan,
    world,
    ...story,
    end: endState(world, resourceName),
    tally: countActs(world.journal, sum(operators.map(({ passes }) => passes))),
    violations,
    log: operators.flatMap((operator) => operator.log),
  };
};

/** How the watches of one incarnation fare. */
const watchPathOf = ({ fault }: SimPlan, actor: Actor, { clock, journal }: World): Partial<WatchPath> => {
  switch (fault?.kind) {
    case "lag": {
      const { of, ms } = fault;
      return { lagMs: ({ kind }) => (of === undefined || of === kind ? ms : 15) };
    }
    case "unobserved":
      return {
        skips: ({ revision, type, object }) => {
          if (revision !== fault.revision) return false;
          journal.add({
            event: "fault",
            note: `${type.kind} ${object.metadata.name} at ${revision} is not shown`,
          });
          return true;
        },
      };
    case "stale": {
      const { of, revision } = fault;
      const until = clock.now() + (actor === firstIncarnation ? 0 : pastMs);
      return {
        past: ({ kind }) => {
          if (kind !== of || clock.now() >= until) return undefined;
          journal.add({ event: "fault", note: `each ${kind} is shown as it was at ${revision}` });
          return { revision, until };
        },
      };
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
    const isReached = await reached(step, world);
    if (goesRound(world)) {
      const what = `more than ${mostCalls} calls to the API server until "${step.name}"`;
      return [{ promise: "few writes", what, at: world.journal.entries.length - 1 }];
    }
    if (!isReached) {
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
  const isOver = (): boolean => goesRound(world) || until(view);
  return world.clock.runUntil(isOver, world.clock.now() + stepLimitMs);
};

/** A plan that strikes nothing proves nothing. */
const strikes = ({ fault }: SimPlan, { journal }: World): Violation[] => {
  if (fault === undefined || fault.kind === "lag" || journal.of("fault").length > 0) return [];
  return [{ promise: "the plan strikes", what: "nothing was struck", at: journal.entries.length - 1 }];
};

/** Without a fault, no call of the operator's fails: users look for the errors of their jobs in the JobManagers' logs. */
const causesNoErrors = ({ journal }: World): Violation[] =>
  journal.of("error-logged").map(({ what, index }) => ({
    promise: "no error in a JobManager's log",
    what: `an error is logged of ${what}`,
    at: index,
  }));

/** Once there, the operator stays there: it writes nothing more, and asks the API server for nothing. */
const noise = async (world: World, { healthy }: Scenario, forMs: number): Promise<Violation[]> => {
  const { journal, network, clock } = world;
  const before = { entries: journal.entries.length, calls: network.kubernetesCalls };
  await clock.runFor(forMs);
  const promise = "silent at rest";
  const write = journal.entries.slice(before.entries).find(isOperatorsWrite);
  if (write !== undefined) return [{ promise, what: "a write without a cause", at: write.index }];
  const calls = network.kubernetesCalls - before.calls;
  // Of a job with a problem the log is read again.
  if (calls === 0 || !healthy) return [];
  return [{ promise, what: `${calls} calls to the API server`, at: journal.entries.length - 1 }];
};

/** What a run is held against. */
export type FaultFreeRun = Pick<Run, "end" | "tally">;

/** Runs a plan and holds it against the fault-free run of the same workload. */
export const runAgainst = async (faultFree: FaultFreeRun, plan: SimPlan): Promise<Run> => {
  const faulty = await run(plan);
  if (failureForgotten(faulty))
    return {
      ...faulty,
      violations: faulty.violations.filter(({ promise }) => promise !== "converges"),
    };
  if (newestStateUntold(faulty)) return { ...faulty, violations: stoppedForGood(faulty) };
  const end = faulty.world.journal.entries.length - 1;
  const restarts = plan.fault?.kind === "rest-jobmanager-restart";
  const begun = begunBeforeDeletion(faulty);
  const isRecovered = recoveredByNextCluster(faulty);
  const goesOn = goesOnFromEarlierRun(faulty) || isRecovered;
  const elsewhere = differences(faultFree.end, faulty.end)
    .filter((line) => !(restarts && tracesOfARestart.test(line)))
    .filter((line) => !seenInOldMetadata(faulty, line))
    .filter((line) => !decidedAgain(faulty, line))
    .filter((line) => !(plan.fault?.kind === "rest-404" && attemptRefused.test(line)))
    .filter((line) => !(goesOn && tracesOfAnEarlierRun.test(line)))
    .filter((line) => !(goesOn && tracesOfNoUpgrade.test(line)))
    .filter((line) => !(begun && tracesOfABegunStop.test(line)))
    .map((what) => ({ promise: "ends as fault-free", what, at: end }));
  const tallies = compareActCounts(faultFree.tally, faulty.tally, {
    restarts: restarts ? jobsOf(faulty) : 0,
    begun,
    goesOn,
    givenUp: savepointsGivenUp(faulty),
    toldAgain: troubleToldAgain(faulty),
    end,
  });
  return { ...faulty, violations: [...faulty.violations, ...elsewhere, ...tallies] };
};

/** A session cluster's JobManager may have several. */
const jobsOf = ({ world: { journal } }: Run): number => {
  const names = jobNames(journal);
  return new Set(journal.of("job-started").map(({ jobId }) => names(jobId))).size;
};

/**
 * Its pod remembers; a savepoint that the JobManager forgot lies around beside the one that was taken again; where a checkpoint is
 * that was complete, it may not tell any more, and one that it was asked for is given up. What a session cluster has forgotten
 * is submitted again.
 */
const tracesOfARestart =
  /^objects\.Pod .*status\.(conditions|containerStatuses)|^savepoints: |^objects\.Flink(Deployment|SessionJob) .*(savepoint|checkpointInfo)|^objects\.FlinkSessionJob .*decisions|^objects\.FlinkStateSnapshot .*status\.path: .*""$/;

/** A JobManager that says that there is no such job has refused a snapshot: that counts, and it is tried again. */
const attemptRefused = /^objects\.FlinkStateSnapshot .*status\.failures: 0 → 1$/;

/** What was saved before the deletion was heard of, and its resource. */
const tracesOfABegunStop = /^savepoints: |^objects\.FlinkStateSnapshot \S+-savepoint-upgrade-\S+: undefined/;

const tracesOfNoUpgrade =
  /^objects\.FlinkStateSnapshot \S+-savepoint-upgrade-\S+: |^objects\.FlinkSessionJob .*(decisions|lastReconciledSpec|lastStableSpec|upgradeSavepointPath)/;

const tracesOfAnEarlierRun = /execution\.savepoint\.path|decisions\.\d+\.(reason|restoresFrom)/;
