/** The command `render`: from the contents of files to the objects that their FlinkDeployments would create, and the errors in them. */
import { randomBytes, randomUUID } from "node:crypto";
import { dump } from "js-yaml";
import { validators } from "../admission/admit.ts";
import type { KindValidator, ReferredResource, ResourceReference } from "../admission/kindValidator.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentSpec,
  flinkDeployment,
  flinkDeploymentSpec,
} from "../api/v1beta1/flinkdeployment.ts";
import { kinds } from "../api/v1beta1/kinds.ts";
import { programConfigMapName } from "../api/v1beta1/names.ts";
import { BuildError } from "../config/buildError.ts";
import { deployConfig, effectiveConfig } from "../config/effectiveConfig.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { isHighAvailabilityEnabled, restPort } from "../config/flinkOptions.ts";
import { declaredJars, hasFetchedJars } from "../config/jobJars.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
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
import { warnOfDeprecated } from "../core/warn/warnOfDeprecated.ts";
import { warnOfLoggedSecrets } from "../core/warn/warnOfLoggedSecrets.ts";
import { isTemplate, readObjects, templateExpression } from "../views/manifest.ts";
import type { TextFile } from "./inputFiles.ts";
import { parseOperatorConfig } from "./operatorConfigFile.ts";
import { showLastReconciledSpec } from "./showLastReconciledSpec.ts";

export interface RenderOptions {
  readonly jobId?: string;
  readonly launchId?: string;
  readonly savepoint?: string;
  readonly lastState?: true;
  readonly namespace?: string;
  readonly output: "yaml" | "json";
  readonly show?: "effective-config" | "last-reconciled-spec";
  /** The jar that runs SQL scripts, in base64. */
  readonly sqlRunner?: string | undefined;
}

export interface Rendered {
  /** For standard output. May be present together with errors. */
  readonly output: string;
  /** For standard error, one per line. */
  readonly errors: readonly string[];
  /** Problems that are no errors, or may be none. For standard error, too. */
  readonly warnings: readonly string[];
}

/** Never throws, whatever the files contain. */
export function render(
  files: readonly TextFile[],
  operatorFile: TextFile | undefined,
  options: RenderOptions,
): Rendered {
  const operatorConfig = parseOperatorConfig(operatorFile);
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
  // The configuration is shown even if it is refused.
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
      : refused(shown.map((problem) => formatProblem(problem)));
  } catch (error) {
    if (error instanceof ValueError) return refused([`${file.name}: ${error.message}`]);
    throw error;
  }
}

interface Problem {
  readonly field: string;
  readonly message: string;
}

const formatProblem = ({ field, message }: Problem): string =>
  message.startsWith(field) ? message : `${field}: ${message}`;

/** An object of one of the kinds, with the file that contains it. */
interface Found {
  readonly file: string;
  readonly validator: KindValidator;
  readonly object: KubeObject;
}

/** The objects to validate. Objects of other groups are skipped. */
function readFile(
  { name, text }: TextFile,
  namespace: string | undefined,
): { readonly objects: readonly Found[]; readonly errors: readonly string[] } {
  try {
    const objects: Found[] = [];
    const errors: string[] = [];
    for (const object of readObjects(text)) {
      const found = validatorOf(object);
      if (found === undefined) continue;
      if (typeof found === "string") errors.push(`${name}: ${found}`);
      else objects.push({ file: name, validator: found, object: withNamespace(object, namespace) });
    }
    return { objects, errors };
  } catch (error) {
    if (error instanceof ValueError) return { objects: [], errors: [`${name}: ${error.message}`] };
    throw error;
  }
}

/** The validator of an object, or a text: the problem with its kind. Undefined: the object is of another group. */
function validatorOf(object: unknown): KindValidator | string | undefined {
  if (typeof object !== "object" || object === null || Array.isArray(object))
    return "holds something that is no object of Kubernetes";
  const { apiVersion, kind } = object as Partial<KubeObject>;
  const isOurs = apiVersion === undefined || String(apiVersion).startsWith(`${flinkDeployment.group}/`);
  if (!isOurs) return undefined;
  const validator = validators.find(({ type }) => type.kind === kind);
  if (validator !== undefined) return validator;
  if (apiVersion === undefined && kind !== undefined) return undefined;
  const names = kinds.map((each) => each.kind);
  const similar = nearest(String(kind), names);
  return `kind: must be ${either(names)}, not ${JSON.stringify(kind) ?? "absent"}${similar === undefined ? "" : `; did you mean ${similar}?`}`;
}

/** With its namespace, as in a request to the API server. */
function withNamespace(object: KubeObject, namespace = "default"): KubeObject {
  const { metadata } = object as Partial<KubeObject>;
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
    ? { ...object, metadata: { ...metadata, namespace: metadata.namespace ?? namespace } }
    : object;
}

interface Result {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Set for a FlinkDeployment that can be built. */
  readonly rendered?: BuildInput;
}

/** Validates an object by the rules of admission. */
function renderObject(
  one: Found,
  all: readonly Found[],
  operatorConfig: FlinkConfig,
  options: RenderOptions,
): Result {
  const { validator, object } = one;
  const severalFiles = new Set(all.map(({ file }) => file)).size > 1;
  const name = `${severalFiles ? `${one.file}: ` : ""}${validator.type.kind} ${object.metadata?.name ?? "without a name"}`;
  const describe = (problems: readonly Problem[]) =>
    problems.map((problem) => `${name}: ${formatProblem(problem)}`);
  const expression = templateExpression(object);
  if (expression !== undefined) return { errors: [`${name}: ${isTemplate(expression)}`], warnings: [] };
  const kind = kinds.find((each) => each.kind === validator.type.kind) ?? flinkDeployment;
  const structure = validateManifest(kind, object, { unknownFields: "refuse" });
  if (validateManifest(kind, object).length > 0) return { errors: describe(structure), warnings: [] };
  const fields = (validator.podTemplatesOf?.(object) ?? []).map(podTemplateFindings);
  const mistyped = fields.flatMap((findings) => findings.mistyped);
  const warnings = describe(fields.flatMap((findings) => findings.unknown));
  if (mistyped.length > 0) return { errors: describe([...structure, ...mistyped]), warnings };
  if (kind === flinkDeployment) {
    const resource = withDefaults(asFlinkDeployment(object));
    const { errors, rendered } = renderDeployment(resource, operatorConfig, options);
    const doubtful = [
      ...warnOfDeprecated(resource.spec, flinkDeploymentSpec),
      ...warnOfLoggedSecrets(resource.spec),
    ].map((text) => `${name}: ${text}`);
    const incomplete = describe([
      ...withoutRunner(resource, options),
      ...withoutFetcher(resource, operatorConfig),
    ]);
    return {
      errors: describe([...structure, ...errors]),
      warnings: [...warnings, ...doubtful, ...incomplete],
      ...(rendered && { rendered }),
    };
  }
  const target = lookUp(validator.referenceOf?.(object), all);
  const cluster = lookUp(
    typeof target === "object" ? validator.clusterReferenceOf?.(target) : undefined,
    all,
  );
  const known = { lastReconciledSpec: undefined, oldObject: undefined };
  const result = validator.validate({ object, operatorConfig, ...known, target, cluster });
  return {
    errors: describe([...structure, ...result.errors]),
    warnings: [...warnings, ...result.warnings.map((warning) => `${name}: ${warning}`)],
  };
}

/** Searches in the files. A resource that is not in them may be in the cluster. */
function lookUp(reference: ResourceReference | undefined, all: readonly Found[]): ReferredResource {
  if (reference === undefined) return "absent";
  const { type, namespace, name } = reference;
  const found = all.find(
    ({ validator, object }) =>
      validator.type.kind === type.kind &&
      object.metadata?.name === name &&
      object.metadata.namespace === namespace,
  );
  return found?.object ?? "unknown";
}

/** Sets the fields that the API server sets on creation. */
const withDefaults = (resource: FlinkDeployment): FlinkDeployment => ({
  ...resource,
  metadata: { generation: 1, ...resource.metadata },
  spec: asStored(flinkDeploymentSpec, resource.spec) as FlinkDeploymentSpec,
});

/** An SQL job is printed without the jar that runs it: not all that the operator would create. */
const withoutRunner = ({ metadata, spec }: FlinkDeployment, { sqlRunner }: RenderOptions): Problem[] =>
  spec.job?.sql === undefined || sqlRunner !== undefined
    ? []
    : [
        {
          field: "spec.job.sql",
          message: `the ConfigMap ${programConfigMapName(metadata.name)} is printed without the jar that runs the script: name that in the environment variable SQL_RUNNER_JAR`,
        },
      ];

/** The chart tells the operator its own image; nobody tells this command. */
const withoutFetcher = ({ spec: { job } }: FlinkDeployment, operatorConfig: FlinkConfig): Problem[] =>
  job === undefined ||
  !hasFetchedJars(job) ||
  operatorConfig.get(operatorOptions.jarFetcherImage) !== undefined
    ? []
    : [
        {
          field: declaredJars(job).field,
          message: `the init container that fetches them is printed without its image: name that in the operator's option ${operatorOptions.jarFetcherImage.key}`,
        },
      ];

interface DeploymentResult {
  readonly errors: readonly Problem[];
  readonly rendered?: BuildInput;
}

function renderDeployment(
  resource: FlinkDeployment,
  operatorConfig: FlinkConfig,
  options: RenderOptions,
): DeploymentResult {
  const configured = effectiveConfig({ operatorConfig, resource });
  const errors = problemsOf(resource, configured, options);
  try {
    const rendered: BuildInput = {
      resource,
      config: deployConfig({ operatorConfig, resource }),
      jobId: configured.entries.get("$internal.pipeline.job-id") ?? options.jobId ?? randomJobId(),
      launchId: options.launchId ?? randomUUID(),
      restore: restoreOf(resource, options),
      sqlRunner: options.sqlRunner,
    };
    // Some errors are found only by the build.
    if (errors.length === 0) buildFlinkDeployment(rendered);
    return { errors, rendered };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { errors: errors.length > 0 ? errors : [error] };
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

/** If there are several, the name of the resource comes before each. */
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
