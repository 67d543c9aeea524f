import { type ObjectMeta, type OwnerReference, resourceTypes } from "../../api/kubernetes.ts";
import {
  API_VERSION,
  APP_LABEL,
  COMPONENT_LABEL,
  clusterTypes,
  components,
  TYPE_LABEL,
} from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { Option } from "../../config/option.ts";
import type { FlinkCluster } from "./flinkCluster.ts";

/** The labels of all objects of the cluster. */
export const clusterLabels = ({ clusterId, mode }: ClusterName): Record<string, string> => ({
  [APP_LABEL]: clusterId,
  [TYPE_LABEL]: clusterTypes[mode],
});

type ClusterName = Pick<FlinkCluster, "clusterId" | "mode">;

/** The selector of Services and the Deployment for the JobManager's pods. */
export const jobManagerSelector = (cluster: ClusterName): Record<string, string> => ({
  ...clusterLabels(cluster),
  [COMPONENT_LABEL]: components.jobManager,
});

export const taskManagerSelector = (cluster: ClusterName): Record<string, string> => ({
  ...clusterLabels(cluster),
  [COMPONENT_LABEL]: components.taskManager,
});

/** Not a controller reference: like the reference's, so that each operator can adopt the other's objects. */
export const resourceOwner = (
  name: string,
  uid: string,
  kind: string = resourceTypes.flinkDeployment.kind,
): OwnerReference => ({
  apiVersion: API_VERSION,
  kind,
  name,
  uid,
  controller: false,
  blockOwnerDeletion: true,
});

export const deploymentOwner = (clusterId: string, uid: string): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  name: clusterId,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** Metadata of an object of the cluster. Empty parts are omitted. */
export function clusterMetadata(
  { namespace }: Pick<FlinkCluster, "namespace">,
  name: string,
  parts: {
    readonly labels: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly owner: OwnerReference | undefined;
  },
): ObjectMeta {
  const { labels, annotations = {}, owner } = parts;
  return {
    name,
    namespace,
    labels,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
  };
}

/** A map option, such as labels, in the form for objects. */
export const mapOption = (
  config: FlinkConfig,
  option: Option<ReadonlyMap<string, string> | undefined>,
): Record<string, string> => Object.fromEntries(config.get(option) ?? []);
