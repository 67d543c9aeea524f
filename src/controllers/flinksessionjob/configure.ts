import type { Submission } from "../../api/flinkFacts.ts";
import { type FlinkDeployment, isSupportedFlinkVersion } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob, FlinkSessionJobSpec } from "../../api/v1beta1/flinksessionjob.ts";
import { BuildError } from "../../config/buildError.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import {
  observedSessionJobConfig,
  type SessionJobSources,
  sessionJobConfig,
  submittedJobConfig,
} from "../../config/sessionJobConfig.ts";
import { settingsFrom } from "../../core/flinkdeployment/specConfiguration.ts";
import type { Input, SpecConfiguration } from "../../core/job/decide.ts";
import type { Settings } from "../../core/job/model/settings.ts";
import type { Launch } from "../../core/job/model/situation.ts";
import { type LastReconciledSpec, readableSpec } from "../../core/spec/lastReconciledSpec.ts";
import { validateFlinkSessionJob } from "../../core/validate/validateFlinkSessionJob.ts";
import { noSqlRunner } from "../flinkdeployment/configure.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";
import { sessionProgram } from "./sessionProgram.ts";

/** The configuration that a reconcile of a session job needs, computed once for each spec and not at each reconcile. */
export interface SessionJobConfigurations {
  /** `decisions`: of the autoscaler, which are in the spec of the resource (Prepared). */
  of(resource: FlinkSessionJob, cluster: FlinkDeployment | undefined, decisions?: string): Input["configure"];
  remove(namespace: string, name: string): void;
  readonly size: number;
}

/** The computed configurations of a session job, with what they were computed from. */
interface CacheEntry {
  readonly from: readonly unknown[];
  desired?: SpecConfiguration;
  scaled?: { readonly decisions: string; readonly configuration: SpecConfiguration };
  deployed?: SpecConfiguration;
}

/** `sqlRunner`: the jar that runs SQL scripts, in base64. */
export function createSessionJobConfigurations(
  operatorConfig: () => FlinkConfig,
  sqlRunner?: string,
): SessionJobConfigurations {
  const known = new Map<string, CacheEntry>();

  function entryOf(resource: FlinkSessionJob, cluster: FlinkDeployment | undefined): CacheEntry {
    const { namespace = "", name, uid, generation } = resource.metadata;
    const key = clusterKey(namespace, name);
    const { lastReconciledSpec, lastStableSpec, state } = resource.status?.reconciliationStatus ?? {};
    const from = [
      operatorConfig(),
      uid,
      generation,
      lastReconciledSpec,
      lastStableSpec,
      state,
      cluster?.metadata.uid,
      cluster?.metadata.generation,
      cluster?.status?.reconciliationStatus?.lastReconciledSpec,
    ];
    const entry = known.get(key);
    if (entry?.from.every((value, index) => value === from[index])) return entry;
    const fresh: CacheEntry = { from };
    known.set(key, fresh);
    return fresh;
  }

  return {
    of(resource, cluster, decisions = "") {
      const sources = { ...sourcesOf(operatorConfig(), resource, cluster), sqlRunner };
      return (spec, deployed) => {
        const entry = entryOf(resource, cluster);
        // A reconcile reads two specs: the desired one, with the decisions of the autoscaler, and the deployed one.
        if (spec === resource.spec && decisions !== "") {
          const known = entry.scaled?.decisions === decisions ? entry.scaled : undefined;
          entry.scaled = known ?? { decisions, configuration: configureDesired(sources, deployed) };
          return entry.scaled.configuration;
        }
        if (spec === resource.spec) {
          entry.desired ??= configureDesired(sources, deployed);
          return entry.desired;
        }
        entry.deployed ??= configureDeployed(sources, spec as FlinkSessionJobSpec);
        return entry.deployed;
      };
    },
    remove: (namespace, name) => void known.delete(clusterKey(namespace, name)),
    get size() {
      return known.size;
    },
  };
}

interface Sources extends SessionJobSources {
  readonly sqlRunner?: string | undefined;
}

export const sourcesOf = (
  operatorConfig: FlinkConfig,
  resource: FlinkSessionJob,
  cluster: FlinkDeployment | undefined,
): Sources => ({ operatorConfig, resource, cluster, clusterSpec: readableSpec(cluster) });

/** The settings of the deployed job, or of the resource's own spec if none is deployed. */
export const sessionJobSettings = (
  operatorConfig: FlinkConfig,
  resource: FlinkSessionJob,
  cluster: FlinkDeployment | undefined,
  deployed: FlinkSessionJobSpec | undefined,
): Settings => settingsOf(sourcesOf(operatorConfig, resource, cluster), deployed ?? resource.spec);

function configureDesired(sources: Sources, deployed: LastReconciledSpec | undefined): SpecConfiguration {
  const { resource, cluster } = sources;
  const config = sessionJobConfig(sources);
  const [error] = validateFlinkSessionJob(
    resource,
    config,
    cluster,
    deployed?.spec as FlinkSessionJobSpec | undefined,
  );
  const unable =
    resource.spec.job?.sql !== undefined && sources.sqlRunner === undefined ? noSqlRunner : undefined;
  return {
    ...configured(sources, resource.spec),
    settings: settingsOf(sources, resource.spec),
    error: error ?? unable,
  };
}

const configureDeployed = (sources: Sources, deployed: FlinkSessionJobSpec): SpecConfiguration => ({
  ...configured(sources, deployed),
  settings: settingsOf(sources, deployed),
  error: undefined,
});

const settingsOf = (sources: SessionJobSources, spec: FlinkSessionJobSpec): Settings =>
  settingsFrom(sources.operatorConfig, () => observedSessionJobConfig(sources, spec));

const configured = (sources: Sources, spec: FlinkSessionJobSpec) => ({
  fixedJobId: undefined,
  build: (): never => {
    throw new Error("a session job has no objects of its own");
  },
  submission: (launch: Launch) =>
    submissionOf({ ...sources, resource: { ...sources.resource, spec } }, launch),
});

function submissionOf(sources: Sources, { jobId = "", restore }: Launch): Submission {
  const { resource, cluster, clusterSpec } = sources;
  const config = sessionJobConfig(sources);
  const { job = {} } = resource.spec;
  const { parallelism, allowNonRestoredState } = job;
  const { jarURI, ownJar, entryClass, args } = sessionProgram(job, sources.sqlRunner);
  const version = (clusterSpec ?? cluster?.spec)?.flinkVersion;
  if (!isSupportedFlinkVersion(version))
    throw new BuildError(
      "spec.flinkVersion",
      `of the session cluster: ${version ?? "absent"} is not supported`,
    );
  return {
    jarURI,
    ...(ownJar && { ownJar, namespace: resource.metadata.namespace }),
    headers: config.get(operatorOptions.artifactHeaders) ?? new Map(),
    deadlineMs: config.get(operatorOptions.submissionTimeout),
    run: {
      flinkVersion: version,
      jobId,
      entryClass,
      programArgs: args,
      parallelism,
      allowNonRestoredState,
      savepointPath: restore.kind === "savepoint" ? restore.path : undefined,
      flinkConfiguration: submittedJobConfig(sources),
    },
  };
}
