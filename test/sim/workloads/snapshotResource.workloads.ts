import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { type Scenario, type Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { resourceName } from "./resource.ts";
import { deployWith, healthy, isRunning, severalCheckpointsMs } from "./steps.ts";

/** Checkpoints are so rare that the savepoint is the newest snapshot. */
const deploy: Step = deployWith({ "execution.checkpointing.interval": "1 h" }, "last-state");

/** A completed FlinkStateSnapshot that another client has created. */
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
    name: "take a savepoint that a FlinkStateSnapshot records",
    act: takeSavepoint,
    until: ({ world }) =>
      world.server.list(resourceTypes.flinkStateSnapshot, { namespace })[0]?.status !== undefined,
    // Long enough for the operator to see it, however late its watches are.
    thenWaitMs: severalCheckpointsMs,
  },
  {
    name: "delete the JobManager's Deployment by hand",
    act: (world) => world.server.delete("user", resourceTypes.deployment, namespace, resourceName),
    until: (view) => isRunning("--edition;1")(view) && view.job?.settings.restored?.kind === "savepoint",
    thenWaitMs: severalCheckpointsMs,
  },
];

export const workloads: readonly Scenario[] = [
  { name: "recovery-from-snapshot-resource", steps, ...healthy, healthy: false },
];
