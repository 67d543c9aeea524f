import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { PROMOTE_ANNOTATION, REJECT_ANNOTATION } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace, type World } from "../world/world.ts";
import { change, child, deploy, edit, editionOf, statusOf } from "./blueGreen.workloads.ts";
import { resourceName } from "./resource.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

const { flinkBlueGreenDeployment: type } = resourceTypes;

const deployVerified = (options: Readonly<Record<string, string>>): Step => ({
  ...deploy(
    "savepoint",
    {},
    Object.fromEntries(
      Object.entries(options).map(([name, value]) => [`kubernetes.operator.bluegreen.${name}`, value]),
    ),
  ),
  name: `apply a FlinkBlueGreenDeployment with ${Object.entries(options)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ")}`,
});

const strict = {
  "verification.running-time": "40 s",
  "verification.min-checkpoints": "2",
  "verification.max-restarts": "1",
};

const isGivenUp =
  (why: RegExp) =>
  ({ world }: View): boolean =>
    why.test(statusOf(world)?.error ?? "") &&
    statusOf(world)?.blueGreenState === "ACTIVE_BLUE" &&
    child(world, "GREEN").status?.lifecycleState === "SUSPENDED" &&
    child(world, "BLUE").job?.working === true;

/** No checkpoint of the second edition completes. */
const changeWithoutCheckpoints: Step = {
  name: "change to a job that completes no checkpoint",
  act: (world) => {
    world.programOf = (configuration) => ({
      ...unboundedProgram,
      checkpointsFail:
        configuration.get("$internal.application.program-args")?.includes("--edition;2") === true,
    });
    edit(world, editionOf(2));
  },
  until: isGivenUp(/not verified in 90 s: its job has completed 0 of 2 checkpoints$/),
  thenWaitMs: severalCheckpointsMs,
};

const isVerifying = ({ world }: View): boolean => statusOf(world)?.verification?.runningSince !== undefined;

const killTaskManagers = (world: World): void => {
  const labelSelector = `app=${child(world, "GREEN").name},component=taskmanager`;
  for (const { metadata } of world.server.list(resourceTypes.pod, { namespace, labelSelector }))
    world.kubelet.killContainer(metadata.uid ?? "", "OOMKilled");
};

/** The new side loses its TaskManagers twice. */
const changeToRestarting: Step[] = [
  {
    name: "change the job's arguments",
    act: (world) => edit(world, editionOf(2)),
    until: isVerifying,
    thenWaitMs: 5_000,
  },
  {
    name: "the TaskManagers of the new side die",
    act: killTaskManagers,
    until: ({ world }) =>
      (child(world, "GREEN").job?.restarts ?? 0) > 0 && child(world, "GREEN").job?.working === true,
    thenWaitMs: 10_000,
  },
  {
    name: "and again",
    act: killTaskManagers,
    until: isGivenUp(/restarts while it was verified: 2, and at most 1 may be$/),
    thenWaitMs: severalCheckpointsMs,
  },
];

const changeAndWait: Step = {
  name: "change the job's arguments",
  act: (world) => edit(world, editionOf(2)),
  until: ({ world }) => statusOf(world)?.verification?.verifiedTime !== undefined,
  thenWaitMs: severalCheckpointsMs,
};

const decide = (world: World, annotation: string): void => {
  const generation = world.server.find(type, namespace, resourceName)?.metadata.generation;
  const metadata = { annotations: { [annotation]: String(generation) } };
  world.server.mergePatch("user", type, namespace, resourceName, { metadata });
};

const promote: Step = {
  ...change("GREEN", 2),
  name: "promote the new side",
  act: (world) => decide(world, PROMOTE_ANNOTATION),
};

const reject: Step = {
  name: "reject the new side",
  act: (world) => decide(world, REJECT_ANNOTATION),
  until: isGivenUp(/a person has rejected it/),
  thenWaitMs: severalCheckpointsMs,
};

/** What is wanted again runs all the time: nothing is to be done for it. */
const takeBack: Step = {
  name: "take the change back",
  act: (world) => edit(world, editionOf(1)),
  until: ({ world }) =>
    statusOf(world)?.error === undefined &&
    statusOf(world)?.blueGreenState === "ACTIVE_BLUE" &&
    child(world, "BLUE").job?.working === true,
  thenWaitMs: severalCheckpointsMs,
};

/** What was rejected goes. */
const changeWithoutVerification: Step = {
  ...change("GREEN", 3),
  name: "change the job's arguments to edition 3, without a verification",
  act: (world) => {
    const spec = { configuration: { "kubernetes.operator.bluegreen.promote": null } };
    world.server.mergePatch("user", type, namespace, resourceName, { spec });
    edit(world, editionOf(3));
  },
};

/** Each edition has more to read than its subtasks read. */
const falls = (behind: Readonly<Record<string, number>>) => (world: World) => {
  world.programOf = (configuration) => {
    const args = configuration.get("$internal.application.program-args") ?? "";
    const [edition = ""] = /\d+$/.exec(args) ?? [];
    return { ...unboundedProgram, load: { arriving: 10 + (behind[edition] ?? 0), perSubtask: 10 } };
  };
};

const deployLagging: Step = {
  ...deployVerified({
    "verification.max-lag-factor": "2",
    "verification.lag-tolerance": "0",
    "verification.timeout": "90 s",
  }),
  act: (world) => {
    falls({ 2: 20, 3: 0 })(world);
    deployVerified({
      "verification.max-lag-factor": "2",
      "verification.lag-tolerance": "0",
      "verification.timeout": "90 s",
    }).act?.(world);
  },
};

const changeToLagging: Step = {
  name: "change to a job that falls behind",
  act: (world) => edit(world, editionOf(2)),
  until: isGivenUp(/not verified in 90 s: its sources have still to read [\d.]+ records/),
  thenWaitMs: severalCheckpointsMs,
};

export const workloads: readonly Scenario[] = [
  {
    name: "blue-green-lag-compared",
    steps: [deployLagging, changeToLagging, change("GREEN", 3)],
    ...healthy,
    healthy: false,
  },
  {
    name: "blue-green-compared-by-expression",
    steps: [
      deployVerified({
        "verification.expression":
          "new.pendingRecords <= 2 * old.pendingRecords && new.failures <= 1 && new.completedCheckpoints >= 2",
      }),
      change("GREEN", 2),
    ],
    ...healthy,
  },
  { name: "blue-green-verified", steps: [deployVerified(strict), change("GREEN", 2)], ...healthy },
  {
    name: "blue-green-verification-overdue",
    steps: [
      deployVerified({ "verification.min-checkpoints": "2", "verification.timeout": "90 s" }),
      changeWithoutCheckpoints,
      change("GREEN", 3),
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "blue-green-verification-failed",
    steps: [
      deployVerified({ ...strict, "verification.running-time": "2 min" }),
      ...changeToRestarting,
      change("GREEN", 3),
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "blue-green-promoted",
    steps: [deployVerified({ promote: "manual" }), changeAndWait, promote],
    ...healthy,
  },
  {
    name: "blue-green-rejected",
    steps: [deployVerified({ promote: "manual" }), changeAndWait, reject],
    ...healthy,
    healthy: false,
  },
  {
    name: "blue-green-rejected-and-taken-back",
    steps: [
      deployVerified({ promote: "manual" }),
      changeAndWait,
      reject,
      takeBack,
      changeWithoutVerification,
    ],
    ...healthy,
    healthy: false,
  },
];
