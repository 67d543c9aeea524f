import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { resourceName, type UpgradeMode } from "./resource.ts";
import {
  deployWith,
  healthy,
  isRunning,
  launches,
  resume,
  severalCheckpointsMs,
  suspend,
  upgrade,
} from "./steps.ts";

/** High availability in ZooKeeper, which the operator cannot read. */
const deploy = (mode: UpgradeMode): Step =>
  deployWith(
    { "high-availability.type": "zookeeper", "high-availability.zookeeper.quorum": "zookeeper:2181" },
    mode,
  );

const loseDeployment: Step = {
  name: "delete the JobManager's Deployment by hand",
  act: (world) => world.server.delete("user", resourceTypes.deployment, namespace, resourceName),
  until: (view) => launches(view) > 1 && isRunning("--edition;1")(view),
  thenWaitMs: severalCheckpointsMs,
};

export const workloads: readonly Scenario[] = [
  { name: "zookeeper-upgrade-savepoint", steps: [deploy("savepoint"), upgrade], ...healthy },
  { name: "zookeeper-upgrade-by-cancel", steps: [deploy("last-state"), upgrade], ...healthy },
  { name: "zookeeper-suspend", steps: [deploy("savepoint"), suspend, resume], ...healthy },
  { name: "zookeeper-lost", steps: [deploy("last-state"), loseDeployment], ...healthy, healthy: false },
];
