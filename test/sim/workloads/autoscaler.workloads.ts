import type { Scenario, Step, View } from "../scenario.ts";
import type { Configuration } from "../world/flink/configuration.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { deployCluster, sessionJobsRun, submitJobs, upgradeJob } from "./session.ts";
import { healthy, isRunning } from "./steps.ts";

/** Short windows. Nothing is added for what waits, so that the parallelism depends only on the load. */
const autoscaled = {
  "job.autoscaler.enabled": "true",
  "job.autoscaler.stabilization.interval": "15 s",
  "job.autoscaler.metrics.window": "1 min",
  "job.autoscaler.scale-down.interval": "1 min",
  "job.autoscaler.catch-up.duration": "0 s",
  "job.autoscaler.utilization.target": "0.7",
  "job.autoscaler.scaling.parallelism-alignment.mode": "OFF",
};

/** Records that arrive in a second at the application, and at the session job. */
const [arriving, arrivingAtSessionJob] = [100, 50];
/**
 * What a subtask of each edition of the job works off in a second. At a utilization of 0.7 they need two subtasks, five and one.
 * The load changes with a new run, so that no window has samples of two loads: every run decides the same.
 */
const perSubtask = { "1": 100, "2": 30, "3": 300 };
type Edition = keyof typeof perSubtask;

const programWith = (arriving: number) => (configuration: Configuration) => {
  const args = configuration.get("$internal.application.program-args") ?? "";
  const edition = /--edition;(\d)/.exec(args)?.[1] as Edition | undefined;
  return { ...unboundedProgram, load: { arriving, perSubtask: perSubtask[edition ?? "1"] } };
};

const runsAt =
  (edition: Edition, parallelism: number) =>
  (view: View): boolean =>
    isRunning(`--edition;${edition}`)(view) && view.job?.parallelism === parallelism;

/** Longer than two windows: the parallelism stays. */
const twoWindowsMs = 150_000;

const configured = deployWith("savepoint", autoscaled);
const deploy: Step = {
  ...configured,
  act: (world) => {
    world.programOf = programWith(arriving);
    configured.act?.(world);
  },
  until: runsAt("1", 2),
  thenWaitMs: twoWindowsMs,
};

/** The parallelism that the edition needs, found by the autoscaler. */
const replace = (edition: Edition, parallelism: number): Step => ({
  name: `edition ${edition} of the job`,
  act: (world) => edit(world, { job: { args: ["--edition", edition] } }),
  until: runsAt(edition, parallelism),
  thenWaitMs: twoWindowsMs,
  replacesJob: true,
});

const disable: Step = {
  name: "switch the autoscaler off",
  act: (world) => edit(world, { flinkConfiguration: { "job.autoscaler.enabled": "false" } }),
  until: runsAt("2", 2),
  thenWaitMs: twoWindowsMs,
  replacesJob: true,
};

const reset: Step = {
  name: "reset the autoscaler",
  act: (world) => edit(world, { job: { autoscalerResetNonce: 1 } }),
  until: runsAt("2", 2),
  replacesJob: true,
};

const scaledAgain: Step = {
  name: "and wait",
  until: runsAt("2", 5),
  thenWaitMs: twoWindowsMs,
  replacesJob: true,
};

const submitted = submitJobs({ one: "savepoint" }, autoscaled);
const submit: Step = {
  ...submitted,
  act: (world) => {
    world.programOf = programWith(arrivingAtSessionJob);
    submitted.act?.(world);
  },
  thenWaitMs: twoWindowsMs,
};

/** One subtask was enough for the first edition, this one needs three. */
const upgradeSessionJob: Step = {
  ...upgradeJob(),
  until: (view) =>
    sessionJobsRun({ name: "one", edition: "2" })(view) && view.sessionJobParallelism("one") === 3,
  thenWaitMs: twoWindowsMs,
};

export const workloads: readonly Scenario[] = [
  { name: "autoscaler-up-and-down", steps: [deploy, replace("2", 5), replace("3", 1)], ...healthy },
  { name: "autoscaler-switched-off", steps: [deploy, replace("2", 5), disable], ...healthy },
  { name: "autoscaler-reset", steps: [deploy, replace("2", 5), reset, scaledAgain], ...healthy },
  { name: "autoscaler-session-job", steps: [deployCluster(), submit, upgradeSessionJob], ...healthy },
];
