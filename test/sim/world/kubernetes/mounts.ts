import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { dig, type JsonObject, listAt, textAt } from "../json.ts";
import type { ApiServer } from "./server.ts";

interface ConfigMapSource {
  readonly name: string;
  readonly optional: boolean;
  readonly items: readonly { readonly key: string; readonly path: string }[];
}

/** The files of a pod's ConfigMap volumes by path, or the reason why a volume cannot be mounted. */
export const mountFiles = (
  server: ApiServer,
  pod: KubeObject,
): { files: Map<string, string>; missing: string | undefined } => {
  const files = new Map<string, string>();
  const namespace = pod.metadata.namespace ?? "";
  for (const volume of listAt(pod, "spec", "volumes")) {
    const failed = (why: string) => ({
      files,
      missing: `MountVolume.SetUp failed for volume "${volume.name}" : ${why}`,
    });
    for (const { name, optional, items } of sourcesOf(volume)) {
      const map = server.find(resourceTypes.configMap, namespace, name);
      if (map === undefined) {
        if (optional) continue;
        return failed(`configmap "${name}" not found`);
      }
      const data = { ...(map.data ?? {}), ...(map.binaryData ?? {}) } as Record<string, string>;
      const chosen = items.length > 0 ? items : Object.keys(data).map((key) => ({ key, path: key }));
      for (const { key, path } of chosen) {
        const content = data[key];
        if (content !== undefined) {
          for (const place of mountPaths(pod, String(volume.name))) files.set(`${place}/${path}`, content);
        } else if (!optional) return failed(`configmap references non-existent config key: ${key}`);
      }
    }
  }
  return { files, missing: undefined };
};

const sourcesOf = (volume: JsonObject): ConfigMapSource[] =>
  [volume, ...listAt(volume, "projected", "sources")].flatMap(({ configMap }) => {
    const name = textAt(configMap, "name");
    if (name === undefined) return [];
    const items = listAt(configMap, "items").map(({ key, path }) => ({
      key: String(key),
      path: String(path),
    }));
    return [{ name, optional: dig(configMap, "optional") === true, items }];
  });

const mountPaths = (pod: KubeObject, volume: string): string[] =>
  [...listAt(pod, "spec", "initContainers"), ...listAt(pod, "spec", "containers")].flatMap((container) =>
    listAt(container, "volumeMounts")
      .filter((mount) => mount.name === volume)
      .map((mount) => String(mount.mountPath)),
  );
