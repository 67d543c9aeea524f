/** FlinkDeployment: one Flink cluster, with its job (application) or for FlinkSessionJobs (session). */
import {
  type FieldDeclaration,
  field,
  fieldsOf,
  int32,
  int64,
  type KindDeclaration,
  list,
  map,
  object,
  oneOf,
  type Static,
  string,
} from "../declaration.ts";
import { type KubeObject, resourceTypes } from "../kubernetes.ts";
import {
  applied,
  flinkConfiguration,
  flinkConfigurationChange,
  flinkVersions,
  ingressSpec,
  jobSpec,
  nonce,
  oldestSupportedFlinkVersion,
  podTemplate,
  resource,
  resourceRequirements,
  testedFlinkVersionsInWords,
  upgrades,
} from "./common.ts";
import {
  commonStatusFields,
  condition,
  ownStatusFields,
  reconciliationStatus,
  sessionReplacement,
  sqlCheckField,
} from "./commonStatus.ts";
import * as rules from "./flinkdeploymentRules.ts";

export * from "./common.ts";
export * from "./commonStatus.ts";

export const deploymentModes = ["native", "standalone"] as const;
export type DeploymentMode = (typeof deploymentModes)[number];

const processFields = {
  resource: field(
    resource,
    "CPU and memory in short form. `resources` goes before it as soon as it names a request or a limit.",
    { deprecated: true },
  ),
  resources: field(
    resourceRequirements,
    "CPU and memory as in a Kubernetes container. Where neither this nor `resource` gives the memory, " +
      "`flinkConfiguration` must.",
  ),
};

const componentPodTemplate = (component: string) =>
  field(podTemplate, `Pod template for the ${component} alone, laid over the common \`podTemplate\`.`);

export const jobManagerSpec = object("JobManagerSpec", {
  ...processFields,
  replicas: field(int32, "Number of JobManagers. More than one needs Flink's high availability.", {
    default: 1,
    minimum: 1,
  }),
  podTemplate: componentPodTemplate("JobManager"),
});
export interface JobManagerSpec extends Static<typeof jobManagerSpec> {}

export const taskManagerSpec = object("TaskManagerSpec", {
  resource: { ...processFields.resource, change: upgrades },
  resources: { ...processFields.resources, change: upgrades },
  replicas: field(
    int32,
    "Number of TaskManagers. Absent: as many as the job's parallelism needs (application) or as jobs ask for " +
      "(native session).",
    { minimum: 1, change: { native: "upgrade", standalone: "scale" } },
  ),
  podTemplate: { ...componentPodTemplate("TaskManagers"), change: upgrades },
});
export interface TaskManagerSpec extends Static<typeof taskManagerSpec> {}

export const flinkDeploymentSpec = object("FlinkDeploymentSpec", {
  job: field(
    jobSpec,
    "The job of an application cluster. Absent: a session cluster. Neither can become the other.",
    {
      change: upgrades,
    },
  ),
  restartNonce: field(int64, "Any new value restarts the cluster, the job the way `job.upgradeMode` says.", {
    change: nonce("upgrade"),
  }),
  flinkConfiguration: field(
    flinkConfiguration,
    "Flink's configuration, over the operator's defaults, nested or with dotted keys. Keys that begin with " +
      "`kubernetes.operator.` or `job.autoscaler.` set options of the operator for this resource.",
    { default: {}, change: flinkConfigurationChange },
  ),
  image: field(string, "Image of the JobManager and the TaskManagers.", { change: upgrades }),
  imagePullPolicy: field(string, "`Always`, `IfNotPresent` or `Never`, as in a Kubernetes container.", {
    change: upgrades,
  }),
  serviceAccount: field(
    string,
    "Service account of the pods. Required. In native mode it must be allowed to manage pods and ConfigMaps.",
    { change: upgrades },
  ),
  flinkVersion: field(
    oneOf(flinkVersions),
    `Version of Flink in the image. Required, \`${oldestSupportedFlinkVersion}\` or newer; tested: ` +
      `${testedFlinkVersionsInWords}. A different patch version needs no change here.`,
    { change: upgrades, rules: rules.flinkVersion },
  ),
  ingress: field(ingressSpec, "Ingress to Flink's REST API and UI. Absent: none.", {
    change: applied,
    rules: rules.ingress,
  }),
  podTemplate: field(
    podTemplate,
    "Pod template for JobManager and TaskManagers: any field of a pod. The container `flink-main-container` is " +
      "the one that runs Flink.",
    { change: upgrades },
  ),
  jobManager: field(jobManagerSpec, "The JobManager.", { change: upgrades }),
  taskManager: field(taskManagerSpec, "The TaskManagers.", { change: upgrades }),
  logConfiguration: field(
    map(string),
    "Whole logging configuration files by name: `log4j-console.properties` or `logback-console.xml`.",
    { change: upgrades, rules: rules.logConfiguration },
  ),
  mode: field(
    oneOf(deploymentModes),
    "`native`: Flink asks Kubernetes for TaskManagers itself. `standalone`: the operator makes them, and Flink has no " +
      "access to Kubernetes. Cannot be changed. Absent: `native`.",
    { change: upgrades },
  ),
});
export interface FlinkDeploymentSpec extends Static<typeof flinkDeploymentSpec> {}

export const jobManagerDeploymentStatuses = [
  "READY",
  "DEPLOYED_NOT_READY",
  "DEPLOYING",
  "MISSING",
  "ERROR",
] as const;
export type JobManagerDeploymentStatus = (typeof jobManagerDeploymentStatuses)[number];

const taskManagerInfo = object("TaskManagerInfo", {
  labelSelector: field(string, "Selects the TaskManager pods. Read by the scale subresource."),
  replicas: field(int32, "Number of TaskManagers. Read by the scale subresource.", { default: 0 }),
});
export interface TaskManagerStatus extends Static<typeof taskManagerInfo> {}

/** An upgrade whose new cluster stands before the old job is stopped, from its intent to its end (docs/adr/0034). */
const warmUpgrade = object("WarmUpgrade", {
  clusterId: field(string, "The Flink cluster id of the new cluster."),
  generation: field(int64, "The `metadata.generation` that it is for."),
  specHash: field(
    string,
    "A hash of the spec that it is for, with the parallelism that the autoscaler decided on.",
  ),
  jobId: field(string, "The id of the new job."),
  startTime: field(int64, "When it was begun, in milliseconds since the epoch."),
  savepoint: field(
    string,
    "The savepoint that the new job is started from; absent: the old job has not been stopped.",
  ),
  failure: field(string, "Why it was given up: the job is upgraded cold. Absent: it was not."),
});
export interface WarmUpgradeStatus extends Static<typeof warmUpgrade> {}

export const flinkDeploymentStatus = object("FlinkDeploymentStatus", {
  ...commonStatusFields,
  clusterInfo: field(map(string), "What the cluster says of itself: Flink's version and revision, totals.", {
    default: {},
  }),
  jobManagerDeploymentStatus: field(
    oneOf(jobManagerDeploymentStatuses),
    "State of the JobManager's Deployment.",
    { default: "MISSING" },
  ),
  reconciliationStatus: field(reconciliationStatus, "How far the operator is with the spec.", {
    default: {},
  }),
  taskManager: field(taskManagerInfo, "The TaskManagers, for the scale subresource."),
  conditions: field(list(condition), "Conditions in Kubernetes' own form.", { default: [] }),
  ...ownStatusFields,
  replacement: field(
    sessionReplacement,
    "Of a session cluster: it is about to be replaced by a new spec, and its FlinkSessionJobs save their state first. " +
      "Not known to the Java operator, which drops it and replaces the cluster.",
  ),
  unknownFields: field(
    list(string),
    "Fields of pod templates that the API server did not know and left out when the cluster was created. Absent: none. " +
      "Not known to the Java operator, which drops it.",
  ),
  sqlCheck: sqlCheckField,
  clusterId: field(
    string,
    "The Flink cluster id of the cluster that runs the job, which the names of its objects begin with. Absent: the name of the " +
      "resource. Not known to the Java operator, which drops it.",
  ),
  warmUpgrade: field(
    warmUpgrade,
    "The upgrade whose new cluster stands, or is to stand, beside the old one. Absent: there is none. Not known to the Java " +
      "operator, which drops it.",
  ),
  launches: field(
    list(string),
    "The launches whose job result stores may still be there, the present one last: the next launch removes those of " +
      "the others. Absent where it could not. Not known to the Java operator, which drops it.",
  ),
});
export interface FlinkDeploymentStatus extends Static<typeof flinkDeploymentStatus> {}

export interface FlinkDeployment extends KubeObject {
  spec: FlinkDeploymentSpec;
  status?: FlinkDeploymentStatus | undefined;
}

/** No field of a FlinkDeployment is required by its CRD, not even the spec. */
export const asFlinkDeployment = (object: KubeObject): FlinkDeployment => ({
  ...object,
  spec: (object.spec ?? {}) as FlinkDeploymentSpec,
});

export const flinkDeployment: KindDeclaration = {
  ...resourceTypes.flinkDeployment,
  shortNames: ["flinkdep"],
  doc: "A Flink cluster: with `spec.job` an application cluster that runs this one job, without it a session cluster.",
  spec: { name: "spec", type: flinkDeploymentSpec, doc: "What shall run.", rules: rules.spec },
  status: { name: "status", type: flinkDeploymentStatus, doc: "What runs, and how far the operator is." },
  columns: [
    { name: "Job Status", type: "string", jsonPath: ".status.jobStatus.state" },
    { name: "Lifecycle State", type: "string", jsonPath: ".status.lifecycleState" },
    { name: "JobManager", type: "string", jsonPath: ".status.jobManagerDeploymentStatus", priority: 1 },
    { name: "Flink Version", type: "string", jsonPath: ".spec.flinkVersion", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  scale: {
    specReplicasPath: ".spec.taskManager.replicas",
    statusReplicasPath: ".status.taskManager.replicas",
    labelSelectorPath: ".status.taskManager.labelSelector",
  },
  rules: rules.flinkDeployment,
};

/** For the spec diff and the stored spec: every field in order, with type, default and change class. */
export const flinkDeploymentSpecFields: readonly FieldDeclaration[] = fieldsOf(flinkDeploymentSpec);
export const flinkDeploymentStatusFields: readonly FieldDeclaration[] = fieldsOf(flinkDeploymentStatus);
