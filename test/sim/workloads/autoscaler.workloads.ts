import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { APPROVED_GENERATION_ANNOTATION } from "../../../src/api/v1beta1/names.ts";
import { stateConfigMapName } from "../../../src/core/autoscaler/state/configMap.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { vertexId } from "../world/flink/adaptive.ts";
import type { Configuration } from "../world/flink/configuration.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace, type World } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName, type } from "./resource.ts";
import { deployCluster, sessionJobsRun, submitJobs, upgradeJob } from "./session.ts";
import { healthy, isRunning, launches, resume, suspend } from "./steps.ts";

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
 * What a subtask of each edition of the job works off in a second. At a utilization of 0.7 they need two subtasks, five, one and five.
 * The load changes with a new run, so that no window has samples of two loads: every run decides the same.
 */
const perSubtask = { "1": 100, "2": 30, "3": 300, "4": 30 };
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

/** The scheduler takes another parallelism without a restart. */
const adaptive = deployWith("savepoint", { ...autoscaled, "jobmanager.scheduler": "adaptive" });
const deployAdaptive: Step = {
  ...deploy,
  act: (world) => {
    world.programOf = programWith(arriving);
    adaptive.act?.(world);
  },
  until: (view) => runsInPlace("1", 2, 1)(view),
};

const replaceInPlace = (edition: Edition, parallelism: number, launch: number): Step => ({
  ...replace(edition, parallelism),
  until: (view) => runsInPlace(edition, parallelism, launch)(view),
});

const adaptiveFlink2 = deployWith(
  "savepoint",
  { ...autoscaled, "jobmanager.scheduler": "adaptive" },
  { image: "flink:2.3", flinkVersion: "v2_3" },
);
const deployFlink2: Step = {
  ...deployAdaptive,
  act: (world) => {
    world.programOf = programWith(arriving);
    adaptiveFlink2.act?.(world);
  },
};

/** On this launch, the parallelism was changed in place. */
const runsInPlace =
  (edition: Edition, parallelism: number, launch: number) =>
  (view: View): boolean =>
    runsAt(edition, parallelism)(view) && view.status?.rescale === undefined && launches(view) === launch;

/** The load of a job that can change while it runs. */
const changing = new WeakMap<World, { arriving: number; perSubtask: number }>();
const raise = (world: World): void => {
  const load = changing.get(world);
  if (load !== undefined) load.arriving = 300;
};

const deployChanging = (configuration: Record<string, string>, each = perSubtask["1"]): Step => ({
  ...deploy,
  act: (world) => {
    const load = { arriving, perSubtask: each };
    changing.set(world, load);
    world.programOf = () => ({ ...unboundedProgram, load });
    deployWith("savepoint", { ...autoscaled, ...configuration }).act?.(world);
  },
});

const deployWithRollback = deployChanging({
  "kubernetes.operator.deployment.rollback.enabled": "true",
  "kubernetes.operator.deployment.readiness.timeout": "60 s",
});

const isRolledBack = (view: View): boolean =>
  view.status?.lifecycleState === "ROLLED_BACK" &&
  view.status.jobStatus?.state === "RUNNING" &&
  view.job?.working === true &&
  view.job.parallelism === 2;

const failUpgrade: Step = {
  name: "change the image to one that does not exist",
  act: (world) => {
    world.podFailures.missingImages.add("flink:none");
    edit(world, { image: "flink:none" });
  },
  until: isRolledBack,
  replacesJob: true,
};

const raiseLoad: Step = {
  name: "more records arrive",
  act: raise,
  thenWaitMs: 2 * twoWindowsMs,
  until: isRolledBack,
};

/** What runs was not stopped for the spec that failed. */
const stays: Step = {
  name: "the job has gone on",
  until: (view) => isRolledBack(view) && launches(view) === 2,
};

const fixForward: Step = {
  name: "change the image back, and the arguments",
  act: (world) => edit(world, { image: "flink:1.20", job: { args: ["--edition", "2"] } }),
  until: runsAt("2", 5),
  thenWaitMs: twoWindowsMs,
  replacesJob: true,
};

const waitsForApproval = (view: View): boolean =>
  view.status?.pendingChange?.waitsFor === "Approval" &&
  view.status.jobStatus?.state === "RUNNING" &&
  view.job?.parallelism === 2 &&
  launches(view) === 1;

const editWithoutApproval: Step = {
  name: "change the arguments, without approval",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  until: waitsForApproval,
};

/** Once the edit is known: during an outage, a window of two loads would be decided on before it. */
const raiseWhileWaiting: Step = {
  name: "more records arrive",
  act: raise,
  until: waitsForApproval,
  thenWaitMs: twoWindowsMs,
};

const approve: Step = {
  name: "approve it",
  act: (world) => {
    const { generation } = world.server.find(type, namespace, resourceName)?.metadata ?? {};
    const annotations = { [APPROVED_GENERATION_ANNOTATION]: `${generation}` };
    world.server.mergePatch("user", type, namespace, resourceName, { metadata: { annotations } });
  },
  until: runsAt("2", 5),
  thenWaitMs: twoWindowsMs,
  replacesJob: true,
};

/** A utilization of 0.71, which becomes 0.48: neither is scaled. */
const deployInBounds = deployChanging({}, 70);
const editDecision: Step = {
  name: "change the parallelism that is stored",
  act: (world) => {
    const data = { parallelismOverrides: `${vertexId}:3` };
    const name = stateConfigMapName(resourceName);
    world.server.mergePatch("user", resourceTypes.configMap, namespace, name, { data });
  },
  until: runsAt("1", 3),
  thenWaitMs: twoWindowsMs,
  replacesJob: true,
};

/** It comes back with the parallelism that was stored. */
const resumeScaled: Step = {
  ...resume,
  until: (view) => runsAt("2", 5)(view) && launches(view) === 4,
  thenWaitMs: twoWindowsMs,
};

export const workloads: readonly Scenario[] = [
  { name: "autoscaler-up-and-down", steps: [deploy, replace("2", 5), replace("3", 1)], ...healthy },
  { name: "autoscaler-switched-off", steps: [deploy, replace("2", 5), disable], ...healthy },
  { name: "autoscaler-reset", steps: [deploy, replace("2", 5), reset, scaledAgain], ...healthy },
  { name: "autoscaler-in-place", steps: [deployAdaptive, replaceInPlace("2", 5, 2)], ...healthy },
  {
    // Each launch begins with the parallelism of the spec: Flink 2 ignores the overrides of an application.
    name: "autoscaler-flink-2",
    steps: [deployFlink2, replaceInPlace("2", 5, 2), replaceInPlace("4", 5, 3)],
    ...healthy,
  },
  {
    name: "autoscaler-rolled-back",
    steps: [deployWithRollback, failUpgrade, raiseLoad, stays, fixForward],
    ...healthy,
    healthy: false,
  },
  {
    name: "autoscaler-approval",
    steps: [
      deployChanging({ "kubernetes.operator.upgrade.approval": "manual" }),
      editWithoutApproval,
      raiseWhileWaiting,
      { name: "nothing is scaled meanwhile", until: waitsForApproval },
      approve,
    ],
    ...healthy,
  },
  { name: "autoscaler-edited", steps: [deployInBounds, editDecision], ...healthy },
  { name: "autoscaler-suspended", steps: [deploy, replace("2", 5), suspend, resumeScaled], ...healthy },
  { name: "autoscaler-session-job", steps: [deployCluster(), submit, upgradeSessionJob], ...healthy },
];
