import { type ResourceType, resourceTypes } from "../api/kubernetes.ts";

/**
 * Every right that the operator needs, and those of the jobs that it starts: the chart's roles are generated from
 * this. A call that is not here is answered with 403 in `make sim` and `make e2e` and fails there; so does a right that
 * nothing uses (test/sim/permissions.test.ts, test/e2e/rights.test.ts).
 */
export interface Permission {
  readonly types: readonly ResourceType[];
  readonly subresource?: "status" | "finalizers" | "log";
  readonly verbs: readonly Verb[];
  /** Only these objects. May hold expressions of the chart. */
  readonly names?: readonly string[];
  /** Shown used by the stories on the embedded cluster, as everything is that is not granted in each namespace. */
  readonly inStories?: true;
  /** Why no run shows it used. */
  readonly unseen?: string;
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
  deployment,
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

const ownersBlock =
  "asked for by the admission plugin OwnerReferencesPermissionEnforcement, which says nothing where it is granted: without it the stories fail";

/** In each namespace that is looked after. */
export const namespacePermissions: readonly Permission[] = [
  { types: [flinkDeployment, flinkSessionJob], verbs: ["list", "watch", "patch"] },
  // By the webhook, for the resource that a session job or a snapshot names.
  { types: [flinkDeployment, flinkSessionJob], verbs: ["get"], inStories: true },
  { types: [flinkStateSnapshot], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  {
    types: [flinkDeployment, flinkSessionJob, flinkStateSnapshot],
    subresource: "status",
    verbs: ["update"],
  },
  {
    types: [flinkDeployment, flinkSessionJob, flinkStateSnapshot],
    subresource: "finalizers",
    verbs: ["update"],
    unseen: ownersBlock,
  },
  { types: [deployment], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  { types: [deployment], subresource: "finalizers", verbs: ["update"], unseen: ownersBlock },
  { types: [pod], verbs: ["list", "watch"] },
  { types: [pod], subresource: "log", verbs: ["get"] },
  // Server-side apply of what is not there yet takes create beside patch.
  { types: [configMap], verbs: ["list", "watch", "create", "patch", "delete"] },
  { types: [service], verbs: ["create", "patch"] },
  { types: [ingress, httpRoute], verbs: ["list", "watch", "create", "patch", "delete"] },
  { types: [event], verbs: ["get", "create", "patch"] },
];

/** In the operator's own namespace, where several replicas agree on one. */
export const leaderElectionPermissions: readonly Permission[] = [
  { types: [lease], verbs: ["get", "create", "patch"] },
];

/** In the operator's own namespace, where the webhook is its own authority. */
export const admissionSecretPermissions: readonly Permission[] = [
  { types: [secret], verbs: ["create"] },
  { types: [secret], verbs: ["list", "watch", "patch"], names: ["{{ .Values.webhook.certificateSecret }}"] },
];

/** In the whole cluster, where the webhook is its own authority: it tells the API server by whom it is certified. */
export const admissionConfigurationPermissions: readonly Permission[] = [
  {
    types: [validatingWebhookConfiguration, mutatingWebhookConfiguration],
    verbs: ["list", "watch", "patch"],
    names: ['{{ include "flink-operator.webhookConfigurationName" . }}'],
  },
];

/** Of the Job that brings CustomResourceDefinitions up to date (src/cmd/crds.ts), in the whole cluster. */
export const crdPermissions: readonly Permission[] = [
  { types: [customResourceDefinition], verbs: ["get", "create", "patch"] },
];

/** Of jobs, in their namespace: in native mode the JobManager makes its TaskManagers itself, by Flink's own client. */
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

/** A rule for each right and API group. */
export const rulesOf = (rights: readonly Permission[]): PolicyRule[] =>
  rights.flatMap(({ types, subresource, verbs, names }) =>
    [...new Set(types.map(({ group }) => group))].map((group) => ({
      apiGroups: [group],
      resources: types
        .filter((type) => type.group === group)
        .map(({ plural }) => (subresource === undefined ? plural : `${plural}/${subresource}`)),
      ...(names && { resourceNames: names }),
      verbs,
    })),
  );
