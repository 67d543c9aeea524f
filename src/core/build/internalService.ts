import type { KubeObject } from "../../api/kubernetes.ts";
import { internalServiceName } from "../../api/v1beta1/names.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { clusterLabels, clusterMetadata, jobManagerSelector, mapOption } from "./clusterMetadata.ts";
import { singlePort } from "./config/clientConfig.ts";
import type { FlinkCluster } from "./flinkCluster.ts";

/**
 * The headless Service by which TaskManagers find the single JobManager. Native clusters with high availability have
 * none.
 */
export function internalService(cluster: FlinkCluster): KubeObject {
  const { clusterId, config, owner } = cluster;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: clusterMetadata(cluster, internalServiceName(clusterId), {
      labels: { ...mapOption(config, flinkOptions.internalServiceLabels), ...clusterLabels(cluster) },
      annotations: mapOption(config, flinkOptions.internalServiceAnnotations),
      owner,
    }),
    spec: {
      clusterIP: "None",
      selector: jobManagerSelector(cluster),
      ports: [
        { name: "jobmanager-rpc", port: config.get(flinkOptions.jobManagerRpcPort) },
        { name: "blobserver", port: singlePort(config, flinkOptions.blobServerPort) },
      ],
    },
  };
}
