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

/** What a pass needs of the resource's configuration, worked out once for each spec and not once for each pass. */
export interface Configurations {
  of(resource: FlinkDeployment): Input["configure"];
  forget(namespace: string, name: string): void;
}

/** What was worked out, and from what. */
interface Known {
  readonly uid: string | undefined;
  readonly operatorConfig: FlinkConfig;
  readonly generation: number | undefined;
  /** The recorded specs: which of them is deployed, their state says. */
  readonly recorded: string;
  asked?: SpecConfiguration;
  present?: SpecConfiguration;
  /** What is wrong with what the asked spec is built to, whatever is deployed. */
  built?: { readonly error: SpecConfiguration["error"] };
}

/** The operator's own side of every resource's configuration. */
export interface OperatorSide {
  config(): FlinkConfig;
  /** Logging configurations by name, for resources that bring none. */
  readonly logFiles: Readonly<Record<string, string>>;
}

export function createConfigurations({ config: operatorConfig, logFiles }: OperatorSide): Configurations {
  const known = new Map<string, Known>();

  function entryOf(resource: FlinkDeployment): Known {
    const { namespace = "", name, uid, generation } = resource.metadata;
    const key = clusterKey(namespace, name);
    const entry = known.get(key);
    const from = {
      uid,
      generation,
      operatorConfig: operatorConfig(),
      recorded: recordedIn(resource.status?.reconciliationStatus ?? {}),
    };
    if (entry !== undefined && isFrom(entry, from)) return entry;
    const sameSpec = entry !== undefined && isFrom(entry, { ...from, recorded: entry.recorded });
    const fresh: Known = sameSpec && entry.built !== undefined ? { ...from, built: entry.built } : from;
    known.set(key, fresh);
    return fresh;
  }

  return {
    of: (resource) => (spec, deployed) => {
      const entry = entryOf(resource);
      // The two specs of a pass: the one asked for and the one deployed.
      if (spec === resource.spec) {
        entry.asked ??= configure(entry, logFiles, resource, deployed, undefined);
        return entry.asked;
      }
      entry.present ??= configure(entry, logFiles, resource, deployed, spec);
      return entry.present;
    },
    forget: (namespace, name) => void known.delete(clusterKey(namespace, name)),
  };
}

const isFrom = (known: Known, other: Known): boolean =>
  known.uid === other.uid &&
  known.generation === other.generation &&
  known.operatorConfig === other.operatorConfig &&
  known.recorded === other.recorded;

/** While it is rolled back, what runs is the last stable spec. */
const recordedIn = ({ state, lastReconciledSpec, lastStableSpec }: ReconciliationStatus): string =>
  state === "ROLLING_BACK" || state === "ROLLED_BACK" ? `${lastStableSpec}` : `${lastReconciledSpec}`;

/** Of `observed`, the spec of the cluster that is deployed, or where there is none, of the resource's own. */
function configure(
  known: Known,
  defaultLogFiles: OperatorSide["logFiles"],
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
      ...launch,
    });
  };
  const error = observed === undefined ? firstError(known, subject, deployed, build) : undefined;
  return {
    settings: settingsOf(operatorConfig, resource, observed),
    error,
    build,
    fixedJobId: fixedJobId(operatorConfig, subject),
  };
}

function firstError(
  known: Known,
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
  return settingsBy(operatorConfig, () =>
    observed === undefined ? deployConfig(sources) : observeConfig(sources, observed),
  );
}

/** The settings of a spec that cannot be read are the operator's own. */
export function settingsBy(operatorConfig: FlinkConfig, read: () => FlinkConfig): Settings {
  try {
    const { snapshotResources, ...settings } = readSettings(read());
    // What the operator's own configuration switches off, no resource switches on.
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
