/** The files of SQL and Python jobs, and where the JobManager's pod has them (docs/adr/0026). */
import type { KubeObject } from "../../api/kubernetes.ts";
import type { JobSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { COMPONENT_LABEL, components, programConfigMapName } from "../../api/v1beta1/names.ts";
import type { TextSource, VariablesSource } from "../../api/v1beta1/program.ts";
import { hasFetchedJars } from "../../config/jobJars.ts";
import {
  inlineScripts,
  keyOf,
  PROGRAM_DIRECTORY,
  SQL_RUNNER,
  USER_LIBRARY,
  variablesDirectory,
} from "../../config/jobProgram.ts";
import { clusterLabels, clusterMetadata } from "./clusterMetadata.ts";
import type { FlinkCluster } from "./flinkCluster.ts";
import { JAR_REQUEST_FILE } from "./jarRequest.ts";
import type { JsonObject } from "./json.ts";
import { addEnvironment, addMounts, append, type Mount, type PodDecorator } from "./pod/podDecorator.ts";
import type { PodDraft } from "./pod/podTemplate.ts";

const VOLUME = "flink-program-volume";

/** The keys of inline variables in the ConfigMap, apart from those of files. */
const variableKey = (name: string): string => `variable.${name}`;

/** The inline texts by their key in the ConfigMap. */
function inlineTexts({ sql, python }: JobSpec): Record<string, string> {
  return {
    ...(sql?.script === undefined ? {} : { [inlineScripts.sql]: sql.script }),
    ...(python?.script === undefined ? {} : { [inlineScripts.python]: python.script }),
  };
}

/** The ConfigMap with the inline parts of a program, the runner of SQL scripts and the list of jars; undefined for a job that has none. */
export function programConfigMap(cluster: FlinkCluster): KubeObject | undefined {
  const { clusterId, job = {}, sqlRunner, jarRequest, owner } = cluster;
  const variables = Object.entries(job.sql?.variables ?? {}).map(([name, value]) => [
    variableKey(name),
    value,
  ]);
  const data = {
    ...inlineTexts(job),
    ...Object.fromEntries(variables),
    ...(jarRequest === undefined ? {} : { [JAR_REQUEST_FILE]: JSON.stringify(jarRequest) }),
  };
  if (job.sql === undefined && Object.keys(data).length === 0) return undefined;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: clusterMetadata(cluster, programConfigMapName(clusterId), {
      // Apart from what is watched: it is larger than all others.
      labels: { ...clusterLabels(cluster), [COMPONENT_LABEL]: components.program },
      owner,
    }),
    data,
    ...(job.sql === undefined || sqlRunner === undefined ? {} : { binaryData: { [SQL_RUNNER]: sqlRunner } }),
  };
}

/** Whether its cluster has the ConfigMap above. */
export const hasProgramConfigMap = (job: JobSpec = {}): boolean =>
  job.sql !== undefined || Object.keys(inlineTexts(job)).length > 0 || hasFetchedJars(job);

/** Mounts the files of a program into the JobManager. */
export const decorateProgram: PodDecorator = (pod, cluster) => {
  const { job, mode } = cluster;
  if (job?.sql === undefined && job?.python === undefined) return pod;
  const mounted = addMounts(pod, [...filesOf(cluster, job), ...variablesOf(cluster, job)]);
  if (job.sql === undefined) return mounted;
  const toldWhere = withProblemFile(mounted);
  const inUserLibrary = { name: VOLUME, mountPath: `${USER_LIBRARY}/${SQL_RUNNER}`, subPath: SQL_RUNNER };
  return mode === "standalone"
    ? { ...toldWhere, main: append(toldWhere.main, "volumeMounts", [inUserLibrary]) }
    : toldWhere;
};

/** All files in one volume, so that a module lies beside the program that imports it. */
function filesOf({ clusterId }: FlinkCluster, job: JobSpec): Mount[] {
  const own = [...Object.keys(inlineTexts(job)), ...(job.sql === undefined ? [] : [SQL_RUNNER])];
  const sources = [
    ...(own.length === 0 ? [] : [projection("configMap", programConfigMapName(clusterId), own)]),
    ...(job.sql?.scriptFrom ?? job.python?.scriptFrom ?? []).map(projectedSource),
  ];
  return sources.length === 0
    ? []
    : [{ name: VOLUME, mountPath: PROGRAM_DIRECTORY, source: { projected: { sources } } }];
}

const items = (keys: readonly string[]) => keys.map((key) => ({ key, path: key }));

const projection = (kind: "configMap" | "secret", name: string | undefined, keys: readonly string[]) => ({
  [kind]: { name, items: items(keys) },
});

const projectedSource = (source: TextSource): JsonObject =>
  source.configMapKeyRef === undefined
    ? projection("secret", source.secretKeyRef?.name, [keyOf(source)])
    : projection("configMap", source.configMapKeyRef.name, [keyOf(source)]);

/** A folder for each source: each file is a variable. The inline ones come last, since a later one counts. */
function variablesOf({ clusterId }: FlinkCluster, { sql }: JobSpec): Mount[] {
  const inline = Object.keys(sql?.variables ?? {}).map((name) => ({ key: variableKey(name), path: name }));
  const sources = [
    ...(sql?.variablesFrom ?? []).map(variablesSource),
    ...(inline.length === 0 ? [] : [{ configMap: { name: programConfigMapName(clusterId), items: inline } }]),
  ];
  return sources.map((source, index) => ({
    name: `flink-variables-${index}`,
    mountPath: variablesDirectory(index),
    source,
  }));
}

const variablesSource = ({ configMapRef, secretRef }: VariablesSource): JsonObject =>
  configMapRef === undefined
    ? { secret: { secretName: secretRef?.name } }
    : { configMap: { name: configMapRef.name } };

/** The runner writes what is wrong to the container's termination message, which a template may have elsewhere. */
function withProblemFile(pod: PodDraft): PodDraft {
  const { terminationMessagePath: path } = pod.main;
  return addEnvironment(pod, [
    { name: "SQL_PROBLEM_FILE", value: typeof path === "string" ? path : "/dev/termination-log" },
  ]);
}
