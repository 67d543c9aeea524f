import type { FlinkDeployment, FlinkDeploymentSpec } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob, FlinkSessionJobSpec } from "../api/v1beta1/flinksessionjob.ts";
import { BuildError } from "./buildError.ts";
import { defaultConfig, isOperatorKey } from "./defaultConfig.ts";
import { withJobDefaults } from "./deriveConfig.ts";
import { observeConfig } from "./effectiveConfig.ts";
import { type FlinkConfig, flinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { withLayer } from "./mapOptions.ts";
import { resourceLayer } from "./resourceLayer.ts";

/** The configurations of a session job: its session cluster's, overridden by its own (REFERENCE 1.17). */

export interface SessionJobSources {
  readonly operatorConfig: FlinkConfig;
  readonly resource: FlinkSessionJob;
  /** The session cluster. Undefined: it does not exist. */
  readonly cluster: FlinkDeployment | undefined;
  /** The deployed spec of the session cluster. Undefined: it is not deployed yet. */
  readonly clusterSpec: FlinkDeploymentSpec | undefined;
}

/** The cluster's configuration. Only the defaults if it does not exist or is invalid. */
function sessionClusterConfig({ operatorConfig, resource, cluster, clusterSpec }: SessionJobSources) {
  const defaults = defaultConfig(operatorConfig, resource.metadata.namespace ?? "default", undefined);
  if (cluster === undefined) return defaults;
  try {
    return observeConfig({ operatorConfig, resource: cluster }, clusterSpec ?? cluster.spec);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return defaults;
  }
}

/** The configuration for the validation of a session job, and for the operator's options. */
export const sessionJobConfig = (sources: SessionJobSources): FlinkConfig =>
  withLayer(sessionClusterConfig(sources), resourceLayer(sources.resource.spec.flinkConfiguration));

/**
 * The configuration for observing a job with the spec `deployed`: that of its start, but with the operator's options and
 * the savepoint directory of the current spec.
 */
export function observedSessionJobConfig(
  sources: SessionJobSources,
  deployed: FlinkSessionJobSpec,
): FlinkConfig {
  const current = flinkConfig(resourceLayer(sources.resource.spec.flinkConfiguration));
  const { savepointsDirectory } = flinkOptions;
  return withJobDefaults(
    sessionJobConfig({ ...sources, resource: { ...sources.resource, spec: deployed } }),
    sources.resource.metadata.name,
    deployed.job ?? {},
  )
    .withAll(current.filter(isOperatorKey).entries)
    .with(
      current.isSet(savepointsDirectory)
        ? { [savepointsDirectory.key]: current.get(savepointsDirectory) ?? "" }
        : {},
    );
}

/** The configuration in the submission: only the keys in which the job differs from its cluster. */
export function submittedJobConfig(sources: SessionJobSources): Readonly<Record<string, string>> {
  const { resource } = sources;
  const present = sessionClusterConfig(sources).entries;
  const job = withJobDefaults(sessionJobConfig(sources), resource.metadata.name, resource.spec.job ?? {});
  const own = job.filter((key) => !isOperatorKey(key) && !key.startsWith("$internal.")).entries;
  return Object.fromEntries([...own].filter(([key, value]) => present.get(key) !== value));
}
