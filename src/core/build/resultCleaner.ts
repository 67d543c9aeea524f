import { asList, asRecord, type JsonObject } from "./json.ts";
import type { PodDecorator } from "./pod/podDecorator.ts";
import type { PodDraft } from "./pod/podTemplate.ts";

/**
 * Removes the directories up to `--`, and becomes the command after it, which so receives the signals. Tries as its own user and as
 * Flink's, logs the result, and never fails. The first process of a container ignores SIGTERM unless it handles it: without the trap,
 * Flink would start in a pod that is being deleted.
 */
const script =
  'trap "exit 143" TERM; while [ "$1" != -- ]; do ' +
  '{ rm -rf -- "$1" || gosu flink rm -rf -- "$1"; } && echo "Removed the results of an earlier launch: $1" ' +
  '|| echo "Could not remove the results of an earlier launch: $1"; shift; done; shift; exec "$@"';

/** The command that removes directories, and then becomes `command`. */
export const cleaningCommand = (stores: readonly string[], command: readonly string[]): readonly string[] => [
  "bash",
  "-c",
  script,
  "bash",
  ...stores,
  "--",
  ...command,
];

/**
 * The command of the JobManager's container removes the results of the resource's earlier launches first (docs/adr/0006). Not in the
 * reference. Only if their directory is on a volume that outlives the pod: otherwise there are no results.
 */
export const decorateResultCleaner: PodDecorator = (pod, { earlierResults }) => {
  const stores = earlierResults.filter((store) => outlivesPod(pod, store));
  if (stores.length === 0) return pod;
  const command = cleaningCommand(stores, asList(pod.main.command).map(String));
  return { ...pod, main: { ...pod.main, command } };
};

/** By the volume of the innermost mount that contains the path. */
function outlivesPod({ main, spec }: PodDraft, path: string): boolean {
  const [mount] = asList(main.volumeMounts)
    .map(asRecord)
    .filter(({ mountPath }) => isWithin(path, String(mountPath)))
    .sort((a, b) => String(b.mountPath).length - String(a.mountPath).length);
  const volume: JsonObject | undefined = asList(spec.volumes)
    .map(asRecord)
    .find(({ name }) => name === mount?.name);
  return volume !== undefined && volume.emptyDir === undefined;
}

const isWithin = (path: string, directory: string): boolean =>
  path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
