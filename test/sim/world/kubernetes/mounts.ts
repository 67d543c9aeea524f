import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { dig, listAt, textAt } from "../json.ts";
import type { ApiServer } from "./server.ts";

/** The files of a pod's ConfigMap volumes by path, or the reason why a volume cannot be mounted. */
export const mountFiles = (
  server: ApiServer,
  pod: KubeObject,
): { files: Map<string, string>; missing: string | undefined } => {
  const files = new Map<string, string>();
  const namespace = pod.metadata.namespace ?? "";
  for (const volume of listAt(pod, "spec", "volumes")) {
    const source = volume.configMap;
    const name = textAt(source, "name");
    if (name === undefined) continue;
    const optional = dig(source, "optional") === true;
    const map = server.find(resourceTypes.configMap, namespace, name);
    if (map === undefined) {
      if (optional) continue;
      return {
        files,
        missing: `MountVolume.SetUp failed for volume "${volume.name}" : configmap "${name}" not found`,
      };
    }
    const data = (map.data ?? {}) as Record<string, string>;
    const items = listAt(source, "items");
    const chosen =
      items.length > 0
        ? items.map((item) => ({ key: String(item.key), path: String(item.path) }))
        : Object.keys(data).map((key) => ({ key, path: key }));
    for (const { key, path } of chosen) {
      const content = data[key];
      if (content === undefined) {
        if (optional) continue;
        return {
          files,
          missing: `MountVolume.SetUp failed for volume "${volume.name}" : configmap references non-existent config key: ${key}`,
        };
      }
      for (const place of mountPaths(pod, String(volume.name))) files.set(`${place}/${path}`, content);
    }
  }
  return { files, missing: undefined };
};

const mountPaths = (pod: KubeObject, volume: string): string[] =>
  listAt(pod, "spec", "containers").flatMap((container) =>
    listAt(container, "volumeMounts")
      .filter((mount) => mount.name === volume)
      .map((mount) => String(mount.mountPath)),
  );
