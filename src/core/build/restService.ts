import type { KubeObject, OwnerReference } from "../../api/kubernetes.ts";
import { restServiceName } from "../../api/v1beta1/names.ts";
import { flinkOptions, restPort, type ServiceExposedType } from "../../config/flinkOptions.ts";
import { clusterLabels, clusterMetadata, jobManagerSelector, mapOption } from "./clusterMetadata.ts";
import { singlePort } from "./config/clientConfig.ts";
import type { FlinkCluster } from "./flinkCluster.ts";

/** The Service of Flink's REST API. Owned by the Deployment (docs/adr/0002). */
export function restService(cluster: FlinkCluster, owner: OwnerReference | undefined): KubeObject {
  const { clusterId, resourceName = clusterId, config } = cluster;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: clusterMetadata(cluster, restServiceName(resourceName), {
      labels: { ...mapOption(config, flinkOptions.restServiceLabels), ...clusterLabels(cluster) },
      annotations: mapOption(config, flinkOptions.restServiceAnnotations),
      owner,
    }),
    spec: {
      ...exposure(config.get(flinkOptions.restServiceExposedType)),
      selector: jobManagerSelector(cluster),
      ports: [
        { name: "rest", port: restPort(config), targetPort: singlePort(config, flinkOptions.restBindPort) },
      ],
    },
  };
}

const exposure = (type: ServiceExposedType) =>
  type === "Headless_ClusterIP" ? { type: "ClusterIP", clusterIP: "None" } : { type };
