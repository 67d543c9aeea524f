import type {
  FlinkDeployment,
  FlinkDeploymentSpec,
  ReconciliationStatus,
} from "../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import { deployConfig, effectiveConfig, observeConfig } from "../../config/effectiveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { buildFlinkDeployment } from "../../core/build/cluster.ts";
import type { Input, SpecConfiguration } from "../../core/job/decide.ts";
import { readSettings, type Settings } from "../../core/job/model/settings.ts";
import type { LastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import { runCheck } from "../../core/validate/check.ts";
import { validateFlinkDeployment } from "../../core/validate/validateFlinkDeployment.ts";
import { clusterKey } from "./gather.ts";

/** The configuration that a reconcile needs, computed once for each spec and not at each reconcile. */
export interface Configurations {
  of(resource: FlinkDeployment): Input["configure"];
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

  return {
    of: (resource) => (spec, deployed) => {
      const entry = entryOf(resource);
      // A reconcile reads two specs: the desired one and the deployed one.
      if (spec === resource.spec) {
        entry.desired ??= configure(entry, sources, resource, deployed, undefined);
        return entry.desired;
      }
      entry.deployed ??= configure(entry, sources, resource, deployed, spec);
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

/** The configuration of the deployed spec `observed`, or of the resource's own spec if that is undefined. */
function configure(
  known: CacheEntry,
  { logFiles: defaultLogFiles, sqlRunner }: OperatorSources,
  resource: FlinkDeployment,
  deployed: LastReconciledSpec | undefined,
  observed: FlinkDeploymentSpec | undefined,
): SpecConfiguration {
  const { operatorConfig } = known;
  const subject: FlinkDeployment = observed === undefined ? resource : { ...resource, spec: observed };
  const build: SpecConfiguration["build"] = ({ generation, ...launch }) => {
    const resourceAt = { ...subject, metadata: { ...subject.metadata, generation } };
    return buildFlinkDeployment({
      resource: resourceAt,
      config: deployConfig({ operatorConfig, resource: resourceAt }),
      defaultLogFiles,
      sqlRunner,
      ...launch,
    });
  };
  const unable = subject.spec.job?.sql !== undefined && sqlRunner === undefined ? noSqlRunner : undefined;
  const error = observed === undefined ? (firstError(known, subject, deployed, build) ?? unable) : undefined;
  return {
    settings: settingsOf(operatorConfig, resource, observed),
    error,
    build,
    fixedJobId: fixedJobId(operatorConfig, subject),
  };
}

function firstError(
  known: CacheEntry,
  resource: FlinkDeployment,
  deployed: LastReconciledSpec | undefined,
  build: SpecConfiguration["build"],
): SpecConfiguration["error"] {
  const [invalid] = validateFlinkDeployment(
    resource,
    effectiveConfig({ operatorConfig: known.operatorConfig, resource }),
    deployed?.spec,
  );
  if (invalid !== undefined) return invalid;
  known.built ??= {
    error: runCheck(
      () => void build({ generation: 1, jobId: undefined, launchId: "", restore: { kind: "none" } }),
    ),
  };
  return known.built.error;
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

const fixedJobId = (operatorConfig: FlinkConfig, resource: FlinkDeployment): string | undefined =>
  effectiveConfig({ operatorConfig, resource }).entries.get("$internal.pipeline.job-id");
