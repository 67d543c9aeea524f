import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions, isHighAvailabilityEnabled } from "../../../config/flinkOptions.ts";
import { USER_LIBRARY } from "../../../config/jobProgram.ts";
import type { Option } from "../../../config/option.ts";
import { formatList } from "../../../config/values/structured.ts";

/**
 * The changes that Flink's own Kubernetes client makes to a configuration between submission and the ConfigMap
 * (NATIVE 2): some keys need a value there, others would bind the JobManager to the submitter's host.
 */
export const clientConfig = (config: FlinkConfig): FlinkConfig =>
  [withoutHostKeys, withEntrypoint, withFixedPorts, withJobManagerAddress].reduce(
    (result, step) => step(result),
    config,
  );

/** The same for a standalone cluster (NATIVE 10), whose internal Service exists with high availability too. */
export const standaloneConfig = (config: FlinkConfig): FlinkConfig =>
  [withoutHostKeys, withoutOwnJars, withFixedPorts, withLeaderElection, withServiceAddress].reduce(
    (result, step) => step(result),
    config,
  );

const withoutHostKeys = (config: FlinkConfig): FlinkConfig => config.filter((key) => !hostKeys.has(key));

/**
 * Flink would find the main class twice in a jar that the image or a volume has there. The reference hides such a jar
 * by an empty directory.
 */
function withoutOwnJars(config: FlinkConfig): FlinkConfig {
  const { pipelineClasspaths } = flinkOptions;
  const all = config.get(pipelineClasspaths) ?? [];
  const others = all.filter((jar) => !jar.startsWith(`file://${USER_LIBRARY}/`));
  return others.length === all.length
    ? config
    : config.with({ [pipelineClasspaths.key]: others.length === 0 ? undefined : formatList(others) });
}

const hostKeys = new Set([
  "kubernetes.config.file",
  "$internal.deployment.config-dir",
  "rest.bind-address",
  "jobmanager.bind-host",
  "taskmanager.bind-host",
  "taskmanager.host",
]);

const entrypointPackage = "org.apache.flink.kubernetes.entrypoint";

function withEntrypoint(config: FlinkConfig): FlinkConfig {
  const kind = isApplication(config) ? "Application" : "Session";
  return config.with({
    "internal.cluster.execution-mode": "NORMAL",
    "kubernetes.internal.jobmanager.entrypoint.class": `${entrypointPackage}.Kubernetes${kind}ClusterEntrypoint`,
  });
}

export const isApplication = (config: FlinkConfig): boolean =>
  config.get(flinkOptions.executionTarget) === "kubernetes-application";

/** Ports that Flink would otherwise choose at random, so that no Service could expose them. */
const fixedPorts: readonly (readonly [Option<string>, number])[] = [
  [flinkOptions.blobServerPort, 6124],
  [flinkOptions.taskManagerRpcPort, 6122],
  [flinkOptions.restBindPort, 8081],
];

const withFixedPorts = (config: FlinkConfig): FlinkConfig =>
  fixedPorts.reduce((result, [option, port]) => withPort(result, option, port), config);

const withPort = (config: FlinkConfig, option: Option<string>, port: number): FlinkConfig =>
  singlePort(config, option) === 0 ? config.with({ [option.key]: String(port) }) : config;

/** Flink also accepts a range of ports. With a Service it must be a single port. */
export function singlePort(config: FlinkConfig, option: Option<string>): number {
  const text = config.get(option).trim();
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new BuildError(
    option.key,
    `${option.key}: "${text}" must be a single port; ranges of ports are not supported on Kubernetes`,
  );
}

/** How TaskManagers find the JobManager: by the internal Service, or with high availability by leader election. */
const withJobManagerAddress = (config: FlinkConfig): FlinkConfig =>
  isHighAvailabilityEnabled(config) ? withLeaderElection(config) : withServiceAddress(config);

const withServiceAddress = (config: FlinkConfig): FlinkConfig =>
  config.with({
    "jobmanager.rpc.address": `${config.get(flinkOptions.clusterId)}.${config.get(flinkOptions.namespace)}`,
  });

function withLeaderElection(config: FlinkConfig): FlinkConfig {
  if (!isHighAvailabilityEnabled(config)) return config;
  const rpcPort = config.get(flinkOptions.jobManagerRpcPort);
  return withPort(config, flinkOptions.highAvailabilityJobManagerPort, rpcPort).with({
    "high-availability.cluster-id": config.get(flinkOptions.clusterId) ?? "",
  });
}
