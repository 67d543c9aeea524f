import { type ResourceType, resourceTypes } from "../api/kubernetes.ts";

/**
 * One permission that the operator, or a job that it starts, needs. The chart's roles are generated from these. In
 * `make sim` and `make e2e` a call without a permission gets a 403, and a permission that nothing uses fails a test
 * (test/sim/permissions.test.ts, test/e2e/rights.test.ts).
 */
export interface Permission {
  readonly types: readonly ResourceType[];
  readonly subresource?: "status" | "finalizers" | "log";
  readonly verbs: readonly Verb[];
  /** Names of the only objects that it covers. May contain template expressions of the chart. */
  readonly names?: readonly string[];
  /** Only the scenarios on the embedded cluster use it. That holds for all permissions outside `namespacePermissions`, too. */
  readonly inScenarios?: true;
  /** Why no test run can observe its use. */
  readonly unobservedReason?: string;
}

export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "update"
  | "patch"
  | "delete"
  | "deletecollection"
  | "*";

const {
  flinkDeployment,
  flinkSessionJob,
  flinkStateSnapshot,
  flinkBlueGreenDeployment,
  deployment,
  node,
  pod,
  configMap,
  service,
  ingress,
  httpRoute,
  event,
  lease,
  secret,
  customResourceDefinition,
  validatingWebhookConfiguration,
  mutatingWebhookConfiguration,
} = resourceTypes;

const ownerReferencesReason =
  "checked by the admission plugin OwnerReferencesPermissionEnforcement, which reports only a missing permission: without it the scenarios fail";

/** In each watched namespace. */
export const namespacePermissions: readonly Permission[] = [
  { types: [flinkDeployment, flinkSessionJob], verbs: ["list", "watch", "patch"] },
  // The FlinkDeployments of a FlinkBlueGreenDeployment.
  { types: [flinkDeployment], verbs: ["create", "delete"] },
  // Used by the webhook, for the resource that a session job or a snapshot refers to.
  { types: [flinkDeployment, flinkSessionJob], verbs: ["get"], inScenarios: true },
  { types: [flinkStateSnapshot], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  {
    types: [flinkDeployment, flinkSessionJob, flinkStateSnapshot],
    subresource: "status",
    verbs: ["update"],
  },
  {
    types: [flinkDeployment, flinkSessionJob, flinkStateSnapshot, flinkBlueGreenDeployment],
    subresource: "finalizers",
    verbs: ["update"],
    unobservedReason: ownerReferencesReason,
  },
  { types: [flinkBlueGreenDeployment], verbs: ["list", "watch", "patch"] },
  { types: [flinkBlueGreenDeployment], subresource: "status", verbs: ["update"] },
  { types: [deployment], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  {
    types: [deployment],
    subresource: "finalizers",
    verbs: ["update"],
    unobservedReason: ownerReferencesReason,
  },
  // It creates and deletes the pods that check SQL scripts.
  { types: [pod], verbs: ["list", "watch", "create", "delete"] },
  { types: [pod], subresource: "log", verbs: ["get"] },
  // Server-side apply of an object that does not exist needs create and patch.
  // The autoscaler reads its own.
  { types: [configMap], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  { types: [service], verbs: ["create", "patch"] },
  { types: [ingress, httpRoute], verbs: ["list", "watch", "create", "patch", "delete"] },
  { types: [event], verbs: ["get", "create", "patch"] },
];

/** In the operator's own namespace, for leader election between replicas. */
export const leaderElectionPermissions: readonly Permission[] = [
  { types: [lease], verbs: ["get", "create", "patch"] },
];

/** In the operator's own namespace, if the webhook is its own certificate authority. */
export const admissionSecretPermissions: readonly Permission[] = [
  { types: [secret], verbs: ["create"] },
  { types: [secret], verbs: ["list", "watch", "patch"], names: ["{{ .Values.webhook.certificateSecret }}"] },
];

/** In the whole cluster, if the webhook is its own certificate authority: it sets the caBundle of its configuration. */
export const admissionConfigurationPermissions: readonly Permission[] = [
  {
    types: [validatingWebhookConfiguration, mutatingWebhookConfiguration],
    verbs: ["list", "watch", "patch"],
    names: ['{{ include "flink-operator.webhookConfigurationName" . }}'],
  },
];

/** In the whole cluster, for the autoscaler's check of free capacity, which is off by default. */
export const nodePermissions: readonly Permission[] = [{ types: [node, pod], verbs: ["list"] }];

/** In kube-system, for the same check: how many nodes the Cluster Autoscaler may add. */
export const clusterAutoscalerPermissions: readonly Permission[] = [
  { types: [configMap], verbs: ["get"], names: ["cluster-autoscaler-status"] },
];

/** For the Job that upgrades the CustomResourceDefinitions (src/cmd/crds.ts), in the whole cluster. */
export const crdPermissions: readonly Permission[] = [
  { types: [customResourceDefinition], verbs: ["get", "create", "patch"] },
];

/** For the pods of Flink jobs, in their namespace: in native mode the JobManager creates its TaskManagers itself. */
export const jobPermissions: readonly Permission[] = [
  { types: [pod, configMap], verbs: ["*"] },
  { types: [service], verbs: ["get"] },
  { types: [deployment], verbs: ["*"] },
  { types: [deployment], subresource: "finalizers", verbs: ["*"] },
];

/** One rule of a Role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** One rule for each permission and API group. */
export const rulesOf = (permissions: readonly Permission[]): PolicyRule[] =>
  permissions.flatMap(({ types, subresource, verbs, names }) =>
    [...new Set(types.map(({ group }) => group))].map((group) => ({
      apiGroups: [group],
      resources: types
        .filter((type) => type.group === group)
        .map(({ plural }) => (subresource === undefined ? plural : `${plural}/${subresource}`)),
      ...(names && { resourceNames: names }),
      verbs,
    })),
  );
