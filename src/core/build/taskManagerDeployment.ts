import type { KubeObject } from "../../api/kubernetes.ts";
import { taskManagerName } from "../../api/v1beta1/names.ts";
import { flinkOptions, taskManagersAsked } from "../../config/flinkOptions.ts";
import { clusterMetadata, mapOption, taskManagerSelector } from "./clusterMetadata.ts";
import type { StandaloneCluster } from "./flinkCluster.ts";
import { withUniqueKeys } from "./pod/keyedLists.ts";
import { closeDraft, openTemplate } from "./pod/podTemplate.ts";
import { decorateTaskManagerPod } from "./pod/taskManagerPod.ts";

/** The Deployment of a standalone cluster's TaskManagers (NATIVE 10). Owned by the FlinkDeployment. */
export function taskManagerDeployment(cluster: StandaloneCluster): KubeObject {
  const { clusterId, config, owner, taskManagerTemplate } = cluster;
  const selector = taskManagerSelector(cluster);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: clusterMetadata(cluster, taskManagerName(clusterId), {
      labels: { ...mapOption(config, flinkOptions.taskManagerLabels), ...selector },
      annotations: mapOption(config, flinkOptions.taskManagerAnnotations),
      owner,
    }),
    spec: {
      replicas: taskManagersAsked(config),
      selector: { matchLabels: selector },
      template: withUniqueKeys(
        closeDraft(decorateTaskManagerPod(openTemplate(taskManagerTemplate), cluster)),
        "spec.taskManager.podTemplate",
      ),
    },
  };
}
