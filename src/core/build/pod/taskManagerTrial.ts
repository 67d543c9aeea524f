import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../api/kubernetes.ts";
import type { PodTemplateSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER, taskManagerName } from "../../../api/v1beta1/names.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { clusterMetadata, taskManagerSelector } from "../clusterMetadata.ts";
import { asRecord } from "../json.ts";
import type { NativeCluster } from "../nativeCluster.ts";
import { closeDraft, openTemplate, withStartupProbe } from "./podTemplate.ts";

/**
 * The user's template for TaskManagers in the form of a Deployment, only for a dry run. The JobManager creates the
 * pods itself, after the old job was stopped: a rejection then would prevent the job from running. Undefined without
 * a template, and for one that the JobManager has, too: the dry run or the creation of its Deployment validates it
 * completely, which saves a request.
 */
export function taskManagerTrial(cluster: NativeCluster): KubeObject | undefined {
  const { clusterId, config, taskManagerTemplate } = cluster;
  if (taskManagerTemplate === undefined || isOfJobManagerToo(cluster, taskManagerTemplate)) return undefined;
  const { metadata, spec, main } = openTemplate(taskManagerTemplate);
  // Flink never restarts a TaskManager in its pod; a Deployment does not allow that policy.
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

const isOfJobManagerToo = ({ jobManagerTemplate }: NativeCluster, template: PodTemplateSpec): boolean =>
  [template, withStartupProbe(template)].some((same) => isDeepStrictEqual(same, jobManagerTemplate));
