import type { Scenario, Step } from "../scenario.ts";
import { deployCluster, editJob, sessionJobsRun, submitJobs } from "./session.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

/** Changes that are no edits of several resources of a namespace (docs/adr/0038). The oracle is waveOracle.ts. */

const names = ["one", "two", "three"] as const;

/** The operator refuses every resource. */
const contradiction = { "pipeline.jobvertex-parallelism-overrides": "vertex:none" };

const refuseAll: Step = {
  name: "make the operator's configuration refuse every resource",
  act: (world) => {
    world.operatorDefaults = contradiction;
  },
};

const editAll: Step = {
  name: "change the arguments of all session jobs, which is refused",
  act: (world) => {
    for (const name of names) editJob(world, name, { job: { args: ["--edition", "2"] } });
  },
  until: (view) =>
    names.every((name) => view.sessionJob(name)?.status?.error?.includes("parallelism-overrides") === true),
  // The reconciles that refuse the others end, too.
  thenWaitMs: severalCheckpointsMs,
};

const allowAll = (defaults: Readonly<Record<string, string>>): Step => ({
  name: "correct the operator's configuration",
  act: (world) => {
    world.operatorDefaults = defaults;
  },
  until: sessionJobsRun(...names.map((name) => ({ name, edition: "2" }))),
  thenWaitMs: severalCheckpointsMs,
});

const wave = (maxUnavailable: string): Step[] => [
  deployCluster(),
  submitJobs({ one: "savepoint", two: "last-state", three: "stateless" }),
  refuseAll,
  editAll,
  allowAll({ "kubernetes.operator.disruption.max-unavailable": maxUnavailable }),
];

/** Longer than the time from one job's look at its configuration to the next one's: without it none of them meets a place that is taken. */
const stableTime = { "kubernetes.operator.disruption.stable-time": "3 min" };

const waitingWave = (maxUnavailable: string): Step[] => [
  ...wave(maxUnavailable).slice(0, -1),
  {
    ...allowAll({ "kubernetes.operator.disruption.max-unavailable": maxUnavailable, ...stableTime }),
    // Until the last place is free.
    thenWaitMs: 4 * 60_000,
  },
];

export const workloads: readonly Scenario[] = [
  { name: "wave-one-at-a-time", steps: wave("1"), ...healthy, healthy: false, stateful: false },
  // Of the session cluster and its three jobs.
  { name: "wave-two-at-a-time", steps: wave("50%"), ...healthy, healthy: false, stateful: false },
  { name: "wave-waits-one-at-a-time", steps: waitingWave("1"), ...healthy, healthy: false, stateful: false },
  {
    name: "wave-waits-two-at-a-time",
    steps: waitingWave("60%"),
    ...healthy,
    healthy: false,
    stateful: false,
  },
];
