import type { TriedJar } from "../../api/flinkFacts.ts";
import {
  type FlinkDeployment,
  type FlinkDeploymentSpec,
  type JobSpec,
  oldestSupportedFlinkVersion,
} from "../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import { deployConfig, effectiveConfig, observeConfig } from "../../config/effectiveConfig.ts";
import { entriesBelow, type FlinkConfig } from "../../config/flinkConfig.ts";
import { hasFetchedJars, jobJars } from "../../config/jobJars.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { buildFlinkDeployment } from "../build/cluster.ts";
import { jarHeaders } from "../build/jarRequest.ts";
import type { SpecConfiguration } from "../job/decide.ts";
import { readSettings, type Settings } from "../job/model/settings.ts";
import type { LastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { runCheck } from "../validate/check.ts";
import { validateFlinkDeployment } from "../validate/validateFlinkDeployment.ts";

/** What the configuration of a spec is computed from. */
export interface SpecSources {
  readonly operatorConfig: FlinkConfig;
  /** The resource, with its own spec. */
  readonly resource: FlinkDeployment;
  readonly deployed: LastReconciledSpec | undefined;
  /** The deployed spec, if the configuration is to be that one's. */
  readonly observed?: FlinkDeploymentSpec | undefined;
  /** Default logging configuration files by name, for resources without their own. */
  readonly logFiles?: Readonly<Record<string, string>>;
  /** The jar that runs SQL scripts, in base64. Absent in a trial build. */
  readonly sqlRunner?: string | undefined;
  /** The result of a trial build of the desired spec, which does not depend on what is deployed. */
  tried?(build: () => SpecConfiguration["error"]): SpecConfiguration["error"];
}

/** The configuration of the deployed spec `observed`, or of the resource's own spec if that is undefined. */
export function specConfiguration(sources: SpecSources): SpecConfiguration {
  const { operatorConfig, resource, observed, logFiles, sqlRunner } = sources;
  const subject: FlinkDeployment = observed === undefined ? resource : { ...resource, spec: observed };
  const build: SpecConfiguration["build"] = ({ generation, ...launch }) => {
    const resourceAt = { ...subject, metadata: { ...subject.metadata, generation } };
    return buildFlinkDeployment({
      resource: resourceAt,
      config: deployConfig({ operatorConfig, resource: resourceAt }),
      defaultLogFiles: logFiles,
      sqlRunner,
      ...launch,
    });
  };
  const config = effectiveConfig({ operatorConfig, resource: subject });
  return {
    settings: settingsOf(operatorConfig, resource, observed),
    error: observed === undefined ? firstError(sources, build) : undefined,
    build,
    submission: jarSubmission(subject.spec, operatorConfig, config, sources.deployed?.spec.job),
    fixedJobId: config.entries.get("$internal.pipeline.job-id"),
  };
}

/**
 * What the pods are to fetch, for the operator to try before it stops a job; undefined: nothing. `config`: that of the cluster. Where its
 * S3 is another one than the operator's, nothing can be said of its jars.
 */
function jarSubmission(
  { job, flinkVersion = oldestSupportedFlinkVersion, ...spec }: FlinkDeploymentSpec,
  operatorConfig: FlinkConfig,
  config: FlinkConfig,
  deployed: JobSpec | undefined,
): SpecConfiguration["submission"] {
  if (!hasFetchedJars(job)) return undefined;
  const s3Of = (each: FlinkConfig) => JSON.stringify([...entriesBelow(each.entries, "s3.")].sort());
  const hasOtherS3 = s3Of(config) !== s3Of(operatorConfig);
  const present = new Set(jobJars(deployed).map(({ source }) => source?.uri));
  const jars = jobJars(job)
    .flatMap(({ source }) => source ?? [])
    .filter(({ uri }) => !(hasOtherS3 && /^s3[ap]?:/i.test(uri)))
    .map((jar): TriedJar => (present.has(jar.uri) ? { ...jar, isDeployed: true } : jar));
  if (jars.length === 0) return undefined;
  return ({ jobId = "" }) => ({
    jarURI: undefined,
    jars,
    headers: jarHeaders(spec),
    deadlineMs: operatorConfig.get(operatorOptions.submissionTimeout),
    run: { flinkVersion, jobId, programArgs: [], flinkConfiguration: {} },
  });
}

function firstError(
  { operatorConfig, resource, deployed, tried = (build) => build() }: SpecSources,
  build: SpecConfiguration["build"],
): SpecConfiguration["error"] {
  const [invalid] = validateFlinkDeployment(
    resource,
    effectiveConfig({ operatorConfig, resource }),
    deployed?.spec,
  );
  const launch = { generation: 1, jobId: undefined, launchId: "", restore: { kind: "none" } } as const;
  return invalid ?? tried(() => runCheck(() => void build(launch)));
}

export function settingsOf(
  operatorConfig: FlinkConfig,
  resource: FlinkDeployment,
  observed: FlinkDeploymentSpec | undefined,
): Settings {
  const sources = { operatorConfig, resource };
  return settingsFrom(operatorConfig, () =>
    observed === undefined ? deployConfig(sources) : observeConfig(sources, observed),
  );
}

/** Reads the settings of a spec. If the spec is not readable, the operator's own settings apply. */
export function settingsFrom(operatorConfig: FlinkConfig, read: () => FlinkConfig): Settings {
  try {
    const { snapshotResources, ...settings } = readSettings(read());
    // A resource cannot switch on what the operator's configuration switches off.
    return {
      ...settings,
      snapshotResources: snapshotResources && operatorConfig.get(operatorOptions.snapshotResource),
    };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return readSettings(operatorConfig);
  }
}
