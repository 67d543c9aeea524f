/** The command `render`: from the texts of files to what their FlinkDeployments would create, and what is wrong in them. */
import { randomBytes, randomUUID } from "node:crypto";
import { basename } from "node:path";
import { dump } from "js-yaml";
import { subjects } from "../admission/admit.ts";
import type { Subject, Target, TargetReference } from "../admission/subject.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentSpec,
  flinkDeployment,
  flinkDeploymentSpec,
} from "../api/v1beta1/flinkdeployment.ts";
import { kinds } from "../api/v1beta1/kinds.ts";
import { BuildError } from "../config/buildError.ts";
import { deployConfig, effectiveConfig } from "../config/effectiveConfig.ts";
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
import { nearest } from "../core/validate/nearest.ts";
import { podTemplateFindings } from "../core/validate/podTemplateFields.ts";
import { asStored } from "../core/validate/structure.ts";
import { validateFlinkDeployment } from "../core/validate/validateFlinkDeployment.ts";
import { either } from "../core/validate/validationError.ts";
import type { TextFile } from "./inputFiles.ts";
import { isTemplate, readObjects, templateExpression } from "./manifest.ts";
import { showLastReconciledSpec } from "./showLastReconciledSpec.ts";

export interface RenderOptions {
  readonly jobId?: string;
  readonly launchId?: string;
  readonly savepoint?: string;
  readonly lastState?: true;
  readonly namespace?: string;
  readonly output: "yaml" | "json";
  readonly show?: "effective-config" | "last-reconciled-spec";
}

export interface Rendered {
  /** For standard output; with `show`, may be there beside errors. */
  readonly output: string;
  /** For standard error, one a line. */
  readonly errors: readonly string[];
  /** What is no error, or not for certain, for standard error too. */
  readonly warnings: readonly string[];
}

/** Never throws for what stands in the files. */
export function render(
  files: readonly TextFile[],
  operatorFile: TextFile | undefined,
  options: RenderOptions,
): Rendered {
  const operatorConfig = readOperatorConfig(operatorFile);
  if (typeof operatorConfig === "string") return refused([operatorConfig]);
  if (options.show === "last-reconciled-spec") return lastReconciledSpecs(files);
  const read = files.map((file) => readFile(file, options.namespace));
  const found = read.flatMap(({ objects }) => objects);
  const results = found.map((one) => renderObject(one, found, operatorConfig, options));
  const errors = [...read.flatMap((file) => file.errors), ...results.flatMap((result) => result.errors)];
  const warnings = results.flatMap((result) => result.warnings);
  const clusters = results.flatMap(({ rendered }) => rendered ?? []);
  if (errors.length === 0 && found.length === 0)
    return refused([
      `${namesOf(files)}: holds no object of the kinds ${either(kinds.map(({ kind }) => kind))}`,
    ]);
  const misplaced = clusters.length > 1 ? optionsOfOne(options) : [];
  if (misplaced.length > 0)
    return refused(
      misplaced.map((option) => `${option}: is for one FlinkDeployment, not for ${clusters.length}`),
    );
  // A configuration that is refused is worth a look all the more.
  if (options.show === "effective-config") return { output: shownConfigs(clusters), errors, warnings };
  return { output: errors.length > 0 ? "" : shownObjects(clusters, options.output), errors, warnings };
}

const refused = (errors: readonly string[]): Rendered => ({ output: "", errors, warnings: [] });

const namesOf = (files: readonly TextFile[]): string => files.map(({ name }) => name).join(", ");

const optionsOfOne = ({ jobId, launchId, savepoint }: RenderOptions): string[] =>
  Object.entries({ "--job-id": jobId, "--launch-id": launchId, "--savepoint": savepoint }).flatMap(
    ([option, value]) => (value === undefined ? [] : [option]),
  );

function lastReconciledSpecs(files: readonly TextFile[]): Rendered {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0)
    return refused([`--show last-reconciled-spec: is for one file, not for ${files.length}`]);
  try {
    const shown = showLastReconciledSpec(file.text);
    return typeof shown === "string"
      ? { output: shown, errors: [], warnings: [] }
      : refused(shown.map((complaint) => formatComplaint(complaint)));
  } catch (error) {
    if (error instanceof ValueError) return refused([`${file.name}: ${error.message}`]);
    throw error;
  }
}

interface Complaint {
  readonly field: string;
  readonly message: string;
}

const formatComplaint = ({ field, message }: Complaint): string =>
  message.startsWith(field) ? message : `${field}: ${message}`;

/** An object of one of the kinds, with the file that it is from. */
interface Found {
  readonly file: string;
  readonly subject: Subject;
  readonly object: KubeObject;
}

/** The objects to judge; those of other groups are not the operator's. */
function readFile(
  { name, text }: TextFile,
  namespace: string | undefined,
): { readonly objects: readonly Found[]; readonly errors: readonly string[] } {
  try {
    const objects: Found[] = [];
    const errors: string[] = [];
    for (const object of readObjects(text)) {
      const found = subjectOf(object);
      if (found === undefined) continue;
      if (typeof found === "string") errors.push(`${name}: ${found}`);
      else objects.push({ file: name, subject: found, object: placed(object, namespace) });
    }
    return { objects, errors };
  } catch (error) {
    if (error instanceof ValueError) return { objects: [], errors: [`${name}: ${error.message}`] };
    throw error;
  }
}

/** What judges it; undefined: it is of another group; a text: what is wrong with it. */
function subjectOf(object: unknown): Subject | string | undefined {
  if (typeof object !== "object" || object === null || Array.isArray(object))
    return "holds something that is no object of Kubernetes";
  const { apiVersion, kind } = object as Partial<KubeObject>;
  const isOurs = apiVersion === undefined || String(apiVersion).startsWith(`${flinkDeployment.group}/`);
  if (!isOurs) return undefined;
  const subject = subjects.find(({ type }) => type.kind === kind);
  if (subject !== undefined) return subject;
  if (apiVersion === undefined && kind !== undefined) return undefined;
  const names = kinds.map((each) => each.kind);
  const similar = nearest(String(kind), names);
  return `kind: must be ${either(names)}, not ${JSON.stringify(kind) ?? "absent"}${similar === undefined ? "" : `; did you mean ${similar}?`}`;
}

/** In its namespace, as the API server would see it. */
function placed(object: KubeObject, namespace = "default"): KubeObject {
  const { metadata } = object as Partial<KubeObject>;
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
    ? { ...object, metadata: { ...metadata, namespace: metadata.namespace ?? namespace } }
    : object;
}

interface Result {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Of a FlinkDeployment that can be built. */
  readonly rendered?: BuildInput;
}

/** By the rules of admission. */
function renderObject(
  one: Found,
  all: readonly Found[],
  operatorConfig: FlinkConfig,
  options: RenderOptions,
): Result {
  const { subject, object } = one;
  const severalFiles = new Set(all.map(({ file }) => file)).size > 1;
  const name = `${severalFiles ? `${one.file}: ` : ""}${subject.type.kind} ${object.metadata?.name ?? "without a name"}`;
  const said = (complaints: readonly Complaint[]) =>
    complaints.map((complaint) => `${name}: ${formatComplaint(complaint)}`);
  const expression = templateExpression(object);
  if (expression !== undefined) return { errors: [`${name}: ${isTemplate(expression)}`], warnings: [] };
  const kind = kinds.find((each) => each.kind === subject.type.kind) ?? flinkDeployment;
  const structure = validateManifest(kind, object, { unknownFields: "refuse" });
  if (validateManifest(kind, object).length > 0) return { errors: said(structure), warnings: [] };
  const fields = (subject.podTemplatesOf?.(object) ?? []).map(podTemplateFindings);
  const mistyped = fields.flatMap((findings) => findings.mistyped);
  const warnings = said(fields.flatMap((findings) => findings.unknown));
  if (mistyped.length > 0) return { errors: said([...structure, ...mistyped]), warnings };
  if (kind === flinkDeployment) {
    const resource = withDefaults(asFlinkDeployment(object));
    const { errors, rendered } = renderDeployment(resource, operatorConfig, options);
    return { errors: said([...structure, ...errors]), warnings, ...(rendered && { rendered }) };
  }
  const target = lookUp(subject.targetOf?.(object), all);
  const cluster = lookUp(typeof target === "object" ? subject.clusterOf?.(target) : undefined, all);
  const known = { lastReconciledSpec: undefined, oldObject: undefined };
  const verdict = subject.judge({ object, operatorConfig, ...known, target, cluster });
  return {
    errors: said([...structure, ...verdict.errors]),
    warnings: [...warnings, ...verdict.warnings.map((warning) => `${name}: ${warning}`)],
  };
}

/** One that is not in the files may be in the cluster. */
function lookUp(reference: TargetReference | undefined, all: readonly Found[]): Target {
  if (reference === undefined) return "absent";
  const { type, namespace, name } = reference;
  const found = all.find(
    ({ subject, object }) =>
      subject.type.kind === type.kind &&
      object.metadata?.name === name &&
      object.metadata.namespace === namespace,
  );
  return found?.object ?? "unknown";
}

/** What the API server would have set at the creation. */
const withDefaults = (resource: FlinkDeployment): FlinkDeployment => ({
  ...resource,
  metadata: { generation: 1, ...resource.metadata },
  spec: asStored(flinkDeploymentSpec, resource.spec) as FlinkDeploymentSpec,
});

interface DeploymentResult {
  readonly errors: readonly Complaint[];
  readonly rendered?: BuildInput;
}

function renderDeployment(
  resource: FlinkDeployment,
  operatorConfig: FlinkConfig,
  options: RenderOptions,
): DeploymentResult {
  const configured = effectiveConfig({ operatorConfig, resource });
  const errors = complaintsOf(resource, configured, options);
  try {
    const rendered: BuildInput = {
      resource,
      config: deployConfig({ operatorConfig, resource }),
      jobId: configured.entries.get("$internal.pipeline.job-id") ?? options.jobId ?? randomJobId(),
      launchId: options.launchId ?? randomUUID(),
      restore: restoreOf(resource, options),
    };
    // What only shows when it is built.
    if (errors.length === 0) buildFlinkDeployment(rendered);
    return { errors, rendered };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { errors: errors.length > 0 ? errors : [error] };
  }
}

const randomJobId = (): string => randomBytes(16).toString("hex");

/**
 * As admission judges it. Where the command line says what the state comes from, it does not matter whether the operator
 * could find it, or the next one, by itself.
 */
function complaintsOf(
  resource: FlinkDeployment,
  config: FlinkConfig,
  { savepoint, lastState }: RenderOptions,
): readonly Complaint[] {
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

/** Of several, each with its name before it. */
const shownConfigs = (inputs: readonly BuildInput[]): string =>
  inputs
    .map((input) => {
      const { name, namespace } = input.resource.metadata;
      return `${inputs.length > 1 ? `# FlinkDeployment ${namespace}/${name}\n` : ""}${showConfig(input)}`;
    })
    .join("");

function shownObjects(inputs: readonly BuildInput[], format: RenderOptions["output"]): string {
  const items = inputs.flatMap((input) => objectsOf(input));
  const list = { apiVersion: "v1", kind: "List", items };
  return format === "json"
    ? `${JSON.stringify(list, null, 2)}\n`
    : dump(list, { lineWidth: -1, noRefs: true });
}

function objectsOf(input: BuildInput): KubeObject[] {
  const { metadata, spec } = input.resource;
  return [
    ...inCreationOrder(buildFlinkDeployment(input)),
    ...(spec.ingress === undefined ? [] : [routeOf(metadata, spec.ingress, restPort(input.config)).object]),
  ];
}

/** flink-conf.yaml has a syntax of its own; any other file is YAML, and where it is not, may be meant as one of those. */
function readOperatorConfig(file: TextFile | undefined): FlinkConfig | string {
  if (file === undefined) return emptyConfig;
  const { name, text } = file;
  if (basename(name) === "flink-conf.yaml") return flinkConfig(parseLegacyConfigFile(text));
  try {
    return flinkConfig(parseYamlConfigFile(text));
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const legacy = parseLegacyConfigFile(text);
    return legacy.size > 0 ? flinkConfig(legacy) : `${name}: ${error.message}`;
  }
}
