import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { type Scenario, type Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { resourceName } from "./resource.ts";
import { deployWith, healthy, isRunning, severalCheckpointsMs } from "./steps.ts";

/** Hardly ever a checkpoint of Flink's own. */
const deploy: Step = deployWith({ "execution.checkpointing.interval": "1 h" }, "last-state");

/** What the Java operator, or whoever takes savepoints, leaves behind. */
const takeSavepoint = (world: World): void => {
  const { job } = new View(world, resourceName);
  const triggerTimestamp = new Date(world.clock.now()).toISOString();
  job?.savepoint("savepoint-of-the-user", "file:///data/savepoints", false, (outcome) => {
    if (!("path" in outcome)) return;
    const metadata = { name: "before-the-loss", namespace };
    const jobReference = { kind: "FlinkDeployment", name: resourceName };
    const created = world.server.create("user", resourceTypes.flinkStateSnapshot, {
      metadata,
      spec: { jobReference, savepoint: {} },
    });
    const status = { state: "COMPLETED", path: outcome.path, triggerTimestamp };
    world.server.replaceStatus("user", resourceTypes.flinkStateSnapshot, { ...created, status });
  });
};

const steps: Step[] = [
  deploy,
  {
    name: "a savepoint is taken, and a FlinkStateSnapshot tells of it",
    act: takeSavepoint,
    until: ({ world }) =>
      world.server.list(resourceTypes.flinkStateSnapshot, { namespace })[0]?.status !== undefined,
    // So that the operator has heard of it when it must know, however late its watches are.
    thenWaitMs: severalCheckpointsMs,
  },
  {
    name: "somebody deletes the JobManager's Deployment",
    act: (world) => world.server.delete("user", resourceTypes.deployment, namespace, resourceName),
    until: (view) => isRunning("--edition;1")(view) && view.job?.settings.restored?.kind === "savepoint",
    thenWaitMs: severalCheckpointsMs,
  },
];

export const workloads: readonly Scenario[] = [
  { name: "recovery-from-snapshot-resource", steps, ...healthy, healthy: false },
];
