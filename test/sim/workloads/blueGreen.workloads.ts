import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import {
  type Color,
  type FlinkBlueGreenDeploymentStatus,
  otherColor,
} from "../../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { blueGreenChildName } from "../../../src/api/v1beta1/names.ts";
import { type Scenario, type Step, View } from "../scenario.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace, type World } from "../world/world.ts";
import { resource, resourceName, type UpgradeMode } from "./resource.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

const { flinkBlueGreenDeployment: type, flinkDeployment, ingress } = resourceTypes;

const blueGreen = (
  mode: UpgradeMode,
  more: Readonly<Record<string, string>> = {},
  configuration: Readonly<Record<string, string>> = {},
): KubeObject => {
  const { spec } = resource(mode, { highAvailability: true }) as unknown as {
    spec: { flinkConfiguration: object };
  };
  return {
    metadata: { name: resourceName, namespace },
    spec: {
      configuration: { "kubernetes.operator.bluegreen.abort.grace-period": "3 min", ...configuration },
      ingress: { template: "{{name}}.example.com" },
      template: { spec: { ...spec, flinkConfiguration: { ...spec.flinkConfiguration, ...more } } },
    },
  };
};

export const statusOf = (world: World): FlinkBlueGreenDeploymentStatus | undefined =>
  world.server.find(type, namespace, resourceName)?.status as FlinkBlueGreenDeploymentStatus | undefined;

export const edit = (world: World, job: object): void => {
  world.server.mergePatch("user", type, namespace, resourceName, { spec: { template: { spec: { job } } } });
};
export const editionOf = (edition: number): object => ({ args: ["--edition", `${edition}`] });

const isReady = ({ conditions = [] }: FlinkBlueGreenDeploymentStatus): boolean =>
  conditions.some(({ type, status }) => type === "Ready" && status === "True");

export const child = (world: World, color: Color): View =>
  new View(world, blueGreenChildName(resourceName, color));

const isActive =
  (color: Color, edition: number) =>
  ({ world }: View): boolean => {
    const status = statusOf(world);
    const { job, program } = child(world, color);
    const other = child(world, otherColor(color));
    return (
      status?.blueGreenState === `ACTIVE_${color}` &&
      status.jobStatus?.state === "RUNNING" &&
      isReady(status) &&
      job?.working === true &&
      program?.includes(`--edition;${edition}`) === true &&
      other.resource === undefined &&
      other.leftovers.every(({ metadata }) => !metadata.name.startsWith(other.name))
    );
  };

/** `more`: of Flink's configuration; `configuration`: of the transition. */
export const deploy = (
  mode: UpgradeMode,
  more?: Readonly<Record<string, string>>,
  configuration?: Readonly<Record<string, string>>,
): Step => ({
  name: `apply the FlinkBlueGreenDeployment (${mode})`,
  act: (world) => world.server.create("user", type, blueGreen(mode, more, configuration)),
  until: isActive("BLUE", 1),
  thenWaitMs: severalCheckpointsMs,
});

export const change = (color: Color, edition: number): Step => ({
  name: `change the job's arguments to edition ${edition}`,
  act: (world) => edit(world, editionOf(edition)),
  until: isActive(color, edition),
  thenWaitMs: severalCheckpointsMs,
});

const isSuspended = ({ world }: View): boolean => {
  const status = statusOf(world);
  return (
    status?.jobStatus?.state === "SUSPENDED" && isReady(status) && child(world, "BLUE").job?.working !== true
  );
};

const remove: Step = {
  name: "delete the FlinkBlueGreenDeployment",
  act: (world) => world.server.delete("user", type, namespace, resourceName),
  until: ({ world, leftovers }) =>
    [type, flinkDeployment, ingress].every((each) => world.server.list(each, { namespace }).length === 0) &&
    leftovers.length === 0,
};

/** The second edition cannot start. */
const changeToBroken: Step = {
  name: "change to a job that does not start",
  act: (world) => {
    world.programOf = (configuration) =>
      configuration.get("$internal.application.program-args")?.includes("broken")
        ? { ...unboundedProgram, failsToStart: "java.lang.IllegalArgumentException: broken" }
        : unboundedProgram;
    edit(world, { args: ["--edition", "broken"] });
  },
  until: ({ world }) =>
    statusOf(world)?.error?.startsWith("Aborting") === true &&
    child(world, "GREEN").status?.lifecycleState === "SUSPENDED",
  thenWaitMs: severalCheckpointsMs,
};

/** The storage is full for the first savepoint. */
const deployWithFullStorage: Step = {
  ...deploy("savepoint"),
  act: (world) => {
    world.program = {
      ...unboundedProgram,
      get savepointFails() {
        return world.journal.of("savepoint-failed").length === 0;
      },
    };
    deploy("savepoint").act?.(world);
  },
};

/** Nothing of the new side can run until the second edit is there. */
const editUnderWay: Step[] = (() => {
  let removeFailure = (): void => {};
  return [
    {
      name: "change the job's arguments, while new TaskManagers cannot be scheduled",
      act: (world: World) => {
        removeFailure = world.podFailures.inject({ component: "taskmanager" }, { kind: "Unschedulable" });
        edit(world, editionOf(2));
      },
      until: ({ world }: View) =>
        statusOf(world)?.blueGreenState === "TRANSITIONING_TO_GREEN" &&
        child(world, "GREEN").job?.state === "RUNNING",
      thenWaitMs: 5_000,
    },
    {
      name: "change them again",
      act: (world: World) => edit(world, editionOf(3)),
      until: ({ world }: View) => child(world, "GREEN").program?.includes("--edition;3") === true,
    },
    {
      ...change("GREEN", 3),
      name: "TaskManagers can be scheduled again",
      act: () => removeFailure(),
    },
  ];
})();

const deleteActive: Step = {
  name: "delete the active FlinkDeployment",
  act: (world) =>
    world.server.delete("user", flinkDeployment, namespace, blueGreenChildName(resourceName, "BLUE")),
  until: (view) => view.world.journal.of("job-started").length > 1 && isActive("BLUE", 1)(view),
  thenWaitMs: severalCheckpointsMs,
};

const suspend: Step = {
  name: "suspend",
  act: (world) => edit(world, { state: "suspended" }),
  until: isSuspended,
  thenWaitMs: severalCheckpointsMs,
};

const resume: Step = {
  name: "resume",
  act: (world) => edit(world, { state: "running" }),
  until: isActive("BLUE", 1),
  thenWaitMs: severalCheckpointsMs,
};

/** What comes back has never been launched. */
const deleteSuspended: Step = {
  ...deleteActive,
  name: "delete the suspended FlinkDeployment",
  until: (view) =>
    isSuspended(view) &&
    statusOf(view.world)?.decisions?.[0]?.act === "Recover" &&
    child(view.world, "BLUE").status?.lifecycleState === "CREATED",
};

export const workloads: readonly Scenario[] = [
  { name: "blue-green-savepoint", steps: [deploy("savepoint"), change("GREEN", 2)], ...healthy },
  {
    name: "blue-green-stateless",
    steps: [deploy("stateless"), change("GREEN", 2)],
    ...healthy,
    stateful: false,
  },
  {
    name: "blue-green-last-state-there-and-back",
    steps: [deploy("last-state"), change("GREEN", 2), change("BLUE", 3)],
    ...healthy,
  },
  {
    name: "blue-green-aborted",
    steps: [deploy("savepoint"), changeToBroken, change("GREEN", 3)],
    ...healthy,
    healthy: false,
  },
  {
    name: "blue-green-savepoint-refused",
    steps: [deployWithFullStorage, change("GREEN", 2)],
    ...healthy,
    healthy: false,
  },
  {
    name: "blue-green-edited-under-way",
    steps: [deploy("savepoint"), ...editUnderWay],
    ...healthy,
    healthy: false,
  },
  {
    name: "blue-green-suspended",
    steps: [deploy("savepoint"), suspend, resume],
    ...healthy,
  },
  {
    name: "blue-green-suspended-deleted",
    // A JobManager that restarts before the stop would have its job suspended by last-state, without a savepoint to go on from.
    steps: [
      deploy("savepoint", { "kubernetes.operator.job.upgrade.last-state-fallback.enabled": "false" }),
      suspend,
      deleteSuspended,
      resume,
    ],
    ...healthy,
    healthy: false,
  },
  { name: "blue-green-deleted", steps: [deploy("savepoint"), remove], ...healthy },
  {
    name: "blue-green-deleted-with-savepoint",
    steps: [deploy("savepoint", { "kubernetes.operator.job.savepoint-on-deletion": "true" }), remove],
    ...healthy,
  },
  {
    name: "blue-green-active-deleted",
    steps: [deploy("savepoint"), deleteActive],
    ...healthy,
    healthy: false,
  },
];
