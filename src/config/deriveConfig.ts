import {
  type DeploymentMode,
  type FlinkDeploymentSpec,
  type FlinkVersion,
  isAtLeast,
  isSupportedFlinkVersion,
  type JobSpec,
} from "../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "./buildError.ts";
import type { FlinkConfig } from "./flinkConfig.ts";
import { flinkOptions, isHighAvailabilityEnabled } from "./flinkOptions.ts";
import { hasFetchedJars, jarClasspaths } from "./jobJars.ts";
import { type JobProgram, jobProgram } from "./jobProgram.ts";
import { operatorOptions } from "./operatorOptions.ts";
import type { Option } from "./option.ts";
import { type ProcessResources, type ProcessSpec, processResources } from "./processResources.ts";
import { formatDuration } from "./values/duration.ts";
import { formatJavaDouble } from "./values/javaDouble.ts";
import { formatList } from "./values/structured.ts";

/** The cluster whose configuration is derived. */
export interface Cluster {
  readonly name: string;
  readonly namespace: string;
  readonly spec: FlinkDeploymentSpec;
}

interface Derivation extends Cluster {
  readonly version: FlinkVersion;
  readonly mode: DeploymentMode;
}

type Step = (config: FlinkConfig, cluster: Derivation) => FlinkConfig;

/**
 * Adds the keys that are derived from the other fields of a spec (REFERENCE 1.21, NATIVE 2). Each step sees the keys of
 * the steps before. Throws BuildError.
 */
export function deriveConfig(config: FlinkConfig, cluster: Cluster): FlinkConfig {
  const { flinkVersion: version, mode } = cluster.spec;
  if (!isSupportedFlinkVersion(version)) {
    throw new BuildError("spec.flinkVersion", `spec.flinkVersion: ${version ?? "absent"} is not supported`);
  }
  const derivation = { ...cluster, version, mode: mode ?? "native" };
  return steps.reduce((result, step) => step(result, derivation), config);
}

const steps: readonly Step[] = [
  withClusterDefaults,
  withLogConfiguration,
  withImage,
  withPodTemplateFiles,
  withJobManager,
  withTaskManager,
  (config, cluster) => (cluster.spec.job === undefined ? config : withJob(config, cluster, cluster.spec.job)),
  withExecutionTarget,
  withIdentity,
];

const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === "";

const unless = (config: FlinkConfig, option: Option<unknown>, value: string) =>
  config.isSet(option) ? config : config.with({ [option.key]: value });

function withClusterDefaults(config: FlinkConfig, { version }: Derivation): FlinkConfig {
  return unless(
    unless(config, flinkOptions.restServiceExposedType, "ClusterIP"),
    flinkOptions.webCancel,
    "false",
  ) //
    .with({ [flinkOptions.flinkVersion.key]: version });
}

/**
 * The reference writes these files to its own disk, and their names into the configuration. This operator puts the content
 * directly into the objects, but keeps the keys: their presence means that there is such a file. The values are those of
 * the reference without the random part.
 */
const generatedFiles = {
  configDirectory: "/tmp/flink_op_generated_conf_N",
  podTemplate: "/tmp/flink_op_generated_podTemplate_N.yaml",
};

function withLogConfiguration(config: FlinkConfig, { spec }: Derivation): FlinkConfig {
  return spec.logConfiguration === undefined
    ? config
    : config.with({ [flinkOptions.configDirectory.key]: generatedFiles.configDirectory });
}

function withImage(config: FlinkConfig, { spec, version }: Derivation): FlinkConfig {
  const imageKey = isAtLeast(version, "v1_17") ? flinkOptions.image.key : "kubernetes.container.image";
  return config.with({
    ...(isBlank(spec.image) ? {} : { [imageKey]: spec.image }),
    ...(isBlank(spec.imagePullPolicy) ? {} : { [flinkOptions.imagePullPolicy.key]: spec.imagePullPolicy }),
    ...(spec.serviceAccount === undefined ? {} : { "kubernetes.service-account": spec.serviceAccount }),
  });
}

function withPodTemplateFiles(config: FlinkConfig, { spec }: Derivation): FlinkConfig {
  const hasTemplate = (component: (ProcessSpec & { podTemplate?: unknown }) | undefined, field: string) =>
    spec.podTemplate !== undefined ||
    component?.podTemplate !== undefined ||
    processResources(component, field).container !== undefined;
  const jobManager =
    config.get(operatorOptions.jobManagerStartupProbe) || hasTemplate(spec.jobManager, "spec.jobManager");
  const taskManager = hasTemplate(spec.taskManager, "spec.taskManager") || hasFetchedJars(spec.job);
  return config.with({
    ...(jobManager ? { "kubernetes.pod-template-file.jobmanager": generatedFiles.podTemplate } : {}),
    ...(taskManager ? { "kubernetes.pod-template-file.taskmanager": generatedFiles.podTemplate } : {}),
  });
}

function withJobManager(config: FlinkConfig, { spec, version }: Derivation): FlinkConfig {
  if (spec.jobManager === undefined) return config;
  const resources = processResources(spec.jobManager, "spec.jobManager");
  const replicas = spec.jobManager.replicas ?? 1;
  return config.with({
    ...processKeys("jobmanager", resources, version),
    ...(replicas > 0 ? { [flinkOptions.jobManagerReplicas.key]: String(replicas) } : {}),
  });
}

function withTaskManager(config: FlinkConfig, cluster: Derivation): FlinkConfig {
  const resources = processResources(cluster.spec.taskManager, "spec.taskManager");
  const replicas = taskManagerReplicas(config, cluster);
  return config.with({
    ...processKeys("taskmanager", resources, cluster.version),
    ...(replicas === undefined ? {} : { [flinkOptions.taskManagerReplicas.key]: String(replicas) }),
  });
}

/** Before Flink 1.17 CPU and image have other keys. The reference then sets both CPU keys. */
function processKeys(
  process: "jobmanager" | "taskmanager",
  resources: ProcessResources,
  version: FlinkVersion,
) {
  const { cpu, memory, cpuLimitFactor, memoryLimitFactor } = resources;
  const kubernetes = `kubernetes.${process}`;
  const number = (key: string, value: number | undefined) =>
    value === undefined ? {} : { [key]: formatJavaDouble(value) };
  return {
    ...(memory === undefined ? {} : { [`${process}.memory.process.size`]: memory }),
    ...number(`${kubernetes}.cpu.amount`, cpu),
    ...(isAtLeast(version, "v1_17") ? {} : number(`${kubernetes}.cpu`, cpu)),
    ...number(`${kubernetes}.cpu.limit-factor`, cpuLimitFactor),
    ...number(`${kubernetes}.memory.limit-factor`, memoryLimitFactor),
  };
}

function taskManagerReplicas(config: FlinkConfig, cluster: Derivation): number | undefined {
  const { spec, mode } = cluster;
  const replicas = spec.taskManager?.replicas;
  if (replicas !== undefined && replicas > 0) return replicas;
  if (mode === "native" || spec.job === undefined || config.isSet(flinkOptions.taskManagerReplicas))
    return undefined;
  return Math.ceil(parallelism(config, cluster, spec.job) / config.get(flinkOptions.taskSlots));
}

function parallelism(config: FlinkConfig, { spec, mode }: Derivation, job: JobSpec): number {
  const replicas = spec.taskManager?.replicas;
  if (replicas !== undefined) return replicas * config.get(flinkOptions.taskSlots);
  const overrides = config.get(flinkOptions.parallelismOverrides)?.values() ?? [];
  const highest = mode === "standalone" ? Math.max(0, ...[...overrides].map(Number)) : 0;
  return highest > 0 ? highest : (job.parallelism ?? 0);
}

/** Five minutes. */
const defaultCheckpointInterval = formatDuration(300_000_000_000n);

/** The defaults of a job's configuration (REFERENCE 1.21). */
export function withJobDefaults(config: FlinkConfig, name: string, job: JobSpec): FlinkConfig {
  const { submitFailedJob, pipelineName, checkpointInterval, checkpointRetention } = flinkOptions;
  const defaults: readonly (readonly [Option<unknown>, string])[] = [
    [submitFailedJob, "true"],
    [pipelineName, name],
    [checkpointRetention, "RETAIN_ON_CANCELLATION"],
    ...(job.upgradeMode === "last-state" ? [[checkpointInterval, defaultCheckpointInterval] as const] : []),
  ];
  return defaults.reduce((result, [option, value]) => unless(result, option, value), config);
}

function withJob(config: FlinkConfig, cluster: Derivation, job: JobSpec): FlinkConfig {
  const program = jobProgram(job, cluster.mode);
  return withJobDefaults(config, cluster.name, job).with({
    [flinkOptions.defaultParallelism.key]: String(parallelism(config, cluster, job)),
    // The cluster must outlive its job, since the job's result is read from its REST API.
    [flinkOptions.shutdownOnFinish.key]: "false",
    [flinkOptions.programArgs.key]: formatList(program.args),
    ...(program.entryClass === undefined ? {} : { [flinkOptions.mainClass.key]: program.entryClass }),
    ...(job.allowNonRestoredState === undefined
      ? {}
      : { [flinkOptions.ignoreUnclaimedState.key]: String(job.allowNonRestoredState) }),
    ...jarKeys(cluster.mode, program),
    ...classpathKeys(config, cluster.mode, program, job),
  });
}

/** Further jars come after the job's own, and after those that the user has named in the option. */
function classpathKeys(
  config: FlinkConfig,
  mode: DeploymentMode,
  program: JobProgram,
  job: JobSpec,
): Record<string, string> {
  const jars = jarClasspaths(job);
  if (jars.length === 0) return {};
  const { key } = flinkOptions.pipelineClasspaths;
  const own = jarKeys(mode, program)[key];
  const before = own === undefined ? config : config.with({ [key]: own });
  return { [key]: formatList([...(before.get(flinkOptions.pipelineClasspaths) ?? []), ...jars]) };
}

function jarKeys(mode: DeploymentMode, { jarURI }: JobProgram): Record<string, string> {
  if (jarURI === undefined) return {};
  return mode === "native"
    ? { [flinkOptions.pipelineJars.key]: formatList([jarURI]) }
    : { [flinkOptions.pipelineClasspaths.key]: formatList([jarURI.replace(/^local:/, "file:")]) };
}

function withExecutionTarget(config: FlinkConfig, { spec, mode }: Derivation): FlinkConfig {
  const session = spec.job === undefined;
  return config.with(
    mode === "native"
      ? { [flinkOptions.executionTarget.key]: session ? "kubernetes-session" : "kubernetes-application" }
      : {
          [flinkOptions.executionTarget.key]: "remote",
          [flinkOptions.clusterMode.key]: session ? "SESSION" : "APPLICATION",
        },
  );
}

function withIdentity(config: FlinkConfig, { name, namespace }: Derivation): FlinkConfig {
  return withClusterId(config.with({ [flinkOptions.namespace.key]: namespace }), name);
}

/** The same under another cluster id. */
export const withClusterId = (config: FlinkConfig, clusterId: string): FlinkConfig =>
  config.with({
    [flinkOptions.clusterId.key]: clusterId,
    ...(isHighAvailabilityEnabled(config) ? { "high-availability.cluster-id": clusterId } : {}),
  });
