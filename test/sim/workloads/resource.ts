import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { namespace, type World } from "../world/world.ts";

/** The name of the resource in every workload. */
export const resourceName = "sample";

export type UpgradeMode = "stateless" | "savepoint" | "last-state";

/** A small resource as a user writes it, with a checkpoint every ten seconds. */
export const resource = (upgradeMode: UpgradeMode, options: { highAvailability: boolean }): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: resourceName, namespace },
  spec: {
    image: "flink:1.20",
    flinkVersion: "v1_20",
    serviceAccount: "flink",
    flinkConfiguration: {
      "taskmanager.numberOfTaskSlots": "1",
      "execution.checkpointing.interval": "10 s",
      "state.checkpoints.dir": "file:///data/checkpoints",
      "state.savepoints.dir": "file:///data/savepoints",
      ...(options.highAvailability
        ? { "high-availability.type": "kubernetes", "high-availability.storageDir": "file:///data/ha" }
        : {}),
    },
    jobManager: { resource: { cpu: 0.5, memory: "1024m" } },
    taskManager: { resource: { cpu: 0.5, memory: "1024m" } },
    job: {
      jarURI: "local:///opt/flink/usrlib/job.jar",
      args: ["--edition", "1"],
      parallelism: 2,
      upgradeMode,
    },
  },
});

export const type = resourceTypes.flinkDeployment;

/** Changes the spec by a merge patch. */
export const edit = (
  world: World,
  spec: { job?: Partial<FlinkDeploymentSpec["job"]> } & Record<string, unknown>,
): void => {
  world.server.mergePatch("user", type, namespace, resourceName, { spec });
};
