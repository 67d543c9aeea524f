import { posix } from "node:path";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";

/** The stores for the results of a launch's job, and since Flink 2.3 of its application. */
export type ResultStore = "job-result-store" | "application-result-store";

/** Each launch has its own, so that no earlier result ends the new job; undefined without high availability. */
export function resultStoreOf(config: FlinkConfig, store: ResultStore, launchId: string): string | undefined {
  const directory = config.get(flinkOptions.highAvailabilityStorageDirectory);
  return directory && `${directory}/${store}/${config.get(flinkOptions.clusterId)}/${launchId}`;
}

/** The form of a launch id. Only such ids are used in paths to remove. */
const launchIdForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The result stores of launches, as paths in the pod's file system; none if they are on another file system. */
export function localResultStores(config: FlinkConfig, launchIds: readonly string[]): readonly string[] {
  return launchIds
    .filter((id) => launchIdForm.test(id))
    .flatMap((id) => [
      resultStoreOf(config, "job-result-store", id),
      resultStoreOf(config, "application-result-store", id),
    ])
    .map((uri) => localPath(uri ?? "", config))
    .filter((path) => path !== undefined);
}

/** The results of launches are in the pod's file system. */
export const hasLocalResults = (config: FlinkConfig): boolean =>
  localPath(config.get(flinkOptions.highAvailabilityStorageDirectory) ?? "", config) !== undefined;

/** A path that programs may interpret differently is ignored. */
function localPath(uri: string, config: FlinkConfig): string | undefined {
  const [, scheme, path = ""] = /^(?:(file):(?:\/\/(?=\/))?)?(\/(?!\/).*)$/.exec(uri) ?? [];
  if (scheme === undefined && config.entries.has("fs.default-scheme")) return undefined;
  const plain = /^[\w./@+=-]+$/.test(path) && !path.split("/").includes("..");
  return plain ? posix.normalize(path) : undefined;
}
