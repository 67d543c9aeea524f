import { posix } from "node:path";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";

/** Where a launch keeps the results of its job, and since Flink 2.3 of its application. */
export type ResultStore = "job-result-store" | "application-result-store";

/** Each launch has one of its own, so that no earlier result ends the new job; undefined without high availability. */
export function resultStoreOf(config: FlinkConfig, store: ResultStore, launchId: string): string | undefined {
  const directory = config.get(flinkOptions.highAvailabilityStorageDirectory);
  return directory && `${directory}/${store}/${config.get(flinkOptions.clusterId)}/${launchId}`;
}

/** The form of a launch id: of nothing else a path is made that is to be removed. */
const launchIdForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** As the pod's file system names them, the result stores of launches; none where they are on another file system. */
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

/** Launches keep their results in the pod's file system. */
export const hasLocalResults = (config: FlinkConfig): boolean =>
  localPath(config.get(flinkOptions.highAvailabilityStorageDirectory) ?? "", config) !== undefined;

/** A path that reads differently to different programs is nobody's: it is left alone. */
function localPath(uri: string, config: FlinkConfig): string | undefined {
  const [, scheme, path = ""] = /^(?:(file):(?:\/\/(?=\/))?)?(\/(?!\/).*)$/.exec(uri) ?? [];
  if (scheme === undefined && config.entries.has("fs.default-scheme")) return undefined;
  const plain = /^[\w./@+=-]+$/.test(path) && !path.split("/").includes("..");
  return plain ? posix.normalize(path) : undefined;
}
