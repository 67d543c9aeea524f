/** The fields of Kubernetes' own types that the operator reads or writes. Other fields are kept unchanged. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339. */
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  [field: string]: unknown;
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** A resource type of the API server, with its names in URL paths and objects. */
export interface ResourceType {
  /** "" for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
}

export const apiVersionOf = (type: ResourceType): string =>
  type.group === "" ? type.version : `${type.group}/${type.version}`;

export const resourceTypes = {
  deployment: { group: "apps", version: "v1", kind: "Deployment", plural: "deployments" },
  node: { group: "", version: "v1", kind: "Node", plural: "nodes" },
  pod: { group: "", version: "v1", kind: "Pod", plural: "pods" },
  service: { group: "", version: "v1", kind: "Service", plural: "services" },
  configMap: { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps" },
  secret: { group: "", version: "v1", kind: "Secret", plural: "secrets" },
  event: { group: "", version: "v1", kind: "Event", plural: "events" },
  ingress: { group: "networking.k8s.io", version: "v1", kind: "Ingress", plural: "ingresses" },
  httpRoute: { group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute", plural: "httproutes" },
  customResourceDefinition: {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
  },
  lease: { group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases" },
  flinkDeployment: {
    group: "flink.apache.org",
    version: "v1beta1",
    kind: "FlinkDeployment",
    plural: "flinkdeployments",
  },
  flinkStateSnapshot: {
    group: "flink.apache.org",
    version: "v1beta1",
    kind: "FlinkStateSnapshot",
    plural: "flinkstatesnapshots",
  },
  flinkSessionJob: {
    group: "flink.apache.org",
    version: "v1beta1",
    kind: "FlinkSessionJob",
    plural: "flinksessionjobs",
  },
  flinkBlueGreenDeployment: {
    group: "flink.apache.org",
    version: "v1beta1",
    kind: "FlinkBlueGreenDeployment",
    plural: "flinkbluegreendeployments",
  },
  validatingWebhookConfiguration: {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
  },
  mutatingWebhookConfiguration: {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
  },
} as const satisfies Record<string, ResourceType>;
