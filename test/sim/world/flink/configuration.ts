import { load } from "js-yaml";
import { isObject, type JsonObject, listAt, textAt } from "../json.ts";

/** A JobManager's configuration, as flat keys with text values. */
export type Configuration = ReadonlyMap<string, string>;

const directory = "/opt/flink/conf";
const taskManagerTemplate = "/opt/flink/pod-template/taskmanager-pod-template.yaml";

/** The pod template of the TaskManagers, empty where the user has set none. */
export const readTaskManagerTemplate = (files: ReadonlyMap<string, string>): JsonObject =>
  (load(files.get(taskManagerTemplate) ?? "{}") ?? {}) as JsonObject;

/** Reads the files that the JobManager's pod mounts; undefined where there are none: the process cannot start. */
export const readConfiguration = (files: ReadonlyMap<string, string>): Configuration | undefined => {
  const standard = files.get(`${directory}/config.yaml`);
  if (standard !== undefined) return flatten(load(standard) ?? {});
  const legacy = files.get(`${directory}/flink-conf.yaml`);
  return legacy === undefined ? undefined : readLines(legacy);
};

const flatten = (tree: unknown): Configuration => {
  const flat = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) visit(item, path === "" ? key : `${path}.${key}`);
    } else if (Array.isArray(value)) {
      flat.set(path, value.map(String).join(";"));
    } else if (value !== null && value !== undefined) {
      flat.set(path, String(value));
    }
  };
  visit(tree, "");
  return flat;
};

/** "key: value" lines; the format is not YAML, despite the file's name. */
const readLines = (text: string): Configuration =>
  new Map(
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"))
      .flatMap((line) => {
        const at = line.indexOf(": ");
        return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 2).trim()] as const];
      }),
  );

const units: Record<string, number> = {
  "": 1,
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds. */
export const durationOf = (configuration: Configuration, ...keys: string[]): number | undefined => {
  const text = firstOf(configuration, ...keys);
  if (text === undefined) return undefined;
  const match = /^(\d+)\s*([a-z]*)$/.exec(text.trim().toLowerCase());
  const unit = units[match?.[2] ?? "?"];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
};

/** The value of the first key that is set: the newer name first, then the older ones. */
export const firstOf = (configuration: Configuration, ...keys: string[]): string | undefined => {
  for (const key of keys) {
    const value = configuration.get(key);
    if (value !== undefined) return value;
  }
  return undefined;
};

export const flagOf = (configuration: Configuration, key: string, defaultValue: boolean): boolean => {
  const text = configuration.get(key);
  return text === undefined ? defaultValue : text.toLowerCase() === "true";
};

const highAvailabilityOf = (configuration: Configuration): string =>
  firstOf(configuration, "high-availability.type", "high-availability") ?? "NONE";

export const usesZooKeeper = (configuration: Configuration): boolean =>
  highAvailabilityOf(configuration).toLowerCase() === "zookeeper";

export const isHighlyAvailable = (configuration: Configuration): boolean => {
  const type = highAvailabilityOf(configuration);
  const inKubernetes = type.toLowerCase() === "kubernetes" || type.endsWith("KubernetesHaServicesFactory");
  return inKubernetes || usesZooKeeper(configuration);
};

/** "1.20" of v1_20 or of an image's tag. */
export const versionOf = (configuration: Configuration, image: string): string => {
  const declared = /^v(\d+)_(\d+)$/.exec(configuration.get("$internal.flink.version") ?? "");
  if (declared !== null) return `${declared[1]}.${declared[2]}`;
  return /:(\d+\.\d+)/.exec(image)?.[1] ?? "1.20";
};

/** The image of the Flink container, which need not be the first. */
export const flinkImageOf = (pod: unknown): string =>
  textAt(
    listAt(pod, "spec", "containers").find(({ name }) => name === "flink-main-container"),
    "image",
  ) ?? "";
