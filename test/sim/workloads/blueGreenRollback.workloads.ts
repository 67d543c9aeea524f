import { resourceTypes } from "../../../src/api/kubernetes.ts";
import {
  asFlinkBlueGreenDeployment,
  type FlinkBlueGreenDeploymentStatus,
} from "../../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { rollbackPatch } from "../../../src/cmd/kubectl/blueGreenRollback.ts";
import type { Scenario, Step } from "../scenario.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace, type World } from "../world/world.ts";
import { change, child, deploy, edit, editionOf, statusOf } from "./blueGreen.workloads.ts";
import { resourceName } from "./resource.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

const { flinkBlueGreenDeployment: type } = resourceTypes;

const canGoBack = ({ rollback }: FlinkBlueGreenDeploymentStatus = {}): boolean =>
  rollback?.expirationTimestamp !== undefined;

const deployWithRollback = deploy("last-state", {}, { "kubernetes.operator.bluegreen.rollback.time": "1 h" });

/** The old side is the measure, where it runs. */
const deployCompared = deploy(
  "last-state",
  {},
  {
    "kubernetes.operator.bluegreen.rollback.time": "1 h",
    "kubernetes.operator.bluegreen.verification.max-lag-factor": "2",
    "kubernetes.operator.bluegreen.verification.expression": "new.pendingRecords <= 2 * old.pendingRecords",
    "kubernetes.operator.bluegreen.verification.timeout": "5 min",
  },
);

const changeKept: Step = {
  ...change("GREEN", 2),
  until: (view) => change("GREEN", 2).until?.(view) === true && canGoBack(statusOf(view.world)),
};

/** What the command asks for. */
const goBack = (world: World): void => {
  const resource = world.server.find(type, namespace, resourceName);
  const spec = resource && rollbackPatch(asFlinkBlueGreenDeployment(resource), world.clock.now());
  if (typeof spec !== "object") throw new Error(`there is nothing to go back to: ${spec}`);
  world.server.mergePatch("user", type, namespace, resourceName, { spec });
};

/** From what the old side was stopped with, and not from what the new one has done since. */
const startedFromOwn = ({ journal }: World): boolean => {
  const stop = journal.of("savepoint-completed").find((entry) => entry.stop);
  // A JobManager that dies starts its job again, also on the new side while that is being stopped.
  const launch = journal.of("job-started").findLast(({ recovered }) => !recovered);
  return stop !== undefined && launch?.restored.from === stop.path;
};

const rollback: Step = {
  ...change("BLUE", 1),
  name: "roll back",
  act: goBack,
  until: (view) => change("BLUE", 1).until?.(view) === true && startedFromOwn(view.world),
};

/** The second edition runs at first. */
const breakNew: Step = {
  name: "the new job begins to fail",
  act: (world) => {
    world.programOf = (configuration) =>
      configuration.get("$internal.application.program-args")?.includes("--edition;2") === true
        ? { ...unboundedProgram, failsToStart: "java.lang.IllegalStateException: broken" }
        : unboundedProgram;
    for (const { metadata } of world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: `app=${child(world, "GREEN").name},component=jobmanager`,
    }))
      world.kubelet.killContainer(metadata.uid ?? "", "OOMKilled");
  },
  until: ({ world }) => child(world, "GREEN").status?.jobStatus?.state === "FAILED",
};

/** The savepoint that the old side is to be stopped with never succeeds. */
const changeUnkept: Step = {
  ...change("GREEN", 2),
  act: (world) => {
    edit(world, editionOf(2));
    const isStopped = () => statusOf(world)?.rollback !== undefined;
    world.program = {
      ...unboundedProgram,
      get savepointFails() {
        return isStopped();
      },
    };
  },
  thenWaitMs: severalCheckpointsMs,
};

export const workloads: readonly Scenario[] = [
  {
    name: "blue-green-rolled-back",
    steps: [deployWithRollback, changeKept, rollback],
    ...healthy,
    // The user gives newer state up.
    stateful: false,
  },
  {
    name: "blue-green-rolled-back-from-broken",
    steps: [deployWithRollback, changeKept, breakNew, rollback],
    ...healthy,
    healthy: false,
    stateful: false,
  },
  {
    name: "blue-green-compared-rolled-back-from-broken",
    steps: [deployCompared, changeKept, breakNew, rollback],
    ...healthy,
    healthy: false,
    stateful: false,
  },
  {
    name: "blue-green-rollback-unavailable",
    steps: [deployWithRollback, changeUnkept],
    ...healthy,
    healthy: false,
  },
];
