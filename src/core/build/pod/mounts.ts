import { isAtLeast } from "../../../api/v1beta1/flinkdeployment.ts";
import { flinkConfigMapName, podTemplateConfigMapName } from "../../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { jarClasspaths } from "../../../config/jobJars.ts";
import { USER_LIBRARY } from "../../../config/jobProgram.ts";
import { configFileName, presentLogFiles } from "../config/flinkConfigMap.ts";
import type { FlinkCluster } from "../flinkCluster.ts";
import { asList, asRecord } from "../json.ts";
import { addMounts, type Mount, type PodDecorator } from "./podDecorator.ts";
import type { PodDraft } from "./podTemplate.ts";
import { podTemplateFileName } from "./podTemplateConfigMap.ts";

export const hadoopDirectory = "/opt/hadoop/conf";

/** Kerberos and a Hadoop configuration of the operator's own host are not mounted: a cluster has its own. */
export const hadoopConfigMap = (config: FlinkConfig): string | undefined =>
  config.get(flinkOptions.hadoopMount) ? config.get(flinkOptions.hadoopConfigMap) : undefined;

type Mounts = (cluster: FlinkCluster, pod: PodDraft) => readonly Mount[];

const mounted =
  (...all: readonly Mounts[]): PodDecorator =>
  (pod, cluster) =>
    addMounts(
      pod,
      all.flatMap((mounts) => mounts(cluster, pod)),
    );

const userArtifacts: Mounts = ({ config }) => [
  {
    name: "user-artifacts-volume",
    mountPath: config.get(flinkOptions.userArtifactsDirectory),
    source: { emptyDir: {} },
  },
];

const secrets: Mounts = ({ config }) =>
  [...(config.get(flinkOptions.secrets) ?? [])].map(([secretName, mountPath]) => ({
    name: `${secretName}-volume`,
    mountPath,
    source: { secret: { secretName } },
  }));

/** An option of Flink 2.3. An older JobManager would not pass it to its TaskManagers. */
const persistentVolumeClaims: Mounts = ({ config, version }) => {
  if (!isAtLeast(version, "v2_3")) return [];
  const readOnly = config.get(flinkOptions.persistentVolumeClaimsReadOnly);
  return [...(config.get(flinkOptions.persistentVolumeClaims) ?? [])].map(([claimName, mountPath]) => ({
    name: `${claimName.replaceAll(".", "-")}-pvc`,
    mountPath,
    readOnly,
    source: { persistentVolumeClaim: { claimName, readOnly } },
  }));
};

const hadoopConfiguration: Mounts = ({ config }) => {
  const name = hadoopConfigMap(config);
  if (name === undefined) return [];
  return [{ name: "hadoop-config-volume", mountPath: hadoopDirectory, source: { configMap: { name } } }];
};

const files = (names: readonly string[]) => names.map((name) => ({ key: name, path: name }));

const flinkConfiguration: Mounts = ({ clusterId, config, version, logFiles }) => [
  {
    name: "flink-config-volume",
    mountPath: config.get(flinkOptions.confDirectory),
    source: {
      configMap: {
        name: flinkConfigMapName(clusterId),
        items: files([...presentLogFiles(logFiles), configFileName(version)]),
      },
    },
  },
];

const podTemplate: Mounts = ({ clusterId, mode, taskManagerTemplate }) =>
  mode === "standalone" || taskManagerTemplate === undefined
    ? []
    : [
        {
          name: "pod-template-volume",
          mountPath: "/opt/flink/pod-template",
          source: {
            configMap: { name: podTemplateConfigMapName(clusterId), items: files([podTemplateFileName]) },
          },
        },
      ];

/** With an empty directory for jars Flink loads the job from its classpaths instead of its own. SQL and Python need what is there. */
const userLibraryOf: Mounts = ({ config, mode, job, programArgs }, { main }) => {
  if (job?.sql !== undefined || job?.python !== undefined) return [];
  const others = jarClasspaths(job);
  const classpaths = (config.get(flinkOptions.pipelineClasspaths) ?? []).filter(
    (path) => !others.includes(path),
  );
  if (mode !== "standalone" || programArgs === undefined || classpaths.length === 0) return [];
  const isMounted = asList(main.volumeMounts).some((mount) => asRecord(mount).mountPath === USER_LIBRARY);
  return isMounted ? [] : [{ name: "user-lib-dir", mountPath: USER_LIBRARY, source: { emptyDir: {} } }];
};

export const decorateMounts = mounted(
  userArtifacts,
  secrets,
  persistentVolumeClaims,
  hadoopConfiguration,
  flinkConfiguration,
  podTemplate,
  userLibraryOf,
);

export const decorateTaskManagerMounts = mounted(
  secrets,
  persistentVolumeClaims,
  hadoopConfiguration,
  flinkConfiguration,
);
