/** The pod that checks an SQL script while another job of the cluster runs (docs/adr/0028). */
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import {
  COMPONENT_LABEL,
  components,
  flinkConfigMapName,
  MAIN_CONTAINER,
  podTemplateConfigMapName,
  programConfigMapName,
} from "../../api/v1beta1/names.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { jobJars } from "../../config/jobJars.ts";
import {
  jobProgram,
  PROGRAM_DIRECTORY,
  SQL_RUNNER,
  SQL_RUNNER_CLASS,
  sqlCheckJvm,
} from "../../config/jobProgram.ts";
import { clusterLabels, clusterMetadata } from "./clusterMetadata.ts";
import { configFileName, flinkConfigMap } from "./config/flinkConfigMap.ts";
import type { FlinkCluster } from "./flinkCluster.ts";
import { asList, asRecord, type JsonObject } from "./json.ts";
import { decorateEnvironment, podAddress } from "./pod/environment.ts";
import { decorateContainer, decorateIdentity, decorateMetadata, decorateScheduling } from "./pod/flinkPod.ts";
import { decorateMounts } from "./pod/mounts.ts";
import { addMounts, append, type PodDecorator } from "./pod/podDecorator.ts";
import { jobManagerRole } from "./pod/podRole.ts";
import { openTemplate, type PodDraft } from "./pod/podTemplate.ts";
import { restrictedSecurityContext } from "./pod/securityContext.ts";
import { decorateProgram, programConfigMap } from "./program.ts";

export interface SqlCheckRequest {
  /** The name of both objects. */
  readonly name: string;
  /** How long the pod may run, in seconds. */
  readonly deadlineSeconds: number;
  /** The spec of the job that runs, whose state is compared; undefined: it is of no interest. Another job than SQL has no plan. */
  readonly running: FlinkDeploymentSpec | undefined;
}

export interface SqlCheckObjects {
  /** The files of the new script and its configuration: the running job has its own ConfigMaps. */
  readonly configMap: KubeObject;
  readonly pod: KubeObject;
}

export function buildSqlCheck(cluster: FlinkCluster, request: SqlCheckRequest): SqlCheckObjects {
  const { name } = request;
  const { owner } = cluster;
  const labels = clusterLabels(cluster);
  const program = programConfigMap(cluster);
  return {
    configMap: {
      apiVersion: "v1",
      kind: "ConfigMap",
      // Like the program's own, it is kept out of the watch.
      metadata: clusterMetadata(cluster, name, {
        labels: { ...labels, [COMPONENT_LABEL]: components.program },
        owner,
      }),
      data: { ...asRecord(flinkConfigMap(cluster).data), ...asRecord(program?.data) },
      ...(program?.binaryData === undefined ? {} : { binaryData: program.binaryData }),
    },
    pod: checkPod(cluster, request),
  };
}

function checkPod(cluster: FlinkCluster, request: SqlCheckRequest): KubeObject {
  const decorators: readonly PodDecorator[] = [
    decorateMetadata(jobManagerRole),
    decorateIdentity(jobManagerRole),
    decorateScheduling(jobManagerRole),
    decorateContainer(jobManagerRole),
    decorateEnvironment(jobManagerRole, [podAddress]),
    decorateMounts,
    (pod) => decorateProgram(pod, asNative(cluster)),
    withOwnConfigMap(request.name),
    withRunningJob(request.running),
    withCommand(request.running),
    restrict,
  ];
  const { metadata, spec, main } = decorators.reduce(
    (pod, decorate) => decorate(pod, cluster),
    openTemplate(cluster.jobManagerTemplate),
  );
  const { labels, annotations } = metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: clusterMetadata(cluster, request.name, {
      labels: {
        ...(asRecord(labels) as Record<string, string>),
        [COMPONENT_LABEL]: components.sqlCheck,
      },
      annotations: asRecord(annotations) as Record<string, string>,
      owner: cluster.owner,
    }),
    spec: {
      ...spec,
      // Init containers may bring connectors. Other containers would outlive the check.
      containers: [main],
      restartPolicy: "Never",
      activeDeadlineSeconds: request.deadlineSeconds,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
    },
  };
}

/** The runner's jar is in the directory of the program, and not in that of jars. */
const asNative = (cluster: FlinkCluster): FlinkCluster => ({ ...cluster, mode: "native" });

/** The new files, in the place of those that the running job has mounted. Nothing needs the template of TaskManagers. */
const withOwnConfigMap =
  (name: string): PodDecorator =>
  (pod, { clusterId }) => {
    const own = new Set([flinkConfigMapName(clusterId), programConfigMapName(clusterId)]);
    const unused = (volume: unknown) =>
      asRecord(asRecord(volume).configMap).name === podTemplateConfigMapName(clusterId);
    const volumes = asList(pod.spec.volumes);
    const dropped = volumes.filter(unused).map((volume) => asRecord(volume).name);
    return {
      ...pod,
      spec: {
        ...pod.spec,
        volumes: volumes
          .filter((volume) => !unused(volume))
          .map((volume) =>
            withSources(volume, "configMap", (map) => (own.has(String(map.name)) ? { ...map, name } : map)),
          ),
      },
      main: {
        ...pod.main,
        volumeMounts: asList(pod.main.volumeMounts).filter(
          (mount) => !dropped.includes(asRecord(mount).name),
        ),
      },
    };
  };

type SourceKind = "configMap" | "secret";

/** Changes the sources of a volume of one kind, also those that are projected. */
function withSources(
  volume: unknown,
  kind: SourceKind,
  change: (source: JsonObject) => JsonObject,
): JsonObject {
  const { projected, ...own } = asRecord(volume);
  const changed = own[kind] === undefined ? own : { ...own, [kind]: change(asRecord(own[kind])) };
  if (projected === undefined) return changed;
  const sources = asList(asRecord(projected).sources).map((source) => withSources(source, kind, change));
  return { ...changed, projected: { ...asRecord(projected), sources } };
}

/** The root of all directories of a program, and the same for the program of the running job. */
const ROOT = PROGRAM_DIRECTORY.slice(0, PROGRAM_DIRECTORY.lastIndexOf("/"));
const RUNNING_ROOT = `${ROOT}/running`;
const atRunningRoot = (path: string): string =>
  path.startsWith(`${ROOT}/`) ? `${RUNNING_ROOT}${path.slice(ROOT.length)}` : path;

/** Mounts what the running job has mounted. What is gone by now is left out: then nothing is compared. */
const withRunningJob =
  (running: FlinkDeploymentSpec | undefined): PodDecorator =>
  (pod, cluster) => {
    const { job, flinkVersion: version } = running ?? {};
    if (job?.sql === undefined || version === undefined) return pod;
    const of = { ...asNative(cluster), job };
    const { spec, main } = decorateProgram({ metadata: {}, spec: {}, main: {} }, of);
    const optional = (source: JsonObject) => ({ ...source, optional: true });
    const volumes = asList(spec.volumes).map((volume) => {
      const { name, ...source } = withSources(withSources(volume, "configMap", optional), "secret", optional);
      return { name: `running-${name}`, ...source };
    });
    const mounts = asList(main.volumeMounts).map((mount) => {
      const { name, mountPath, ...more } = asRecord(mount);
      return { name: `running-${name}`, mountPath: atRunningRoot(String(mountPath)), ...more };
    });
    const file = configFileName(version);
    const configuration = {
      name: "running-config-volume",
      mountPath: `${RUNNING_ROOT}/conf`,
      source: {
        configMap: {
          name: flinkConfigMapName(cluster.clusterId),
          items: [{ key: file, path: file }],
          optional: true,
        },
      },
    };
    const mounted = {
      ...pod,
      spec: append(pod.spec, "volumes", volumes),
      main: append(pod.main, "volumeMounts", mounts),
    };
    return addMounts(mounted, [configuration]);
  };

/** The paths of the jars that the job names, with colons. */
const NAMED_JARS = "SQL_CHECK_JARS";

/** The class path of a JobManager: the distribution, the runner, the user's jars in any folder, those that the job names. */
const LAUNCHER = `home=\${FLINK_HOME:-/opt/flink}
jars=$(find "$home/usrlib" -name '*.jar' 2>/dev/null | tr '\\n' ':')
export FLINK_PLUGINS_DIR="$home/plugins"
export JDK_JAVA_OPTIONS="${sqlCheckJvm.addOpens} $JDK_JAVA_OPTIONS"
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:MaxRAMPercentage=70 -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
  ${sqlCheckJvm.quiet.join(" ")} \\
  -cp "$home/lib/*:${PROGRAM_DIRECTORY}/${SQL_RUNNER}:$jars$${NAMED_JARS}" ${SQL_RUNNER_CLASS} --check "$@"`;

const withCommand =
  (running: FlinkDeploymentSpec | undefined): PodDecorator =>
  (pod, { config, job = {} }) => {
    const args = [
      ...jobProgram(job, "native").args,
      ...(running?.job?.sql === undefined
        ? []
        : [
            "--running",
            `${RUNNING_ROOT}/conf`,
            ...jobProgram(running.job, "native").args.map(atRunningRoot),
          ]),
    ];
    const namedJars = jobJars(job).map(({ path }) => path);
    const environment = [
      { name: "FLINK_CONF_DIR", value: config.get(flinkOptions.confDirectory) },
      ...(namedJars.length === 0 ? [] : [{ name: NAMED_JARS, value: namedJars.join(":") }]),
    ];
    return {
      ...pod,
      main: {
        ...append(pod.main, "env", environment),
        command: ["bash", "-c", LAUNCHER, MAIN_CONTAINER],
        args,
        // If Java does not come as far as that.
        terminationMessagePolicy: "FallbackToLogsOnError",
      },
    };
  };

/** The user of Flink's official images. Files of the image are readable by everybody. */
const FLINK_USER = 9999;
const TEMPORARY = "/tmp";

/** It executes nothing, so it needs no right. What else the template says has precedence. */
const restrict: PodDecorator = (pod) => {
  const {
    livenessProbe: _,
    readinessProbe: __,
    startupProbe: ___,
    lifecycle: ____,
    ports: _____,
    ...main
  } = pod.main;
  const ofContainer = asRecord(main.securityContext);
  const hasUser = [ofContainer, asRecord(pod.spec.securityContext)].some(
    ({ runAsUser, runAsNonRoot }) => runAsUser !== undefined || runAsNonRoot !== undefined,
  );
  const securityContext = restrictedSecurityContext({
    ...(hasUser ? {} : { runAsNonRoot: true, runAsUser: FLINK_USER, runAsGroup: FLINK_USER }),
    ...ofContainer,
  });
  const isMounted = asList(main.volumeMounts).some((mount) => asRecord(mount).mountPath === TEMPORARY);
  const restricted: PodDraft = { ...pod, main: { ...main, securityContext } };
  // Flink unpacks its planner there.
  return isMounted
    ? restricted
    : addMounts(restricted, [{ name: "sql-check-tmp", mountPath: TEMPORARY, source: { emptyDir: {} } }]);
};
