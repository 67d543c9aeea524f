import type { KubeObject } from "../../../api/kubernetes.ts";
import { MAIN_CONTAINER, taskManagerName } from "../../../api/v1beta1/names.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { clusterMetadata, taskManagerSelector } from "../clusterMetadata.ts";
import { asRecord } from "../json.ts";
import type { NativeCluster } from "../nativeCluster.ts";
import { closeDraft, openTemplate } from "./podTemplate.ts";

/**
 * The user's template for TaskManagers in the form of a Deployment, only ever to be judged by the API server. The
 * JobManager makes the pods itself, when the old job is long gone: what it is refused then keeps the job from running.
 * Undefined where there is no template.
 */
export function taskManagerTrial(cluster: NativeCluster): KubeObject | undefined {
  const { clusterId, config, taskManagerTemplate } = cluster;
  if (taskManagerTemplate === undefined) return undefined;
  const { metadata, spec, main } = openTemplate(taskManagerTemplate);
  // Flink restarts no TaskManager in its pod, which a Deployment would not admit.
  const { restartPolicy: _, ...kept } = spec;
  const labels = taskManagerSelector(cluster);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: clusterMetadata(cluster, taskManagerName(clusterId), { labels, owner: undefined }),
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: closeDraft({
        metadata: { ...metadata, labels: { ...asRecord(metadata.labels), ...labels } },
        spec: kept,
        main: {
          ...main,
          name: MAIN_CONTAINER,
          image: config.get(flinkOptions.image) ?? main.image ?? "flink",
          ...(config.isSet(flinkOptions.imagePullPolicy)
            ? { imagePullPolicy: config.get(flinkOptions.imagePullPolicy) }
            : {}),
        },
      }),
    },
  };
}
