/** Names of labels, annotations, finalizers and objects. All except those marked as our own are the Java operator's. */

export const API_VERSION = "flink.apache.org/v1beta1";

export const FINALIZER = "flinkdeployments.flink.apache.org/finalizer";

export const SESSION_JOB_FINALIZER = "flinksessionjobs.flink.apache.org/finalizer";
/** On FlinkStateSnapshots. */
export const SNAPSHOT_FINALIZER = "flinkstatesnapshots.flink.apache.org/finalizer";

/** On FlinkBlueGreenDeployments whose deletion keeps the state. Our own: the Java operator has none. */
export const BLUE_GREEN_FINALIZER = "flinkbluegreendeployments.flink.apache.org/finalizer";

/** On the FlinkDeployments of a FlinkBlueGreenDeployment: BLUE or GREEN. */
export const BLUE_GREEN_LABEL = "flink/blue-green-deployment-type";

/** Labels of FlinkStateSnapshots, by which the operator and users select them (REFERENCE 1.11). */
export const snapshotLabels = {
  type: "snapshot.type",
  triggerType: "snapshot.trigger-type",
  state: "snapshot.state",
  jobKind: "job-reference.kind",
  jobName: "job-reference.name",
} as const;

/**
 * On a FlinkStateSnapshot: a FlinkDeployment of its namespace whose JobManager deletes the savepoint's data if the job's own
 * JobManager cannot. It must have access to the same storage. Our own.
 */
export const DISPOSAL_CLUSTER_ANNOTATION = "flink.apache.org/disposal-cluster";

/** On a FlinkSessionJob: the session cluster that it refers to. */
export const SESSION_LABEL = "target.session";

/** "true" on a ConfigMap: the operator may read it for the SQL scripts of FlinkSessionJobs. Our own. */
export const SQL_SCRIPT_LABEL = "flink.apache.org/sql-script";

/** On the JobManager's Deployment: metadata.generation of the FlinkDeployment from which it was built. */
export const GENERATION_ANNOTATION = "flinkdeployment.flink.apache.org/generation";

/** On the JobManager's Deployment: the id of the launch that created it (src/core/ids.ts). Our own. */
export const LAUNCH_ID_ANNOTATION = "flinkdeployment.flink.apache.org/launch-id";

/** On an Ingress or HTTPRoute: a hash of its inputs (src/core/build/ingress.ts). Our own. */
export const ROUTE_HASH_ANNOTATION = "flinkdeployment.flink.apache.org/ingress-hash";

/** "true" on a FlinkDeployment: a canary, which is never deployed and only proves that the operator reconciles. */
export const CANARY_LABEL = "flink.apache.org/canary";

/**
 * "true" on a FlinkDeployment: its deletion continues without a savepoint, and despite objects that cannot be deleted. On a
 * FlinkStateSnapshot: it is deleted without its data. Our own.
 */
export const FORCE_DELETE_ANNOTATION = "flink.apache.org/force-delete";

/**
 * On a resource whose edit waits for approval (kubernetes.operator.upgrade.approval): the metadata.generation that is approved.
 * Our own.
 */
export const APPROVED_GENERATION_ANNOTATION = "flink.apache.org/approved-generation";

/**
 * On a FlinkBlueGreenDeployment: the `metadata.generation` whose new side a person lets take the place of the old one, or gives up. Of
 * another generation they mean nothing. Our own.
 */
export const PROMOTE_ANNOTATION = "flink.apache.org/promote";
export const REJECT_ANNOTATION = "flink.apache.org/reject";

/** Labels of the Events that the operator records, so that tools can select them. Our own. */
export const eventLabels = {
  kind: "flink.apache.org/resource-kind",
  name: "flink.apache.org/resource-name",
  component: "flink.apache.org/component",
  reason: "flink.apache.org/reason",
} as const;

/** Labels of all objects of a Flink cluster. */
export const APP_LABEL = "app";
export const COMPONENT_LABEL = "component";
export const TYPE_LABEL = "type";

export const components = {
  jobManager: "jobmanager",
  taskManager: "taskmanager",
  ingress: "ingress",
  program: "program",
  sqlCheck: "sql-check",
  /** The Deployment of a JobManager that waits for the job of another one to be stopped (docs/adr/0034). */
  standby: "jobmanager-standby",
} as const;

/** Flink itself labels its HA ConfigMaps with `native`, in standalone mode too. */
export const clusterTypes = {
  native: "flink-native-kubernetes",
  standalone: "flink-standalone-kubernetes",
} as const;

/** On the HA ConfigMaps of Flink 1.x. Flink 2 does not have it. */
export const CONFIG_MAP_TYPE_LABEL = "configmap-type";
export const HIGH_AVAILABILITY_CONFIG_MAP = "high-availability";

/** The container of a pod template that runs Flink. */
export const MAIN_CONTAINER = "flink-main-container";

/** The name of a FlinkDeployment of a FlinkBlueGreenDeployment. */
export const blueGreenChildName = (name: string, color: "BLUE" | "GREEN"): string =>
  `${name}-${color.toLowerCase()}`;

/** The cluster id of every other cluster of a FlinkDeployment that is upgraded warm (docs/adr/0034). */
export const warmClusterId = (name: string): string => `${name}-warm`;

/** The FlinkDeployment whose other cluster could have this id. Undefined: none. */
export const warmBaseOf = (clusterId: string): string | undefined => /^(.+)-warm$/.exec(clusterId)?.[1];

/** The name of the FlinkDeployment that has a cluster of this id. `exists`: whether there is one of a name. */
export function ownerOfCluster(clusterId: string, exists: (name: string) => boolean): string {
  const name = warmBaseOf(clusterId) ?? clusterId;
  return !exists(clusterId) && exists(name) ? name : clusterId;
}

/** Names derived from the cluster id, which is the name of the FlinkDeployment. */
export const jobManagerName = (clusterId: string): string => clusterId;
export const taskManagerName = (clusterId: string): string => `${clusterId}-taskmanager`;
export const internalServiceName = (clusterId: string): string => clusterId;
export const restServiceName = (clusterId: string): string => `${clusterId}-rest`;
export const flinkConfigMapName = (clusterId: string): string => `flink-config-${clusterId}`;
/** The files of an SQL or Python job. Our own. */
export const programConfigMapName = (clusterId: string): string => `flink-program-${clusterId}`;
/** The jar of the gate, and the word that opens it (docs/adr/0034). Our own. */
export const gateConfigMapName = (clusterId: string): string => `flink-gate-${clusterId}`;
export const wordConfigMapName = (clusterId: string): string => `flink-gate-word-${clusterId}`;
/** The pod that checks an SQL script, and its ConfigMap. Our own. `id`: a few characters of one check. */
export const sqlCheckName = (clusterId: string, id: string): string => `sql-check-${clusterId}-${id}`;
export const podTemplateConfigMapName = (clusterId: string): string => `pod-template-${clusterId}`;
