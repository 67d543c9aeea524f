import type {
  FlinkDeployment,
  FlinkDeploymentSpec,
  ReconciliationStatus,
} from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { declaredJars, hasFetchedJars } from "../../config/jobJars.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { specConfiguration } from "../../core/flinkdeployment/specConfiguration.ts";
import type { Input, SpecConfiguration } from "../../core/job/decide.ts";
import type { LastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import { clusterKey } from "./gather.ts";

/** The configuration that a reconcile needs, computed once for each spec and not at each reconcile. */
export interface Configurations {
  /** `decisions`: of the autoscaler, which are in the spec of the resource (Prepared). */
  of(resource: FlinkDeployment, decisions?: string): Input["configure"];
  remove(namespace: string, name: string): void;
  readonly size: number;
}

/** The computed configurations of a resource, with what they were computed from. */
interface CacheEntry {
  readonly uid: string | undefined;
  readonly operatorConfig: FlinkConfig;
  readonly generation: number | undefined;
  /** The recorded spec that is deployed, as JSON. */
  readonly recorded: string;
  desired?: SpecConfiguration;
  scaled?: { readonly decisions: string; readonly configuration: SpecConfiguration };
  deployed?: SpecConfiguration;
  /** The error of a trial build of the desired spec, which does not depend on what is deployed. */
  built?: { readonly error: SpecConfiguration["error"] };
}

/** The operator's share of every resource's configuration. */
export interface OperatorSources {
  config(): FlinkConfig;
  /** Default logging configuration files by name, for resources without their own. */
  readonly logFiles: Readonly<Record<string, string>>;
  /** The jar that runs SQL scripts, in base64. Undefined: this operator was built without it. */
  readonly sqlRunner?: string | undefined;
}

export const noSqlRunner = {
  field: "spec.job.sql",
  message:
    "is not possible: this operator was built without the jar that runs scripts; use the image of a release",
} as const;

const noJarFetcher =
  "is not possible: the operator does not know its own image, which fetches the jars; name it in the operator's option " +
  operatorOptions.jarFetcherImage.key;

export function createConfigurations(sources: OperatorSources): Configurations {
  const known = new Map<string, CacheEntry>();

  function entryOf(resource: FlinkDeployment): CacheEntry {
    const { namespace = "", name, uid, generation } = resource.metadata;
    const key = clusterKey(namespace, name);
    const entry = known.get(key);
    const from = {
      uid,
      generation,
      operatorConfig: sources.config(),
      recorded: recordedIn(resource.status?.reconciliationStatus ?? {}),
    };
    if (entry !== undefined && isFrom(entry, from)) return entry;
    const sameSpec = entry !== undefined && isFrom(entry, { ...from, recorded: entry.recorded });
    const fresh: CacheEntry = sameSpec && entry.built !== undefined ? { ...from, built: entry.built } : from;
    known.set(key, fresh);
    return fresh;
  }

  function configure(
    entry: CacheEntry,
    resource: FlinkDeployment,
    deployed: LastReconciledSpec | undefined,
    observed: FlinkDeploymentSpec | undefined,
  ): SpecConfiguration {
    const { logFiles, sqlRunner } = sources;
    const configured = specConfiguration({
      operatorConfig: entry.operatorConfig,
      logFiles,
      sqlRunner,
      resource,
      deployed,
      observed,
      tried(build) {
        entry.built ??= { error: build() };
        return entry.built.error;
      },
    });
    if (observed !== undefined || configured.error !== undefined) return configured;
    const { job } = resource.spec;
    const isWithoutRunner = sqlRunner === undefined && job?.sql !== undefined;
    if (isWithoutRunner) return { ...configured, error: noSqlRunner };
    const isWithoutFetcher =
      hasFetchedJars(job) && entry.operatorConfig.get(operatorOptions.jarFetcherImage) === undefined;
    return job !== undefined && isWithoutFetcher
      ? { ...configured, error: { field: declaredJars(job).field, message: noJarFetcher } }
      : configured;
  }

  return {
    of:
      (resource, decisions = "") =>
      (spec, deployed) => {
        const entry = entryOf(resource);
        // A reconcile reads two specs: the desired one, with the decisions of the autoscaler, and the deployed one.
        if (spec === resource.spec && decisions !== "") {
          const { built: _, ...from } = entry;
          const known = entry.scaled?.decisions === decisions ? entry.scaled : undefined;
          entry.scaled = known ?? {
            decisions,
            configuration: configure(from, resource, deployed, undefined),
          };
          return entry.scaled.configuration;
        }
        if (spec === resource.spec) {
          entry.desired ??= configure(entry, resource, deployed, undefined);
          return entry.desired;
        }
        entry.deployed ??= configure(entry, resource, deployed, spec);
        return entry.deployed;
      },
    remove: (namespace, name) => void known.delete(clusterKey(namespace, name)),
    get size() {
      return known.size;
    },
  };
}

const isFrom = (known: CacheEntry, other: CacheEntry): boolean =>
  known.uid === other.uid &&
  known.generation === other.generation &&
  known.operatorConfig === other.operatorConfig &&
  known.recorded === other.recorded;

/** During and after a rollback the last stable spec is the deployed one. */
const recordedIn = ({ state, lastReconciledSpec, lastStableSpec }: ReconciliationStatus): string =>
  state === "ROLLING_BACK" || state === "ROLLED_BACK" ? `${lastStableSpec}` : `${lastReconciledSpec}`;
