/** The names by which the operator, Flink and users find things. All but the marked ones are the Java operator's. */

export const API_VERSION = "flink.apache.org/v1beta1";

export const FINALIZER = "flinkdeployments.flink.apache.org/finalizer";

export const SESSION_JOB_FINALIZER = "flinksessionjobs.flink.apache.org/finalizer";
/** On FlinkStateSnapshots. */
export const SNAPSHOT_FINALIZER = "flinkstatesnapshots.flink.apache.org/finalizer";

/** Labels of FlinkStateSnapshots, by which the operator and users select them (REFERENCE 1.11). */
export const snapshotLabels = {
  type: "snapshot.type",
  triggerType: "snapshot.trigger-type",
  state: "snapshot.state",
  jobKind: "job-reference.kind",
  jobName: "job-reference.name",
} as const;

/**
 * On a FlinkStateSnapshot: the FlinkDeployment of its namespace whose JobManager deletes the savepoint's data where the
 * job's own cannot. It must reach the same storage. Our own.
 */
export const DISPOSAL_CLUSTER_ANNOTATION = "flink.apache.org/disposal-cluster";

/** On a FlinkSessionJob: the session cluster that it names. */
export const SESSION_LABEL = "target.session";

/** On the JobManager's Deployment: metadata.generation of the FlinkDeployment that it was made from. */
export const GENERATION_ANNOTATION = "flinkdeployment.flink.apache.org/generation";

/** On the JobManager's Deployment: which launch made it (src/core/ids.ts). Our own. */
export const LAUNCH_ID_ANNOTATION = "flinkdeployment.flink.apache.org/launch-id";

/** On an Ingress or HTTPRoute: what it was made of (src/core/build/ingress.ts). Our own. */
export const ROUTE_HASH_ANNOTATION = "flinkdeployment.flink.apache.org/ingress-hash";

/** On a FlinkDeployment that is "true": never deployed, only there to prove that the operator reconciles. */
export const CANARY_LABEL = "flink.apache.org/canary";

/**
 * On a FlinkDeployment that is "true": its deletion goes on without a savepoint, and past what does not go. On a
 * FlinkStateSnapshot: it goes and its data stays. Our own.
 */
export const FORCE_DELETE_ANNOTATION = "flink.apache.org/force-delete";

/** Labels of the Events that the operator records, so that tools can select them. Our own. */
export const eventLabels = {
  kind: "flink.apache.org/resource-kind",
  name: "flink.apache.org/resource-name",
  component: "flink.apache.org/component",
  reason: "flink.apache.org/reason",
} as const;

/** Labels of everything that makes up a Flink cluster. */
export const APP_LABEL = "app";
export const COMPONENT_LABEL = "component";
export const TYPE_LABEL = "type";

export const components = {
  jobManager: "jobmanager",
  taskManager: "taskmanager",
  ingress: "ingress",
} as const;

/** Flink itself labels its HA ConfigMaps with `native`, in standalone mode too. */
export const clusterTypes = {
  native: "flink-native-kubernetes",
  standalone: "flink-standalone-kubernetes",
} as const;

/** On the HA ConfigMaps of Flink 1.x; Flink 2 dropped it. */
export const CONFIG_MAP_TYPE_LABEL = "configmap-type";
export const HIGH_AVAILABILITY_CONFIG_MAP = "high-availability";

/** The container of a pod template that runs Flink. */
export const MAIN_CONTAINER = "flink-main-container";

/** Names derived from the cluster id, which is the name of the FlinkDeployment. */
export const jobManagerName = (clusterId: string): string => clusterId;
export const taskManagerName = (clusterId: string): string => `${clusterId}-taskmanager`;
export const internalServiceName = (clusterId: string): string => clusterId;
export const restServiceName = (clusterId: string): string => `${clusterId}-rest`;
export const flinkConfigMapName = (clusterId: string): string => `flink-config-${clusterId}`;
export const podTemplateConfigMapName = (clusterId: string): string => `pod-template-${clusterId}`;
