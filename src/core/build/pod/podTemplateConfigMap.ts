import { dump } from "js-yaml";
import type { KubeObject } from "../../../api/kubernetes.ts";
import type { PodTemplateSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { podTemplateConfigMapName } from "../../../api/v1beta1/names.ts";
import { clusterLabels, clusterMetadata } from "../clusterMetadata.ts";
import type { NativeCluster } from "../nativeCluster.ts";

export const podTemplateFileName = "taskmanager-pod-template.yaml";

/** The template from which the JobManager creates TaskManager pods. */
export function podTemplateConfigMap(cluster: NativeCluster, template: PodTemplateSpec): KubeObject {
  const { clusterId, owner } = cluster;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: clusterMetadata(cluster, podTemplateConfigMapName(clusterId), {
      labels: clusterLabels(cluster),
      owner,
    }),
    data: { [podTemplateFileName]: dump(template, { lineWidth: -1, noRefs: true, sortKeys: true }) },
  };
}
