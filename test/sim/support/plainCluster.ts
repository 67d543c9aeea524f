import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { namespace, type World } from "../world/world.ts";

/** A Flink cluster created as plain objects, for tests of the world without the operator. */
export interface PlainCluster {
  name: string;
  jobId: string;
  configuration?: Record<string, string>;
}

export const savepointDirectory = "file:///data/savepoints";

export const highlyAvailable = (name: string): Record<string, string> => ({
  "high-availability.type": "kubernetes",
  "high-availability.storageDir": "file:///data/ha",
  "job-result-store.delete-on-commit": "false",
  "job-result-store.storage-path": `file:///data/ha/job-result-store/${name}/1`,
});

export const createCluster = (world: World, cluster: PlainCluster): KubeObject => {
  const { name, jobId } = cluster;
  const labels = { app: name, type: "flink-native-kubernetes" };
  const jobManagerLabels = { ...labels, component: "jobmanager" };
  const configuration: Record<string, string> = {
    "kubernetes.cluster-id": name,
    "$internal.pipeline.job-id": jobId,
    "pipeline.name": name,
    "parallelism.default": "2",
    "taskmanager.numberOfTaskSlots": "1",
    "execution.checkpointing.interval": "10 s",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "execution.shutdown-on-application-finish": "false",
    "state.checkpoints.dir": "file:///data/checkpoints",
    ...cluster.configuration,
  };
  const { configMap, service, deployment } = resourceTypes;
  world.server.create("user", configMap, {
    metadata: { name: `flink-config-${name}`, namespace },
    data: {
      "flink-conf.yaml": Object.entries(configuration)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(""),
    },
  });
  world.server.create("user", service, {
    metadata: { name: `${name}-rest`, namespace },
    spec: { selector: jobManagerLabels, ports: [{ name: "rest", port: 8081 }] },
  });
  return world.server.create("user", deployment, {
    metadata: { name, namespace, labels: jobManagerLabels },
    spec: {
      selector: { matchLabels: jobManagerLabels },
      template: {
        metadata: { labels: jobManagerLabels },
        spec: {
          containers: [
            {
              name: "flink-main-container",
              image: "flink:1.20",
              volumeMounts: [{ name: "config", mountPath: "/opt/flink/conf" }],
            },
          ],
          volumes: [{ name: "config", configMap: { name: `flink-config-${name}` } }],
        },
      },
    },
  });
};

/** Deletes the Deployment with its pods, the ConfigMap and the Service. */
export const deleteCluster = async (world: World, name: string): Promise<void> => {
  const { configMap, service, deployment } = resourceTypes;
  world.server.delete("user", deployment, namespace, name, { propagation: "Foreground" });
  await world.until(
    "the cluster is gone",
    () => world.server.find(deployment, namespace, name) === undefined,
  );
  world.server.delete("user", configMap, namespace, `flink-config-${name}`);
  world.server.delete("user", service, namespace, `${name}-rest`);
};
