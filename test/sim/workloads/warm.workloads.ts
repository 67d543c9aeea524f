import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { warmClusterId } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import type { Journal } from "../world/journal.ts";
import { namespace, type World } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName } from "./resource.ts";
import { healthy, isRunning, severalCheckpointsMs, upgrade } from "./steps.ts";

const warm = {
  "kubernetes.operator.job.upgrade.warm": "true",
  // A JobManager that restarts while its job is being stopped would make the upgrade a cold one.
  "kubernetes.operator.job.upgrade.last-state-fallback.enabled": "false",
};

/** Nothing of the upgrade is left, and of the cluster that the job has moved from. */
const isDone = (cluster: string | undefined) => (view: View) =>
  (view.status?.clusterId === cluster || wasLaunchedCold(view)) && view.status?.warmUpgrade === undefined;

/**
 * A JobManager died: the old one before it was asked for the savepoint, so that its job is launched from its HA metadata, or the new
 * one, which had not the lease of the dead one in time. What is launched then has the resource's name.
 */
const wasLaunchedCold = ({ world: { journal } }: View): boolean =>
  journal.of("fault").length > 0 &&
  journal.of("job-started").some(({ recovered, restored, cluster, program }) => {
    if (recovered) return false;
    if (restored.by === "high-availability") return true;
    return cluster === resourceName && isAfterRestart(journal) && program.includes("--edition;2");
  });

const isAfterRestart = (journal: Journal): boolean =>
  journal.of("fault").some(({ note }) => note.startsWith("jobmanager-restart"));

const away: Step = {
  ...upgrade,
  name: "change the job's arguments: it moves to the second cluster",
  until: (view) => isRunning("--edition;2")(view) && isDone("sample-warm")(view),
};

const back: Step = {
  ...upgrade,
  name: "change them again: it moves back",
  act: (world) => edit(world, { job: { args: ["--edition", "3"] } }),
  until: (view) => isRunning("--edition;3")(view) && isDone(undefined)(view),
};

const cold: Step = {
  ...upgrade,
  name: "change them, cold: it returns to the name of the resource",
  act: (world) =>
    edit(world, {
      job: { args: ["--edition", "3"] },
      flinkConfiguration: { "kubernetes.operator.job.upgrade.warm": "false" },
    }),
  until: (view) => isRunning("--edition;3")(view) && isDone(undefined)(view),
};

const editTo = (edition: string) => (world: World) => edit(world, { job: { args: ["--edition", edition] } });

/** No node has room for the TaskManagers of the second cluster. */
const withoutRoom: Step = {
  ...upgrade,
  name: "change them, while there is no room for a second cluster",
  act: (world) => {
    world.podFailures.inject(
      { component: "taskmanager", app: warmClusterId(resourceName) },
      { kind: "Unschedulable" },
    );
    editTo("2")(world);
  },
  until: (view) => isRunning("--edition;2")(view) && isDone(undefined)(view),
};

const isUntouched = ({ status, job, program }: View): boolean =>
  status?.error?.includes("The job stays as it is") === true &&
  job?.working === true &&
  program?.includes("--edition;1") === true;

const missingImage: Step = {
  name: "change the image to one that does not exist: the old job is untouched",
  act: (world) => {
    world.podFailures.missingImages.add("flink:none");
    edit(world, { image: "flink:none", job: { args: ["--edition", "2"] } });
  },
  until: isUntouched,
  thenWaitMs: severalCheckpointsMs,
};

const corrected: Step = {
  ...away,
  name: "correct it: the job moves",
  // What waits for the image is deleted first, and no job.
  replacesJob: false,
  act: (world) => edit(world, { image: "flink:1.20" }),
};

const failing: Step = {
  name: "change them to values that the main method refuses: the old spec is restored",
  act: (world) => {
    world.programOf = (configuration) =>
      configuration.get("$internal.application.program-args")?.includes("fail") === true
        ? { ...world.program, failsToStart: "java.lang.IllegalArgumentException: no edition fail" }
        : world.program;
    editTo("fail")(world);
  },
  until: (view) =>
    view.status?.lifecycleState === "ROLLED_BACK" &&
    view.status.jobStatus?.state === "RUNNING" &&
    view.job?.working === true &&
    view.program?.includes("--edition;1") === true &&
    isDone(undefined)(view),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const standby = ({ world }: View) =>
  world.server.find(resourceTypes.deployment, namespace, warmClusterId(resourceName));

const begun: Step = {
  name: "change them, until the second cluster is created",
  act: editTo("2"),
  until: (view) => standby(view) !== undefined,
};

const takenBack: Step = {
  name: "take the change back: nothing has happened",
  act: editTo("1"),
  until: (view) => isRunning("--edition;1")(view) && isDone(undefined)(view) && standby(view) === undefined,
  thenWaitMs: severalCheckpointsMs,
};

const short = { ...warm, "kubernetes.operator.job.upgrade.warm.timeout": "60 s" };
const flink2 = { image: "flink:2.3", flinkVersion: "v2_3" } as const;

export const workloads: readonly Scenario[] = [
  { name: "warm-upgrade", steps: [deployWith("savepoint", warm), away], ...healthy },
  { name: "warm-upgrade-flink-2", steps: [deployWith("savepoint", warm, flink2), away], ...healthy },
  { name: "warm-upgrade-twice", steps: [deployWith("savepoint", warm), away, back], ...healthy },
  { name: "warm-then-cold", steps: [deployWith("savepoint", warm), away, cold], ...healthy },
  {
    name: "warm-without-room",
    steps: [deployWith("savepoint", short), withoutRoom],
    ...healthy,
    healthy: false,
  },
  {
    name: "warm-missing-image",
    steps: [deployWith("savepoint", warm), missingImage, corrected],
    ...healthy,
    healthy: false,
  },
  { name: "warm-failing-job", steps: [deployWith("savepoint", warm), failing], ...healthy, healthy: false },
  { name: "warm-taken-back", steps: [deployWith("savepoint", warm), begun, takenBack], ...healthy },
];
