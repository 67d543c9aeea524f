import { asList, asRecord, type JsonObject } from "./json.ts";
import { append, type PodDecorator } from "./pod/podDecorator.ts";
import type { PodDraft } from "./pod/podTemplate.ts";

/**
 * The init container that removes the results of the resource's earlier launches (docs/adr/0006). Not in the
 * reference.
 */
export const RESULT_CLEANER = "flink-result-cleaner";

/** Tries as its own user and as Flink's, logs the result, and never fails, because the JobManager waits for it. */
const script =
  'for store in "$@"; do ' +
  '{ rm -rf -- "$store" || gosu flink rm -rf -- "$store"; } && echo "Removed the results of an earlier launch: $store" ' +
  '|| echo "Could not remove the results of an earlier launch: $store"; done; exit 0';

/** Only if their directory is on a volume that outlives the pod: otherwise there are no results. */
export const decorateResultCleaner: PodDecorator = (pod, { earlierResults }) => {
  const stores = earlierResults.filter((store) => volumeOf(pod, store) !== undefined);
  if (stores.length === 0) return pod;
  const mounts = new Set(stores.map((store) => volumeOf(pod, store)));
  const { image, imagePullPolicy, resources, securityContext } = pod.main;
  const cleaner = {
    name: RESULT_CLEANER,
    image,
    imagePullPolicy,
    command: ["bash", "-c", script, "bash", ...stores],
    resources,
    ...(securityContext === undefined ? {} : { securityContext }),
    volumeMounts: [...mounts],
  };
  return { ...pod, spec: append(pod.spec, "initContainers", [cleaner]) };
};

/** The innermost mount that contains a path. */
function volumeOf({ main, spec }: PodDraft, path: string): JsonObject | undefined {
  const around = asList(main.volumeMounts)
    .map(asRecord)
    .filter(({ mountPath }) => isWithin(path, String(mountPath)))
    .sort((a, b) => String(b.mountPath).length - String(a.mountPath).length);
  const [mount] = around;
  const volume = asList(spec.volumes)
    .map(asRecord)
    .find(({ name }) => name === mount?.name);
  return volume === undefined || volume.emptyDir !== undefined ? undefined : mount;
}

const isWithin = (path: string, directory: string): boolean =>
  path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
