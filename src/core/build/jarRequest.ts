/** What the init container of a job's pods fetches: a file of the program's ConfigMap (docs/adr/0029). */
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { type FlinkConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { jobJars } from "../../config/jobJars.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { Option } from "../../config/option.ts";
import { jarRules } from "../../config/resourceLayer.ts";
import { flattenConfiguration } from "../../config/values/configTree.ts";

/** The key of the ConfigMap of the program, and the name of the file. */
export const JAR_REQUEST_FILE = "jars.json";

/** The content of the file. The process that reads it is src/cmd/jarDownload.ts. */
export interface JarRequest {
  readonly jars: readonly { readonly field: string; readonly uri: string; readonly path: string }[];
  /** Options of the operator that hold for the fetch. Those of Flink, such as s3.endpoint, are in its configuration. */
  readonly options: Readonly<Record<string, string>>;
}

const rules: readonly Option<unknown>[] = [...jarRules, operatorOptions.submissionTimeout];

/**
 * The headers of the resource alone. Those of the operator's configuration are for the operator: in a ConfigMap of the
 * resource's namespace, everybody there could read them.
 */
export const jarHeaders = (spec: FlinkDeploymentSpec): ReadonlyMap<string, string> =>
  flinkConfig(flattenConfiguration(spec.flinkConfiguration)).get(operatorOptions.artifactHeaders) ??
  new Map();

/** Undefined: nothing is fetched. `config` has the operator's own options; a resource cannot set its rules (resourceLayer.ts). */
export function jarRequest(spec: FlinkDeploymentSpec, config: FlinkConfig): JarRequest | undefined {
  const jars = jobJars(spec.job).flatMap(({ path, source }) =>
    source === undefined ? [] : [{ ...source, path }],
  );
  if (jars.length === 0) return undefined;
  const set = rules.filter((option) => config.isSet(option)).map(({ key }) => [key, config.entries.get(key)]);
  const headers = [...jarHeaders(spec)].map(([name, value]) => [
    `${operatorOptions.artifactHeaders.key}.${name}`,
    value,
  ]);
  return { jars, options: Object.fromEntries([...set, ...headers]) };
}
