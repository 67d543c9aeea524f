import { asList, asRecord, type JsonObject } from "./json.ts";
import { append, type PodDecorator } from "./pod/podDecorator.ts";
import type { PodDraft } from "./pod/podTemplate.ts";

/** The container that removes what earlier launches of the resource left (docs/adr/0006). Our own. */
export const RESULT_CLEANER = "flink-result-cleaner";

/** It tries as the user that it is and as Flink's own, says what it did, and never fails: the JobManager waits for it. */
const script =
  'for store in "$@"; do ' +
  '{ rm -rf -- "$store" || gosu flink rm -rf -- "$store"; } && echo "Removed the results of an earlier launch: $store" ' +
  '|| echo "Could not remove the results of an earlier launch: $store"; done; exit 0';

/** Only where their directory is on a volume that outlives the pod: elsewhere nothing was left. */
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

/** The mount that a path is in: the innermost one. */
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
