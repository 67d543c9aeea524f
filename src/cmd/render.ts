/** The command `render`: from the contents of files to the objects that a deployment would create. */
import { randomBytes, randomUUID } from "node:crypto";
import { basename } from "node:path";
import { dump } from "js-yaml";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentSpec,
  flinkDeployment,
  flinkDeploymentSpec,
} from "../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../config/buildError.ts";
import { deployConfig, effectiveConfig, namespaceOf } from "../config/effectiveConfig.ts";
import { emptyConfig, type FlinkConfig, flinkConfig } from "../config/flinkConfig.ts";
import { isHighAvailabilityEnabled, restPort } from "../config/flinkOptions.ts";
import { parseLegacyConfigFile, parseYamlConfigFile } from "../config/values/configFile.ts";
import { ValueError } from "../config/values/valueError.ts";
import {
  type BuildInput,
  buildFlinkDeployment,
  inCreationOrder,
  submittedConfig,
} from "../core/build/cluster.ts";
import type { Restore } from "../core/build/config/launchConfig.ts";
import { routeOf } from "../core/build/ingress.ts";
import { validateManifest } from "../core/validate/manifest.ts";
import { asStored } from "../core/validate/structure.ts";
import { validateFlinkDeployment } from "../core/validate/validateFlinkDeployment.ts";
import { warnOfDeprecated } from "../core/warn/warnOfDeprecated.ts";
import { readManifest } from "./manifest.ts";
import { showLastReconciledSpec } from "./showLastReconciledSpec.ts";

export interface RenderOptions {
  readonly jobId?: string;
  readonly launchId?: string;
  readonly savepoint?: string;
  readonly lastState?: true;
  readonly output: "yaml" | "json";
  readonly show?: "effective-config" | "last-reconciled-spec";
}

export interface TextFile {
  readonly name: string;
  readonly text: string;
}

export interface Rendered {
  /** For standard output. May be present together with errors. */
  readonly output: string;
  /** For standard error, one per line. */
  readonly errors: readonly string[];
  /** Warnings for standard error, one per line. They do not fail the command. */
  readonly warnings?: readonly string[];
}

/** Never throws, whatever the files contain. */
export function render(file: TextFile, operatorFile: TextFile | undefined, options: RenderOptions): Rendered {
  try {
    if (options.show === "last-reconciled-spec") {
      const shown = showLastReconciledSpec(file.text);
      return typeof shown === "string" ? { output: shown, errors: [] } : refused(shown);
    }
    const manifest = readManifest(file.text);
    const structure = validateManifest(flinkDeployment, manifest, { unknownFields: "refuse" });
    if (structure.length > 0) return refused(structure);
    const resource = withDefaults(asFlinkDeployment(manifest));
    const operatorConfig = operatorFile === undefined ? emptyConfig : readOperatorConfig(operatorFile);
    const warnings = warnOfDeprecated(resource.spec, flinkDeploymentSpec);
    return { ...renderResource(resource, operatorConfig, options), warnings };
  } catch (error) {
    if (error instanceof BuildError) return refused([error]);
    if (error instanceof ValueError) return refused([{ field: file.name, message: error.message }]);
    throw error;
  }
}

interface Problem {
  readonly field: string;
  readonly message: string;
}

const refused = (problems: readonly Problem[]): Rendered => ({
  output: "",
  errors: problems.map(({ field, message }) =>
    message.startsWith(field) ? message : `${field}: ${message}`,
  ),
});

/** Sets the fields that the API server sets on creation. */
const withDefaults = (resource: FlinkDeployment): FlinkDeployment => ({
  ...resource,
  metadata: { generation: 1, ...resource.metadata, namespace: namespaceOf(resource) },
  spec: asStored(flinkDeploymentSpec, resource.spec) as FlinkDeploymentSpec,
});

function renderResource(
  resource: FlinkDeployment,
  operatorConfig: FlinkConfig,
  options: RenderOptions,
): Rendered {
  const configured = effectiveConfig({ operatorConfig, resource });
  const errors = problemsOf(resource, configured, options);
  // The configuration is shown even if it is refused.
  const show = options.show === "effective-config" ? showConfig : showObjects;
  if (errors.length > 0 && show === showObjects) return refused(errors);
  try {
    const input: BuildInput = {
      resource,
      config: deployConfig({ operatorConfig, resource }),
      jobId: configured.entries.get("$internal.pipeline.job-id") ?? options.jobId ?? randomJobId(),
      launchId: options.launchId ?? randomUUID(),
      restore: restoreOf(resource, options),
    };
    return { ...refused(errors), output: show(input, options.output) };
  } catch (error) {
    if (!(error instanceof BuildError) || errors.length === 0) throw error;
    return refused(errors);
  }
}

const randomJobId = (): string => randomBytes(16).toString("hex");

/**
 * The errors of the admission webhook. If the command line says where the state comes from, it does not matter whether the
 * operator could find a snapshot itself.
 */
function problemsOf(
  resource: FlinkDeployment,
  config: FlinkConfig,
  { savepoint, lastState }: RenderOptions,
): readonly Problem[] {
  const errors = validateFlinkDeployment(resource, config);
  const restores = savepoint !== undefined || lastState === true;
  const relevant = errors.filter(({ field }) => !(restores && field === "spec.job.upgradeMode"));
  return lastState && !isHighAvailabilityEnabled(config)
    ? [...relevant, { field: "--last-state", message: "needs high availability: set high-availability.type" }]
    : relevant;
}

function restoreOf({ spec }: FlinkDeployment, { savepoint, lastState }: RenderOptions): Restore {
  if (lastState) return { kind: "last-state" };
  const path = savepoint ?? spec.job?.initialSavepointPath;
  return path === undefined ? { kind: "none" } : { kind: "savepoint", path };
}

const showConfig = (input: BuildInput): string =>
  [...submittedConfig(input).entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("");

function showObjects(input: BuildInput, format: RenderOptions["output"]): string {
  const { metadata, spec } = input.resource;
  const items = [
    ...inCreationOrder(buildFlinkDeployment(input)),
    ...(spec.ingress === undefined ? [] : [routeOf(metadata, spec.ingress, restPort(input.config)).object]),
  ];
  const list = { apiVersion: "v1", kind: "List", items };
  return format === "json"
    ? `${JSON.stringify(list, null, 2)}\n`
    : dump(list, { lineWidth: -1, noRefs: true });
}

/** flink-conf.yaml has its own syntax. Any other file is read as YAML, and as flink-conf.yaml if that fails. */
function readOperatorConfig({ name, text }: TextFile): FlinkConfig {
  if (basename(name) === "flink-conf.yaml") return flinkConfig(parseLegacyConfigFile(text));
  try {
    return flinkConfig(parseYamlConfigFile(text));
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const legacy = parseLegacyConfigFile(text);
    if (legacy.size > 0) return flinkConfig(legacy);
    throw new BuildError(name, error.message);
  }
}
