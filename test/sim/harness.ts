import { warmClusterId } from "../../src/api/v1beta1/names.ts";
import { compareActionCounts, countActions } from "./actionCounts.ts";
import {
  checkManualRestore,
  countAbandonedSavepoints,
  failsAfterColdUpgrade,
  failureLostByJobManager,
  fellBackToLastState,
  followsFromDeletion,
  forgetsOthers,
  forgetsTexts,
  isRepeatedDecision,
  leftMetadataOfUncancelled,
  newestStateUnknown,
  recoveredByNextCluster,
  refusesNextVersion,
  restoredFromEarlierRun,
  restoredFromStaleMetadata,
  startedBeforeEdit,
  stopOmittedByDeletion,
  stopStartedBeforeDeletion,
  tookStopOfOthers,
  upgradedCold,
  writesRepeatedAfterRestart,
} from "./allowances.ts";
import { checkDeletion, deleteAsUser, isDeletionComplete } from "./deletion.ts";
import { endState } from "./endState.ts";
import { jobNames } from "./jobNames.ts";
import { firstIncarnation, OperatorProcess } from "./operatorProcess.ts";
import { checkInvariants, disturbanceOf } from "./oracles.ts";
import { faultsOf, isDeletion, isRestFault, type SimPlan } from "./plan.ts";
import { asRecorded } from "./recorded/asRecorded.ts";
import { courseOf } from "./recorded/course.ts";
import type { Deletion, Run } from "./run.ts";
import { type Scenario, type Step, View } from "./scenario.ts";
import { isOperatorWrite, isSampleWrite } from "./steps.ts";
import { checkUntouchedJobs } from "./untouchedJobs.ts";
import type { Violation } from "./violation.ts";
import { workloadNamed } from "./workloads/all.ts";
import { resourceName } from "./workloads/resource.ts";
import type { Actor } from "./world/journal.ts";
import { differences } from "./world/json.ts";
import type { Change } from "./world/kubernetes/store.ts";
import type { WatchBehavior } from "./world/kubernetes/watch.ts";
import type { Call } from "./world/network.ts";
import { World } from "./world/world.ts";

const stepLimitMs = 20 * 60_000;
/** More than any workload needs: the step of an operator that calls the API server or acts in a loop ends here. */
const maxCalls = 2_000;
const exceedsCallLimit = ({ network: { kubernetesCalls, writes } }: World): boolean =>
  Math.max(kubernetesCalls, writes) > maxCalls;
/** Short enough that the successor finds its predecessor's actions still in progress. */
const restartMs = 1_000;
/** How long an API server that lags behind serves old data. */
const staleMs = 15_000;
/** How long the API server is unavailable: less than the time after which the operator reports it to users. */
const outageMs = 20_000;
/**
 * How long the run continues after the last step: rare polls can still find changes, and a fault can hit the last of
 * them. After that, nothing may be written.
 */
const settleMs = { "fault-free": 30_000, "with-fault": 150_000 };
/** How long the operator must be quiet after that. */
const quietMs = { "fault-free": 10 * 60_000, "with-fault": 60_000 };

/** Runs a workload's steps against the real operator in a world of its own. */
export const run = async (plan: SimPlan): Promise<Run> => {
  const workload = workloadNamed(plan.workload);
  // A JobManager with faulty answers may cause a Warning.
  const scenario = { ...workload, healthy: workload.healthy && !isRestFault(plan) };
  const revisionsBeforeWrites: number[] = [];
  const writeOperations: string[] = [];
  const apiCalls: Call[] = [];
  const watchEvents: Change[] = [];
  let downUntil = 0;
  let deleted: Deletion | undefined;
  const faults = faultsOf(plan);
  const isDown = (): boolean => world.clock.now() < downUntil;
  const world: World = new World({
    seed: plan.seed,
    faults: (call) => {
      if (call.write !== undefined) {
        revisionsBeforeWrites.push(world.store.revision);
        writeOperations.push(call.operation);
      }
      if (call.api !== undefined) apiCalls.push(call);
      const { fault } = plan;
      if (fault?.kind === "outage" && fault.at === call.write) downUntil = world.clock.now() + outageMs;
      if (isDeletion(fault) && fault.at === call.write)
        world.clock.after(1, () => {
          deleted = deleteAsUser(world, fault.kind === "deletion" ? "all" : "one", fault.at);
        });
      return call.rest === undefined && isDown() ? "refused" : faults(call);
    },
    watchBehavior: (actor) => ({
      ...watchBehaviorOf(plan, actor, world),
      isDown,
      onEvent: (change) => watchEvents.push(change),
    }),
  });
  const operators = keepOperatorRunning(world, plan.seed);
  const mode = plan.fault === undefined ? "fault-free" : "with-fault";
  const isInterrupted = (): boolean => deleted !== undefined;
  const stepViolations = await runSteps(scenario, world, isInterrupted);
  await settle(world, settleMs[mode], isInterrupted);
  if (deleted !== undefined) {
    stepViolations.push(...(await waitForDeletion(world, deleted)));
    await settle(world, settleMs[mode]);
  }
  const recorded = {
    revisionsBeforeWrites: [...revisionsBeforeWrites],
    writeOperations: [...writeOperations],
    apiCalls: [...apiCalls],
    watchEvents: [...watchEvents],
    restCalls: [...world.network.restCalls],
  };
  const quiet = stepViolations.length > 0 ? [] : await checkQuiet(world, scenario, quietMs[mode]);
  const passes = operators.flatMap((operator) => operator.passes);
  const operator = operators.at(-1) as OperatorProcess;
  const violations = [
    ...stepViolations,
    ...quiet,
    ...checkFaultInjected(plan, world),
    ...(plan.fault === undefined ? checkNoLoggedErrors(world) : []),
    // The first seed is that of the record.
    ...(plan.fault === undefined && plan.seed === 1
      ? asRecorded(plan.workload, courseOf(world, passes.length, recorded.restCalls.length))
      : []),
    ...checkInvariants(world, scenario, {
      disturbance: disturbanceOf(plan.fault),
      passes,
      converged: stepViolations.length === 0,
      retained: operator.retained(),
    }),
    ...checkUntouchedJobs(world, scenario),
  ];
  return {
    plan,
    world,
    ...recorded,
    passes,
    ...(deleted === undefined ? {} : { deletion: deleted }),
    endState: endState(world, resourceName),
    actionCounts: countActions(world.journal, passes.length),
    violations,
    operator,
    log: operators.flatMap((operator) => operator.log),
  };
};

/** The watch faults that a plan injects for one incarnation of the operator. */
const watchBehaviorOf = (
  { fault }: SimPlan,
  actor: Actor,
  { clock, journal }: World,
): Partial<WatchBehavior> => {
  switch (fault?.kind) {
    case "lag": {
      const { objectKind, ms } = fault;
      return { lagMs: ({ kind }) => (objectKind === undefined || objectKind === kind ? ms : 15) };
    }
    case "unobserved":
      return {
        skips: ({ revision, type, object }) => {
          if (revision !== fault.revision) return false;
          journal.add({
            event: "fault",
            note: `the watch skips ${type.kind} ${object.metadata.name} at ${revision}`,
          });
          return true;
        },
      };
    case "stale": {
      const { objectKind, revision } = fault;
      const until = clock.now() + (actor === firstIncarnation ? 0 : staleMs);
      return {
        staleView: ({ kind }) => {
          if (kind !== objectKind || clock.now() >= until) return undefined;
          journal.add({
            event: "fault",
            note: `the watch of ${kind} starts at the old revision ${revision}`,
          });
          return { revision, until };
        },
      };
    }
    default:
      return {};
  }
};

/** Starts another incarnation after each crash, as a Deployment does. */
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

/** Rare polls can still find changes, and a fault can hit the last of them. */
const settle = (world: World, ms: number, isInterrupted: () => boolean = () => false): Promise<boolean> =>
  world.clock.runUntil(() => exceedsCallLimit(world) || isInterrupted(), world.clock.now() + ms);

/** A deletion always ends. The steps that the user would have gone on with do not happen. */
const waitForDeletion = async (world: World, deletion: Deletion): Promise<Violation[]> => {
  const isOver = (): boolean => exceedsCallLimit(world) || isDeletionComplete(world, deletion);
  if (await world.clock.runUntil(isOver, world.clock.now() + stepLimitMs)) return [];
  const message = `the deletion did not end in ${stepLimitMs / 60_000} minutes`;
  return [{ invariant: "converges", message, at: world.journal.entries.length - 1 }];
};

const runSteps = async (
  scenario: Scenario,
  world: World,
  isInterrupted: () => boolean,
): Promise<Violation[]> => {
  for (const step of scenario.steps) {
    if (isInterrupted()) return [];
    world.journal.add({ event: "step", note: step.name });
    step.act?.(world);
    const isReached = await waitForStep(step, world, isInterrupted);
    if (exceedsCallLimit(world)) {
      const message = `more than ${maxCalls} calls to the API server, or actions, until "${step.name}"`;
      return [{ invariant: "bounded writes", message, at: world.journal.entries.length - 1 }];
    }
    if (!isReached) {
      const message = `"${step.name}" was not reached in ${stepLimitMs / 60_000} minutes`;
      return [{ invariant: "converges", message, at: world.journal.entries.length - 1 }];
    }
    await world.clock.runUntil(isInterrupted, world.clock.now() + (step.thenWaitMs ?? 0));
  }
  return [];
};

const waitForStep = async ({ until }: Step, world: World, isInterrupted: () => boolean): Promise<boolean> => {
  if (until === undefined) return true;
  const view = new View(world, resourceName);
  const isOver = (): boolean => exceedsCallLimit(world) || isInterrupted() || until(view);
  return world.clock.runUntil(isOver, world.clock.now() + stepLimitMs);
};

/** A plan whose fault is never injected proves nothing. An operator that has nothing left to write meets no second one. */
const checkFaultInjected = ({ fault }: SimPlan, { journal }: World): Violation[] => {
  if (fault === undefined || fault.kind === "lag" || journal.of("fault").length > 0) return [];
  return [{ invariant: "fault injected", message: "no fault was injected", at: journal.entries.length - 1 }];
};

/** Without a fault, no request of the operator fails: users look for the errors of their jobs in the JobManagers' logs. */
const checkNoLoggedErrors = ({ journal }: World): Violation[] =>
  journal.of("error-logged").map(({ what, index }) => ({
    invariant: "no error in a JobManager's log",
    message: `the JobManager logs an error: ${what}`,
    at: index,
  }));

/** The interval of reconciles, at which an autoscaled job is measured. */
const sampleMs = 15_000;

/** After the last step, the operator writes nothing and does not call the API server. */
const checkQuiet = async (world: World, { healthy }: Scenario, forMs: number): Promise<Violation[]> => {
  const { journal, network, clock } = world;
  const before = { entries: journal.entries.length, calls: network.kubernetesCalls };
  await clock.runFor(forMs);
  const invariant = "no calls at rest";
  const writes = journal.entries.slice(before.entries).filter(isOperatorWrite);
  const samples = writes.filter(isSampleWrite);
  const write = writes.find((each) => !isSampleWrite(each));
  if (write !== undefined) return [{ invariant, message: "a write without a cause", at: write.index }];
  if (samples.length > Math.floor(forMs / sampleMs) + 1)
    return [{ invariant, message: "more writes than samples", at: samples.at(-1)?.index ?? 0 }];
  const calls = network.kubernetesCalls - before.calls;
  // A sample may be on its way at the beginning or at the end.
  const ofSamples = samples.length === 0 ? 0 : samples.length + 1;
  // The operator reads the log of a job with a problem again.
  if (calls <= ofSamples || !healthy) return [];
  return [{ invariant, message: `${calls} calls to the API server`, at: journal.entries.length - 1 }];
};

/** What a run with a fault is compared with. */
export type FaultFreeRun = Pick<Run, "endState" | "actionCounts">;

/** What holds also where nobody can know what was lost. */
const holdsWithoutOthers = ({ invariant }: Violation): boolean =>
  !["converges", "never restored from older state"].includes(invariant);

/** Runs a plan and compares it with the fault-free run of the same workload. */
export const runAgainst = async (faultFree: FaultFreeRun, plan: SimPlan): Promise<Run> => {
  const faulty = await run(plan);
  if (isDeletion(plan.fault))
    return {
      ...faulty,
      violations: [
        ...faulty.violations.filter((violation) => !followsFromDeletion(faulty, violation)),
        ...checkDeletion(faultFree.actionCounts, faulty),
      ],
    };
  if (failureLostByJobManager(faulty) || refusesNextVersion(faulty) || failsAfterColdUpgrade(faulty))
    return {
      ...faulty,
      violations: faulty.violations.filter(({ invariant }) => invariant !== "converges"),
    };
  if (forgetsOthers(faulty)) return { ...faulty, violations: faulty.violations.filter(holdsWithoutOthers) };
  if (newestStateUnknown(faulty)) return { ...faulty, violations: checkManualRestore(faulty) };
  const at = faulty.world.journal.entries.length - 1;
  const restarts = plan.fault?.kind === "rest-jobmanager-restart";
  const editFollowed = startedBeforeEdit(faulty);
  const stopStarted = stopStartedBeforeDeletion(faulty) || editFollowed;
  const othersStop = tookStopOfOthers(faulty);
  const fellBack = fellBackToLastState(faulty);
  const isCold = upgradedCold(faulty);
  const isRecovered = recoveredByNextCluster(faulty);
  const continues = restoredFromEarlierRun(faulty) || isRecovered;
  const compared = (state: unknown): unknown => (isCold ? inOneCluster(state) : state);
  const endStateViolations = differences(compared(faultFree.endState), compared(faulty.endState))
    .filter((line) => !(isCold && gateDifferences.test(line)))
    .filter((line) => !(restarts && restartDifferences.test(line)))
    .filter((line) => !restoredFromStaleMetadata(faulty, line))
    .filter((line) => !isRepeatedDecision(faulty, line))
    .filter((line) => !forgetsTexts(faulty, line))
    .filter((line) => !leftMetadataOfUncancelled(faulty, faultFree.actionCounts, line))
    .filter((line) => !(plan.fault?.kind === "rest-404" && failedAttemptDifferences.test(line)))
    .filter((line) => !(continues && earlierRunDifferences.test(line)))
    .filter((line) => !(continues && skippedUpgradeDifferences.test(line)))
    .filter((line) => !(fellBack && lastStateDifferences.test(line)))
    .filter((line) => !(stopStarted && startedStopDifferences.test(line)))
    .filter((line) => !(editFollowed && followedEditDifferences.test(line)))
    .filter((line) => !(othersStop && othersStopDifferences.test(line)))
    .map((message) => ({ invariant: "same end state", message, at }));
  const countViolations = compareActionCounts(faultFree.actionCounts, faulty.actionCounts, {
    restarts: restarts ? countJobs(faulty) : editFollowed ? 1 : 0,
    stopStarted,
    omittedStops: fellBack ? stopsOfUpgrade(plan) : stopOmittedByDeletion(faulty) ? 1 : 0,
    continues,
    standbys: isCold ? 1 : 0,
    abandonedSavepoints: countAbandonedSavepoints(faulty),
    repeatedWrites: writesRepeatedAfterRestart(faulty),
    at,
  });
  return { ...faulty, violations: [...faulty.violations, ...endStateViolations, ...countViolations] };
};

/** Where the first stop is refused, it is tried again. */
const stopsOfUpgrade = ({ workload }: SimPlan): number => (workload === "upgrade-savepoint-refused" ? 2 : 1);

/** The JobManager of a session cluster may have several. */
const countJobs = ({ world: { journal } }: Run): number => {
  const names = jobNames(journal);
  return new Set(journal.of("job-started").map(({ jobId }) => names(jobId))).size;
};

/**
 * After a restart of the JobManager: its pod has a last state. A savepoint that the JobManager lost exists beside the one
 * that was taken again. The JobManager may not report the path of a checkpoint that was complete, and a requested
 * checkpoint is abandoned. What a session cluster has lost is submitted again. The job that goes on from what the run
 * before had come to has an explanation that names the other snapshots. Without high availability, the newest checkpoint of
 * the run that was lost is remembered.
 */
const restartDifferences =
  /^objects\.Pod .*status\.(conditions|containerStatuses)|^savepoints: |^objects\.Flink(Deployment|SessionJob) .*(savepoint|checkpointInfo|newestSnapshot)|^objects\.FlinkSessionJob .*decisions|decisions\.\d+\.refused|^objects\.FlinkStateSnapshot .*status\.path: .*""$/;

/** A JobManager that answers 404 for the job has refused a snapshot: that counts as a failure, and it is tried again. */
const failedAttemptDifferences = /^objects\.FlinkStateSnapshot .*status\.failures: 0 → 1$/;

/** The savepoint that was taken before the operator knew of the deletion, and its resource. */
const startedStopDifferences =
  /^savepoints: |^objects\.FlinkStateSnapshot \S+-savepoint-upgrade-\S+: undefined/;

/** The edit follows as an upgrade, and not with what had been decided before it. */
const followedEditDifferences =
  /^objects\.FlinkSessionJob \S+\.status\.(decisions|jobStatus\.upgradeSavepointPath|run\.startedFrom): /;

/** The savepoint of somebody else has a resource, as one of the operator's own. */
const othersStopDifferences =
  /^objects\.Flink(Deployment|SessionJob) \S+\.status\.decisions\.0\.reason: |^objects\.FlinkStateSnapshot \S+-savepoint-upgrade-\S+: undefined/;

/**
 * The job is restored from its HA metadata and not from the savepoint, which was not taken. The metadata stay, with what others have
 * written to them; the upgrade after a main method that failed goes on from them, too.
 */
const lastStateDifferences =
  /decisions\.0\.reason: ".*nothing of it runs any more\." → ".*its newest checkpoint kept\."|^objects\.FlinkStateSnapshot \S+-savepoint-upgrade-\S+( \(\d+\))?: |status\.run\.checkpointId|execution\.savepoint\.path|config\.yaml\. +(savepoint:|path): |containers\.0\.args\.\d+: "file:\S+" → "KUBERNETES_OPERATOR_LAST_STATE"|^objects\.ConfigMap sample-\S+-config-map\.metadata\.(labels|annotations)/;

/** A job of a warm upgrade that was cold, as if there were no names of a second cluster. */
const inOneCluster = (state: unknown): unknown =>
  JSON.parse(JSON.stringify(state).replaceAll(warmClusterId(resourceName), resourceName));

/** What only a cluster has that stood before its job. */
const gateDifferences =
  /^objects\.ConfigMap flink-gate-(word-)?sample: |^objects\.FlinkDeployment sample\.status\.clusterId: |^objects\.(Deployment|Pod) \S+\.spec\.\S*(env|volumeMounts|volumes): .*flink-gate|^objects\.ConfigMap flink-config-sample\.data\..*(\.gate\.Gate|slotmanager:|number-of-slots| min: '2'|execution\.savepoint\.path: | savepoint:| path: \S+\/savepoint-).*"there"/;

const skippedUpgradeDifferences =
  /^objects\.FlinkStateSnapshot \S+-savepoint-upgrade-\S+: |^objects\.FlinkSessionJob .*(decisions|lastReconciledSpec|lastStableSpec|upgradeSavepointPath)/;

const earlierRunDifferences =
  /execution\.savepoint\.path|config\.yaml\. +path: |decisions\.\d+\.(reason|restoresFrom)/;
