import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import {
  type FlinkDeployment,
  isSupportedFlinkVersion,
  type PodTemplateSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import { LAUNCH_ID_ANNOTATION } from "../../api/v1beta1/names.ts";
import { BuildError } from "../../config/buildError.ts";
import { isOperatorKey } from "../../config/defaultConfig.ts";
import { withClusterId } from "../../config/deriveConfig.ts";
import { namespaceOf } from "../../config/effectiveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions, isHighAvailabilityEnabled } from "../../config/flinkOptions.ts";
import { jobProgram } from "../../config/jobProgram.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { deploymentOwner, resourceOwner } from "./clusterMetadata.ts";
import { clientConfig, standaloneConfig } from "./config/clientConfig.ts";
import { flinkConfigMap } from "./config/flinkConfigMap.ts";
import { type LaunchKeys, launchConfig } from "./config/launchConfig.ts";
import type { FlinkCluster, StandaloneCluster } from "./flinkCluster.ts";
import { gateConfigMap, gatedConfig, gatedProgram, wordConfigMap } from "./gate.ts";
import { internalService } from "./internalService.ts";
import { requireJar } from "./jar.ts";
import { withJarFetcher } from "./jarFetcher.ts";
import { jarRequest } from "./jarRequest.ts";
import { jobManagerDeployment } from "./jobManagerDeployment.ts";
import { jobManagerMemory, taskManagerMemory } from "./memory/memory.ts";
import type { Gate, NativeCluster } from "./nativeCluster.ts";
import { limitFactor } from "./pod/containerResources.ts";
import { jobManagerTemplate, taskManagerTemplate } from "./pod/podTemplate.ts";
import { podTemplateConfigMap } from "./pod/podTemplateConfigMap.ts";
import { taskManagerTrial } from "./pod/taskManagerTrial.ts";
import { programConfigMap } from "./program.ts";
import { restService } from "./restService.ts";
import { localResultStores } from "./resultStores.ts";
import { buildSqlCheck, type SqlCheckObjects, type SqlCheckRequest } from "./sqlCheck.ts";
import { taskManagerDeployment } from "./taskManagerDeployment.ts";

/** One object to create, with its resource type. */
export interface TypedObject {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** The objects of one cluster, in the order of their creation (docs/adr/0002). */
export interface ClusterObjects {
  /** Owned by the FlinkDeployment. Created before any pod needs them. */
  readonly beforeDeployment: readonly TypedObject[];
  readonly deployment: KubeObject;
  /** Standalone clusters only: the TaskManagers' Deployment, also the last of `afterDeployment`. */
  readonly taskManagers?: KubeObject | undefined;
  /** Never created: only for the dry run of a native cluster's TaskManagers (taskManagerTrial.ts). */
  readonly taskManagerTrial?: KubeObject | undefined;
  /** Only of SQL jobs: what checks the script while another job of the cluster runs. */
  readonly sqlCheck?: ((request: SqlCheckRequest) => SqlCheckObjects) | undefined;
  /** Only of a cluster with a gate: its ConfigMap, without the jar; and what opens it. */
  readonly gate?: {
    readonly slots: number;
    readonly jar: KubeObject;
    word(savepoint: string): KubeObject;
  };
  /** ConfigMaps of earlier launches that nothing of this one mounts: deleted once it is created. */
  readonly unusedConfigMaps?: readonly string[] | undefined;
  /** Owned by the Deployment, or by the FlinkDeployment while there is no uid yet. */
  afterDeployment(deploymentUid?: string): readonly TypedObject[];
}

export interface BuildInput extends LaunchKeys {
  /** Absent: the name of the resource. */
  readonly clusterId?: string | undefined;
  /** The cluster waits for the word of this launch before it starts its job. */
  readonly gate?: Pick<Gate, "slots"> | undefined;
  readonly resource: FlinkDeployment;
  /** The resource's deploy config (src/config/effectiveConfig.ts). */
  readonly config: FlinkConfig;
  /** Files by name, for a resource without logConfiguration. Without them Flink would log only errors. */
  readonly defaultLogFiles?: Readonly<Record<string, string>> | undefined;
  /** The jar that runs SQL scripts, in base64. Absent in a trial build. */
  readonly sqlRunner?: string | undefined;
}

/**
 * Builds the objects that Flink's own client, or in standalone mode the reference, would create (NATIVE). Throws
 * BuildError.
 */
export function buildFlinkDeployment(input: BuildInput): ClusterObjects {
  const { resource } = input;
  const { spec } = resource;
  const version = spec.flinkVersion;
  if (!isSupportedFlinkVersion(version)) {
    throw new BuildError("spec.flinkVersion", `spec.flinkVersion: ${version ?? "absent"} is not supported`);
  }
  const requested = jarRequest(spec, input.config);
  const withJars = (template: PodTemplateSpec | undefined) =>
    requested === undefined
      ? template
      : withJarFetcher(template, {
          clusterId: input.clusterId ?? resource.metadata.name,
          version,
          image: input.config.get(operatorOptions.jarFetcherImage),
        });
  const config = submittedConfig(input).filter((key) => !isOperatorKey(key));
  const submitted: SubmittedCluster = {
    resourceName: resource.metadata.name,
    gate: input.gate && { ...input.gate, ...gatedProgram(config), key: input.launchId },
    namespace: namespaceOf(resource),
    version,
    config: input.gate === undefined ? config : gatedConfig(config, input.gate),
    programArgs: spec.job && jobProgram(spec.job, spec.mode ?? "native").args,
    job: spec.job,
    sqlRunner: input.sqlRunner,
    jarRequest: requested,
    jobManagerTemplate: withJars(jobManagerTemplate(spec, input.config)),
    taskManagerTemplate: withJars(taskManagerTemplate(spec, input.config)),
    logFiles: spec.logConfiguration ?? input.defaultLogFiles ?? {},
    owner: ownerOf(resource),
    earlierResults: earlierResults(input),
    deploymentAnnotations: { [LAUNCH_ID_ANNOTATION]: input.launchId },
  };
  if (spec.mode === "standalone") return standaloneObjects(standaloneCluster(submitted));
  requireJar(spec.job);
  return nativeObjects(nativeCluster(submitted));
}

const earlierResults = ({ config, launchId, earlierLaunches = [] }: BuildInput): readonly string[] =>
  config.get(operatorOptions.resultStoreCleanup)
    ? localResultStores(
        config,
        earlierLaunches.filter((earlier) => earlier !== launchId),
      )
    : [];

/** A cluster as submitted, without the parts derived from its configuration. */
type SubmittedCluster = Omit<NativeCluster, "mode" | "clusterId" | "jobManagerMemory" | "taskManagerMemory">;

/** The Flink configuration of the launch, before the client's own changes, including the operator's keys. */
export const submittedConfig = ({ resource, config, clusterId, ...launch }: BuildInput): FlinkConfig =>
  launchConfig(clusterId === undefined ? config : withClusterId(config, clusterId), launch, {
    hasJob: resource.spec.job !== undefined,
    owner: ownerOf(resource),
  });

const ownerOf = ({ metadata: { name, uid } }: FlinkDeployment) =>
  uid === undefined ? undefined : resourceOwner(name, uid);

/** Adds the parts derived from the configuration, and checks that Flink would start with it. */
export const nativeCluster = (submitted: SubmittedCluster): NativeCluster => ({
  ...completed(submitted, clientConfig(submitted.config)),
  mode: "native",
});

const standaloneCluster = (submitted: SubmittedCluster): StandaloneCluster => ({
  ...completed(submitted, standaloneConfig(submitted.config)),
  mode: "standalone",
});

function completed(submitted: SubmittedCluster, config: FlinkConfig): Omit<NativeCluster, "mode"> {
  const { version } = submitted;
  // A native JobManager would detect these errors only when it requests its first TaskManager.
  limitFactor(config, flinkOptions.taskManagerCpuLimitFactor);
  limitFactor(config, flinkOptions.taskManagerMemoryLimitFactor);
  return {
    ...submitted,
    config,
    clusterId: checkedClusterId(config),
    jobManagerMemory: jobManagerMemory(config, version).process,
    taskManagerMemory: taskManagerMemory(config, version).process,
  };
}

const longestClusterId = 45;

function checkedClusterId(config: FlinkConfig): string {
  const clusterId = config.get(flinkOptions.clusterId) ?? "";
  if (clusterId !== "" && clusterId.length <= longestClusterId) return clusterId;
  throw new BuildError(
    "metadata.name",
    `metadata.name must have 1 to ${longestClusterId} characters: Flink makes longer names of it`,
  );
}

export function nativeObjects(cluster: NativeCluster): ClusterObjects {
  const { configMap, service } = resourceTypes;
  const { taskManagerTemplate: template } = cluster;
  const program = programConfigMap(cluster);
  const before: readonly (TypedObject | undefined)[] = [
    isHighAvailabilityEnabled(cluster.config)
      ? undefined
      : { type: service, object: internalService(cluster) },
    { type: configMap, object: flinkConfigMap(cluster) },
    template && { type: configMap, object: podTemplateConfigMap(cluster, template) },
    program && { type: configMap, object: program },
  ];
  return {
    beforeDeployment: before.filter((object) => object !== undefined),
    deployment: jobManagerDeployment(cluster),
    taskManagerTrial: taskManagerTrial(cluster),
    ...sqlCheckOf(cluster),
    ...gateOf(cluster),
    afterDeployment: (uid) => [exposed(cluster, uid)],
  };
}

/** The internal Service exists with high availability too (NATIVE 10). */
function standaloneObjects(cluster: StandaloneCluster): ClusterObjects {
  const { configMap, service, deployment } = resourceTypes;
  const taskManagers = taskManagerDeployment(cluster);
  const program = programConfigMap(cluster);
  return {
    beforeDeployment: [
      { type: service, object: internalService(cluster) },
      { type: configMap, object: flinkConfigMap(cluster) },
      ...(program === undefined ? [] : [{ type: configMap, object: program }]),
    ],
    deployment: jobManagerDeployment(cluster),
    taskManagers,
    ...sqlCheckOf(cluster),
    afterDeployment: (uid) => [exposed(cluster, uid), { type: deployment, object: taskManagers }],
  };
}

const gateOf = (cluster: FlinkCluster): Pick<ClusterObjects, "gate"> => {
  const { gate } = cluster;
  if (gate === undefined) return {};
  return {
    gate: {
      slots: gate.slots,
      jar: gateConfigMap(cluster),
      word: (savepoint) => wordConfigMap(cluster, gate.key, savepoint),
    },
  };
};

const sqlCheckOf = (cluster: FlinkCluster): Pick<ClusterObjects, "sqlCheck"> =>
  cluster.job?.sql === undefined ? {} : { sqlCheck: (request) => buildSqlCheck(cluster, request) };

function exposed(cluster: FlinkCluster, deploymentUid: string | undefined): TypedObject {
  const { clusterId, owner } = cluster;
  const belongsTo = deploymentUid === undefined ? owner : deploymentOwner(clusterId, deploymentUid);
  return { type: resourceTypes.service, object: restService(cluster, belongsTo) };
}

/** All objects in the order of their creation, as `kubectl-flink render` shows them. */
export const inCreationOrder = (objects: ClusterObjects): readonly KubeObject[] => [
  ...objects.beforeDeployment.map(({ object }) => object),
  objects.deployment,
  ...objects.afterDeployment().map(({ object }) => object),
];
