import type { Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { edit, resource, resourceName, type, type UpgradeMode } from "./resource.ts";

export const isRunning =
  (edition: string) =>
  (view: View): boolean =>
    view.settled &&
    view.status?.jobStatus?.state === "RUNNING" &&
    view.status.lifecycleState === "STABLE" &&
    view.job?.working === true &&
    view.program?.includes(edition) === true;

export const isSuspended = (view: View): boolean =>
  view.settled && view.status?.lifecycleState === "SUSPENDED" && view.job?.working !== true;

/** The operator has recorded a change and not completed it. */
export const isInProgress = ({ status }: View): boolean =>
  status?.reconciliationStatus?.state === "UPGRADING" ||
  status?.jobStatus?.savepointInfo?.triggerType === "UPGRADE";

/**
 * How often the operator has launched the job. A JobManager whose container restarts starts its job again in the same pod;
 * that is no launch.
 */
export const launches = ({ world }: View): number =>
  new Set(world.journal.of("job-started").map(({ pod }) => pod)).size;

/** Long enough for several checkpoints. */
export const severalCheckpointsMs = 35_000;

export const deploy = (mode: UpgradeMode, options = { highAvailability: true }): Step => ({
  name: `apply the resource (${mode})`,
  act: (world) => world.server.create("user", type, resource(mode, options)),
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
});

/** Applies the resource with additional Flink configuration, which may include options of the operator. */
export const deployWith = (
  configuration: Readonly<Record<string, string>>,
  mode: UpgradeMode,
  options = { highAvailability: true },
): Step => ({
  ...deploy(mode, options),
  act: (world) => {
    const object = resource(mode, options);
    const spec = object.spec as { flinkConfiguration: Record<string, string> };
    Object.assign(spec.flinkConfiguration, configuration);
    world.server.create("user", type, object);
  },
});

export const upgrade: Step = {
  name: "change the job's arguments",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

export const suspend: Step = {
  name: "suspend",
  act: (world) => edit(world, { job: { state: "suspended" } }),
  until: isSuspended,
  thenWaitMs: severalCheckpointsMs,
};

export const resume: Step = {
  name: "resume",
  act: (world) => edit(world, { job: { state: "running" } }),
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
};

export const remove: Step = {
  name: "delete the resource",
  act: (world) => world.server.delete("user", type, namespace, resourceName),
  until: (view) => view.resource === undefined && view.leftovers.length === 0,
};

/** Most workloads: the state must survive, also the loss of a JobManager, and no problem is reported at any moment. */
export const healthy = { stateful: true, highlyAvailable: true, healthy: true };
/** Without high availability the job does not survive its JobManager. */
export const withoutHa = { highAvailability: false };
export const healthyWithoutHa = { ...healthy, highlyAvailable: false };
