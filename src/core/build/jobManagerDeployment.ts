import type { KubeObject } from "../../api/kubernetes.ts";
import { COMPONENT_LABEL, components, jobManagerName } from "../../api/v1beta1/names.ts";
import { BuildError } from "../../config/buildError.ts";
import { flinkOptions, isHighAvailabilityEnabled } from "../../config/flinkOptions.ts";
import { clusterMetadata, jobManagerSelector, mapOption } from "./clusterMetadata.ts";
import type { FlinkCluster } from "./flinkCluster.ts";
import { decorateJobManagerPod } from "./pod/jobManagerPod.ts";
import { closeDraft, openTemplate } from "./pod/podTemplate.ts";

/** The Deployment of the JobManager: the user's pod template with the additions that Flink needs (NATIVE 3). */
export function jobManagerDeployment(cluster: FlinkCluster): KubeObject {
  const { clusterId, config, owner, deploymentAnnotations } = cluster;
  const selector = jobManagerSelector(cluster);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: clusterMetadata(cluster, jobManagerName(clusterId), {
      labels: {
        ...mapOption(config, flinkOptions.jobManagerLabels),
        ...selector,
        // The Java operator takes every other one for the JobManager that runs the job.
        ...(cluster.gate === undefined ? {} : { [COMPONENT_LABEL]: components.standby }),
      },
      annotations: { ...mapOption(config, flinkOptions.jobManagerAnnotations), ...deploymentAnnotations },
      owner,
    }),
    spec: {
      replicas: replicas(cluster),
      selector: { matchLabels: selector },
      template: closeDraft(decorateJobManagerPod(openTemplate(cluster.jobManagerTemplate), cluster)),
    },
  };
}

function replicas({ config }: FlinkCluster): number {
  const count = config.get(flinkOptions.jobManagerReplicas);
  if (count < 1) {
    throw new BuildError(
      "spec.jobManager.replicas",
      `spec.jobManager.replicas must be 1 or more, and is ${count}`,
    );
  }
  if (count > 1 && !isHighAvailabilityEnabled(config)) {
    throw new BuildError(
      "spec.jobManager.replicas",
      "spec.jobManager.replicas: High availability should be enabled when starting standby JobManagers. Set high-availability.type, or one replica",
    );
  }
  return count;
}
