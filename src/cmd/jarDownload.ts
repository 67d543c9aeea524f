/** What the init container of a job's pods does: fetches the jars that its request names. */
import { createWriteStream, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { artifactSettings } from "../config/artifactSettings.ts";
import { configFileNames, readConfigFiles } from "../config/configFiles.ts";
import { type FlinkConfig, flinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { JAR_REQUEST_FILE, type JarRequest } from "../core/build/jarRequest.ts";
import type { Artifacts } from "../flink/artifacts/api.ts";
import { createArtifacts } from "../flink/artifacts/artifacts.ts";
import { readFolder } from "../runtime/folder.ts";

/**
 * `directory`: the request, and Flink's configuration, which has the settings of S3. Fetches one jar after the other, by the rules
 * of session jobs' jars. A jar that is there is whole. Rejects with an ArtifactError, or with the error of the disk.
 */
export async function downloadJars(
  directory: string,
  env: NodeJS.ProcessEnv,
  onFetched: (path: string) => void,
): Promise<void> {
  const { jars, options } = JSON.parse(readFileSync(join(directory, JAR_REQUEST_FILE), "utf8")) as JarRequest;
  const config = flinkConfig(readConfigFiles([readFolder(directory, [...configFileNames])]) ?? new Map())
    // Nothing is kept: each pod has an empty disk.
    .with({ ...options, [operatorOptions.artifactCacheSize.key]: "0" });
  const artifacts = createArtifacts({ settings: () => artifactSettings(config, env) });
  try {
    for (const { path, ...jar } of jars) {
      await download(artifacts, jar, path, config);
      onFetched(path);
    }
  } finally {
    await artifacts.close();
  }
}

async function download(
  artifacts: Artifacts,
  { field, uri }: { readonly field: string; readonly uri: string },
  path: string,
  config: FlinkConfig,
): Promise<void> {
  const headers = config.get(operatorOptions.artifactHeaders) ?? new Map();
  const artifact = await artifacts.open(uri, { field, headers });
  try {
    await pipeline(artifact.body, createWriteStream(`${path}.part`));
    await rename(`${path}.part`, path);
  } finally {
    await artifact.close();
  }
}
