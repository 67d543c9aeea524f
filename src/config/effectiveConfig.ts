import {
  type FlinkDeployment,
  type FlinkDeploymentSpec,
  isSupportedFlinkVersion,
} from "../api/v1beta1/flinkdeployment.ts";
import { GENERATION_ANNOTATION } from "../api/v1beta1/names.ts";
import { defaultConfig, isOperatorKey } from "./defaultConfig.ts";
import { deriveConfig } from "./deriveConfig.ts";
import { type FlinkConfig, flinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { withLayer, withMap } from "./mapOptions.ts";
import { resourceLayer } from "./resourceLayer.ts";

/** The three configurations of a resource (REFERENCE 1.21), from the operator's configuration and the resource's spec. */

export interface ConfigSources {
  readonly operatorConfig: FlinkConfig;
  readonly resource: FlinkDeployment;
}

export const namespaceOf = (resource: FlinkDeployment): string => resource.metadata.namespace ?? "default";

/**
 * The defaults, overridden by the spec's flinkConfiguration. It exists for every spec, also for an invalid one: validation
 * and the operator's per-resource options use it.
 */
export const effectiveConfig = ({ operatorConfig, resource }: ConfigSources): FlinkConfig =>
  configuredBy(operatorConfig, namespaceOf(resource), resource.spec);

/** The newest result: one reconcile asks several times for the same. */
let newest: { readonly from: readonly unknown[]; readonly config: FlinkConfig } | undefined;

function configuredBy(
  operatorConfig: FlinkConfig,
  namespace: string,
  spec: FlinkDeploymentSpec,
): FlinkConfig {
  const from = [operatorConfig, namespace, spec, spec.flinkVersion, spec.flinkConfiguration];
  if (newest?.from.every((part, at) => part === from[at]) !== true)
    newest = { from, config: configure(operatorConfig, namespace, spec) };
  return newest.config;
}

function configure(operatorConfig: FlinkConfig, namespace: string, spec: FlinkDeploymentSpec): FlinkConfig {
  const version = isSupportedFlinkVersion(spec.flinkVersion) ? spec.flinkVersion : undefined;
  return withLayer(defaultConfig(operatorConfig, namespace, version), resourceLayer(spec.flinkConfiguration));
}

/** The configuration of a cluster with this spec: the former and the keys from the other fields. Throws BuildError. */
export function deployConfig({ operatorConfig, resource }: ConfigSources): FlinkConfig {
  const config = clusterConfig(operatorConfig, resource, resource.spec);
  const { generation } = resource.metadata;
  if (generation === undefined) return config;
  const annotations = new Map(config.get(flinkOptions.jobManagerAnnotations));
  annotations.set(GENERATION_ANNOTATION, String(generation));
  return withMap(config, flinkOptions.jobManagerAnnotations, annotations);
}

/**
 * The configuration for observing the deployed cluster: from the deployed spec, but with the operator's options and the
 * savepoint directory of the current spec. Throws BuildError.
 */
export function observeConfig(sources: ConfigSources, deployedSpec: FlinkDeploymentSpec): FlinkConfig {
  const { operatorConfig, resource } = sources;
  const current = flinkConfig(resourceLayer(resource.spec.flinkConfiguration));
  const { savepointsDirectory } = flinkOptions;
  return clusterConfig(operatorConfig, resource, deployedSpec)
    .withAll(current.filter(isOperatorKey).entries)
    .with(
      current.isSet(savepointsDirectory)
        ? { [savepointsDirectory.key]: current.get(savepointsDirectory) ?? "" }
        : {},
    );
}

function clusterConfig(
  operatorConfig: FlinkConfig,
  resource: FlinkDeployment,
  spec: FlinkDeploymentSpec,
): FlinkConfig {
  const namespace = namespaceOf(resource);
  return deriveConfig(configuredBy(operatorConfig, namespace, spec), {
    name: resource.metadata.name,
    namespace,
    spec,
  });
}
