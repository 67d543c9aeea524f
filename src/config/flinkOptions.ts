import type { FlinkConfig } from "./flinkConfig.ts";
import { boolean, declare, double, duration, integer, list, map, mapList, oneOf, string } from "./option.ts";

/**
 * The options of Flink that the operator reads or sets, with the defaults and the older keys of Flink 1.20: as the
 * reference does, one reading serves all versions (NATIVE 0). Memory options stand with the process model (src/core/build/memory/memory.ts).
 */
const option = declare("flink");

export const serviceExposedTypes = ["ClusterIP", "NodePort", "LoadBalancer", "Headless_ClusterIP"] as const;
export type ServiceExposedType = (typeof serviceExposedTypes)[number];

export const flinkOptions = {
  // The cluster
  clusterId: option("kubernetes.cluster-id", string, "Name of the cluster and of what belongs to it."),
  namespace: option("kubernetes.namespace", string, "Namespace of the cluster.", { default: "default" }),
  flinkVersion: option("$internal.flink.version", string, "The resource's flinkVersion."),
  executionTarget: option("execution.target", string, "Where and how jobs run."),
  configDirectory: option(
    "$internal.deployment.config-dir",
    string,
    "Set where the resource brings logging configuration.",
  ),

  // High availability
  highAvailability: option("high-availability.type", string, "What makes the JobManager survive its pod.", {
    default: "NONE",
    deprecatedKeys: ["recovery.mode", "high-availability"],
  }),
  zooKeeperRoot: option(
    "high-availability.zookeeper.path.root",
    string,
    "Path in ZooKeeper under which each cluster has its own.",
    { default: "/flink", deprecatedKeys: ["recovery.zookeeper.path.root"] },
  ),
  highAvailabilityStorageDirectory: option(
    "high-availability.storageDir",
    string,
    "Where the JobManager keeps what it must not lose.",
    { deprecatedKeys: ["high-availability.zookeeper.storageDir", "recovery.zookeeper.storageDir"] },
  ),
  highAvailabilityJobManagerPort: option(
    "high-availability.jobmanager.port",
    string,
    "RPC port of a JobManager with high availability.",
    { default: "0", deprecatedKeys: ["recovery.jobmanager.port"] },
  ),
  jobResultStoreDeleteOnCommit: option(
    "job-result-store.delete-on-commit",
    boolean,
    "Whether a job's result disappears once the job is cleaned up.",
    { default: "true" },
  ),

  // Ports
  restPort: option("rest.port", integer, "Port of the REST API.", {
    default: "8081",
    deprecatedKeys: ["web.port"],
  }),
  checkpointStatisticsCacheTimeout: option(
    "rest.cache.checkpoint-statistics.timeout",
    duration,
    "How long the REST API answers checkpoint statistics from its cache.",
    { default: "3 s", fallbackKeys: ["web.refresh-interval"] },
  ),
  restBindPort: option("rest.bind-port", string, "Port that the REST server listens on.", {
    default: "8081",
    deprecatedKeys: ["web.port", "jobmanager.web.port"],
    fallbackKeys: ["rest.port"],
  }),
  jobManagerRpcPort: option("jobmanager.rpc.port", integer, "Port of the JobManager's RPC.", {
    default: "6123",
  }),
  taskManagerRpcPort: option("taskmanager.rpc.port", string, "Port of a TaskManager's RPC.", {
    default: "0",
  }),
  blobServerPort: option("blob.server.port", string, "Port of the JobManager's file server.", {
    default: "0",
  }),

  // Services
  restServiceExposedType: option(
    "kubernetes.rest-service.exposed.type",
    oneOf(...serviceExposedTypes),
    "Type of the Service of the REST API.",
    { default: "ClusterIP" },
  ),
  restServiceAnnotations: option(
    "kubernetes.rest-service.annotations",
    map,
    "Annotations of the rest Service.",
  ),
  restServiceLabels: option("kubernetes.rest-service.labels", map, "Labels of the rest Service."),
  internalServiceAnnotations: option(
    "kubernetes.internal-service.annotations",
    map,
    "Annotations of the Service that TaskManagers find the JobManager by.",
  ),
  internalServiceLabels: option(
    "kubernetes.internal-service.labels",
    map,
    "Labels of the Service that TaskManagers find the JobManager by.",
  ),

  // Container and pod
  image: option("kubernetes.container.image.ref", string, "Image of all Flink containers.", {
    deprecatedKeys: ["kubernetes.container.image"],
  }),
  imagePullPolicy: option(
    "kubernetes.container.image.pull-policy",
    oneOf("IfNotPresent", "Always", "Never"),
    "When the image is pulled.",
    { default: "IfNotPresent" },
  ),
  imagePullSecrets: option(
    "kubernetes.container.image.pull-secrets",
    list,
    "Names of the Secrets to pull the image with.",
    { default: "" },
  ),
  entryPath: option("kubernetes.entry.path", string, "The container's command.", {
    default: "/docker-entrypoint.sh",
  }),
  confDirectory: option("kubernetes.flink.conf.dir", string, "Where the configuration is mounted.", {
    default: "/opt/flink/conf",
  }),
  logDirectory: option("kubernetes.flink.log.dir", string, "Where Flink writes its logs."),
  userArtifactsDirectory: option(
    "user.artifacts.base-dir",
    string,
    "Where a job's jar is downloaded to in the pod.",
    { default: "/opt/flink/artifacts" },
  ),
  rawHttp: option(
    "user.artifacts.raw-http-enabled",
    boolean,
    "Whether a job's jar may be downloaded over plain http. Since Flink 1.19.",
    { default: "false" },
  ),
  hostNetwork: option("kubernetes.hostnetwork.enabled", boolean, "Whether pods use the host's network.", {
    default: "false",
  }),
  secrets: option("kubernetes.secrets", map, "Secrets to mount: name to path."),
  environmentFromSecrets: option(
    "kubernetes.env.secretKeyRef",
    mapList,
    "Environment variables from Secrets: env, secret and key of each.",
    { default: "" },
  ),
  persistentVolumeClaims: option(
    "kubernetes.persistent-volume-claims",
    map,
    "Volume claims to mount: name to path. Since Flink 2.3.",
  ),
  persistentVolumeClaimsReadOnly: option(
    "kubernetes.persistent-volume-claim-read-only",
    boolean,
    "Whether they are mounted read-only. Since Flink 2.3.",
    { default: "false" },
  ),
  hadoopConfigMap: option(
    "kubernetes.hadoop.conf.config-map.name",
    string,
    "A ConfigMap with Hadoop's configuration.",
  ),
  hadoopMount: option(
    "kubernetes.decorator.hadoop-conf-mount.enabled",
    boolean,
    "Whether Hadoop's configuration is mounted.",
    { default: "true" },
  ),

  webCancel: option("web.cancel.enable", boolean, "Whether the UI can cancel jobs.", { default: "true" }),

  // JobManager
  jobManagerReplicas: option("kubernetes.jobmanager.replicas", integer, "Number of JobManagers.", {
    default: "1",
  }),
  jobManagerCpu: option("kubernetes.jobmanager.cpu.amount", double, "CPU cores of the JobManager.", {
    default: "1.0",
    deprecatedKeys: ["kubernetes.jobmanager.cpu"],
  }),
  jobManagerCpuLimitFactor: option(
    "kubernetes.jobmanager.cpu.limit-factor",
    double,
    "CPU limit in multiples of the request.",
    { default: "1.0" },
  ),
  jobManagerMemoryLimitFactor: option(
    "kubernetes.jobmanager.memory.limit-factor",
    double,
    "Memory limit in multiples of the request.",
    { default: "1.0" },
  ),
  jobManagerServiceAccount: option(
    "kubernetes.jobmanager.service-account",
    string,
    "Service account of the JobManager.",
    { default: "default", fallbackKeys: ["kubernetes.service-account"] },
  ),
  jobManagerEntrypointArgs: option(
    "kubernetes.jobmanager.entrypoint.args",
    string,
    "More arguments for the JobManager's start script.",
    { default: "" },
  ),
  jobManagerLabels: option("kubernetes.jobmanager.labels", map, "Labels of the JobManager."),
  jobManagerAnnotations: option(
    "kubernetes.jobmanager.annotations",
    map,
    "Annotations of the JobManager's Deployment and pods.",
  ),
  jobManagerNodeSelector: option(
    "kubernetes.jobmanager.node-selector",
    map,
    "Node labels that the JobManager asks for.",
  ),
  jobManagerTolerations: option(
    "kubernetes.jobmanager.tolerations",
    mapList,
    "Tolerations of the JobManager.",
    { default: "" },
  ),

  // TaskManagers
  taskManagerCpu: option(
    "kubernetes.taskmanager.cpu.amount",
    double,
    "CPU cores of a TaskManager; not above 0: as many as it has slots.",
    { deprecatedKeys: ["kubernetes.taskmanager.cpu"] },
  ),
  taskManagerCpuLimitFactor: option(
    "kubernetes.taskmanager.cpu.limit-factor",
    double,
    "CPU limit in multiples of the request.",
    { default: "1.0" },
  ),
  taskManagerMemoryLimitFactor: option(
    "kubernetes.taskmanager.memory.limit-factor",
    double,
    "Memory limit in multiples of the request.",
    { default: "1.0" },
  ),
  taskManagerServiceAccount: option(
    "kubernetes.taskmanager.service-account",
    string,
    "Service account of the TaskManagers.",
    { default: "default", fallbackKeys: ["kubernetes.service-account"] },
  ),
  taskManagerLabels: option("kubernetes.taskmanager.labels", map, "Labels of the TaskManagers."),
  taskManagerAnnotations: option(
    "kubernetes.taskmanager.annotations",
    map,
    "Annotations of the TaskManagers' pods.",
  ),
  taskManagerNodeSelector: option(
    "kubernetes.taskmanager.node-selector",
    map,
    "Node labels that the TaskManagers ask for.",
  ),
  taskManagerTolerations: option(
    "kubernetes.taskmanager.tolerations",
    mapList,
    "Tolerations of the TaskManagers.",
    { default: "" },
  ),
  taskManagerReplicas: option(
    "kubernetes.internal.taskmanager.replicas",
    integer,
    "Number of TaskManagers that the resource asks for.",
  ),
  taskSlots: option("taskmanager.numberOfTaskSlots", integer, "Slots of one TaskManager.", { default: "1" }),

  // Job
  parallelismOverrides: option(
    "pipeline.jobvertex-parallelism-overrides",
    map,
    "Parallelism by job vertex, over the job's own.",
  ),
  programArgs: option("$internal.application.program-args", list, "Arguments of the job's main method."),
  mainClass: option("$internal.application.main", string, "The class with the job's main method."),
  pipelineJars: option("pipeline.jars", list, "The job's jar."),
  pipelineClasspaths: option("pipeline.classpaths", list, "The job's jar in standalone mode."),
  pipelineName: option("pipeline.name", string, "The job's name."),
  defaultParallelism: option("parallelism.default", integer, "The job's parallelism.", { default: "1" }),
  schedulerMode: option(
    "scheduler-mode",
    oneOf("REACTIVE"),
    "REACTIVE: the job runs on all TaskManagers that there are.",
  ),
  scheduler: option(
    "jobmanager.scheduler",
    string,
    "The scheduler of jobs: `adaptive` can change their parallelism.",
  ),
  rescaleCooldown: option(
    "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling",
    duration,
    "How long the parallelism of a job stays after each change. Since Flink 2.0; before, `scaling-interval.min`.",
    { deprecatedKeys: ["jobmanager.adaptive-scheduler.scaling-interval.min"] },
  ),
  rescaleTriggerDelay: option(
    "jobmanager.adaptive-scheduler.rescale-trigger.max-delay",
    duration,
    "How long a change of the parallelism waits for a checkpoint of Flink's own. Since Flink 2.0.",
  ),
  savepointPath: option("execution.savepoint.path", string, "The snapshot that the job is started from."),
  clusterMode: option(
    "kubernetes.internal.cluster-mode",
    oneOf("APPLICATION", "SESSION"),
    "In standalone mode.",
  ),
  shutdownOnFinish: option(
    "execution.shutdown-on-application-finish",
    boolean,
    "Whether the cluster ends with its job.",
    { default: "true" },
  ),
  submitFailedJob: option(
    "execution.submit-failed-job-on-application-error",
    boolean,
    "Whether a main method that throws becomes a failed job.",
    { default: "false" },
  ),
  checkpointRetention: option(
    "execution.checkpointing.externalized-checkpoint-retention",
    string,
    "What becomes of checkpoints when the job ends.",
    { default: "NO_EXTERNALIZED_CHECKPOINTS" },
  ),
  ignoreUnclaimedState: option(
    "execution.savepoint.ignore-unclaimed-state",
    boolean,
    "Whether a job starts although a snapshot has state that it has no use for.",
    { default: "false" },
  ),
  checkpointInterval: option("execution.checkpointing.interval", duration, "Time between checkpoints."),
  checkpointTimeout: option(
    "execution.checkpointing.timeout",
    duration,
    "How long a checkpoint may take before it counts as failed.",
    { default: "10 min" },
  ),
  tolerableFailedCheckpoints: option(
    "execution.checkpointing.tolerable-failed-checkpoints",
    integer,
    "How many checkpoints in a row may fail before the job does.",
    { default: "0" },
  ),
  retainedCheckpoints: option(
    "execution.checkpointing.num-retained",
    integer,
    "Number of completed checkpoints that a job keeps.",
    { default: "1", deprecatedKeys: ["state.checkpoints.num-retained"] },
  ),
  checkpointsDirectory: option(
    "execution.checkpointing.dir",
    string,
    "Where checkpoints are kept, under each job's id.",
    { deprecatedKeys: ["state.checkpoints.dir", "state.backend.fs.checkpointdir"] },
  ),
  savepointsDirectory: option(
    "execution.checkpointing.savepoint-dir",
    string,
    "Where savepoints are written unless a trigger says otherwise.",
    { deprecatedKeys: ["state.savepoints.dir", "savepoints.state.backend.fs.dir"] },
  ),

  // TLS of the REST API
  restTls: option("security.ssl.rest.enabled", boolean, "Whether the REST API speaks TLS.", {
    default: "false",
    fallbackKeys: ["security.ssl.enabled"],
  }),
  restClientAuthentication: option(
    "security.ssl.rest.authentication-enabled",
    boolean,
    "Whether the REST API asks its clients for a certificate.",
    { default: "false" },
  ),
  restTruststore: option("security.ssl.rest.truststore", string, "What clients of the REST API trust.", {
    fallbackKeys: ["security.ssl.truststore"],
  }),
  restTruststorePassword: option("security.ssl.rest.truststore-password", string, "Its password.", {
    fallbackKeys: ["security.ssl.truststore-password"],
  }),
  restKeystore: option(
    "security.ssl.rest.keystore",
    string,
    "The certificate of the REST API and its clients.",
    {
      fallbackKeys: ["security.ssl.keystore"],
    },
  ),
  restKeystorePassword: option("security.ssl.rest.keystore-password", string, "Its password.", {
    fallbackKeys: ["security.ssl.keystore-password"],
  }),
} as const;

/** Flink can change the parallelism of its jobs. In reactive mode their TaskManagers decide on it. */
export const isAdaptive = (config: FlinkConfig): boolean =>
  config.get(flinkOptions.scheduler)?.trim().toUpperCase() === "ADAPTIVE" &&
  config.get(flinkOptions.schedulerMode) === undefined;

/** Any value other than NONE: a value that Flink does not know is the class name of a factory. */
export const isHighAvailabilityEnabled = (config: FlinkConfig): boolean =>
  config.get(flinkOptions.highAvailability).trim().toUpperCase() !== "NONE";

/**
 * The number of TaskManagers of a standalone cluster: as configured. By default, as many as the parallelism of an
 * application needs, and one for a session cluster, as in the reference.
 */
export function taskManagersAsked(config: FlinkConfig): number {
  const asked = config.get(flinkOptions.taskManagerReplicas);
  if (asked !== undefined) return asked;
  if (config.get(flinkOptions.clusterMode) === "SESSION") return 1;
  return Math.ceil(config.get(flinkOptions.defaultParallelism) / config.get(flinkOptions.taskSlots));
}

/** Where the HA metadata is, in words, if the operator cannot read it. Undefined: it is readable, or there is none. */
export function unreadableHighAvailability(config: FlinkConfig): string | undefined {
  const type = config.get(flinkOptions.highAvailability).trim();
  if (!isHighAvailabilityEnabled(config) || type.toUpperCase() === "KUBERNETES") return undefined;
  if (type === "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory") return undefined;
  if (type.toUpperCase() !== "ZOOKEEPER") return `the care of ${type}`;
  return `ZooKeeper under ${config.get(flinkOptions.zooKeeperRoot)}/${config.get(flinkOptions.clusterId) ?? ""}`;
}

/** The port of the `<name>-rest` Service. */
export const restPort = (config: FlinkConfig): number => config.get(flinkOptions.restPort);
