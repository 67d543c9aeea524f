/** The gate of an application cluster that stands before the old job is stopped (docs/adr/0034). */
import type { KubeObject } from "../../api/kubernetes.ts";
import {
  COMPONENT_LABEL,
  components,
  gateConfigMapName,
  wordConfigMapName,
} from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { GATE_CLASS, GATE_JAR, gateVariables } from "../../config/gate.ts";
import { clusterLabels, clusterMetadata } from "./clusterMetadata.ts";
import type { FlinkCluster } from "./flinkCluster.ts";
import type { Gate } from "./nativeCluster.ts";
import { addEnvironment, append, type PodDecorator } from "./pod/podDecorator.ts";

const SLOTS_MINIMUM = "slotmanager.number-of-slots.min";
/** A Deployment that has it waits at the gate. */
export const GATE_VOLUME = "flink-gate-volume";
const LIBRARY = "/opt/flink/lib";

/** The gate in the place of the user's main class, and TaskManagers before any job. */
export function gatedConfig(config: FlinkConfig, { slots }: Pick<Gate, "slots">): FlinkConfig {
  const minimum = Number(config.entries.get(SLOTS_MINIMUM));
  return config.with({
    [flinkOptions.mainClass.key]: GATE_CLASS,
    ...(minimum >= slots ? {} : { [SLOTS_MINIMUM]: String(slots) }),
  });
}

/** What the gate has to call, by the configuration without it. */
export function gatedProgram(config: FlinkConfig): Pick<Gate, "mainClass" | "jar"> {
  const [jar] = config.get(flinkOptions.pipelineJars) ?? [];
  return {
    mainClass: config.get(flinkOptions.mainClass),
    jar: jar?.startsWith("local:") ? jar.replace(/^local:(\/\/)?/, "") : undefined,
  };
}

/** Without the jar, which the operator adds when it creates the object. Not watched: it is labelled as a program. */
export const gateConfigMap = (cluster: FlinkCluster): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: clusterMetadata(cluster, gateConfigMapName(cluster.clusterId), {
    labels: { ...clusterLabels(cluster), [COMPONENT_LABEL]: components.program },
    owner: cluster.owner,
  }),
});

/** What opens the gate of the launch `key`. The Java operator and Flink do not know it. */
export const wordConfigMap = (cluster: FlinkCluster, key: string, savepoint: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: clusterMetadata(cluster, wordConfigMapName(cluster.clusterId), {
    labels: { ...clusterLabels(cluster), [COMPONENT_LABEL]: components.program },
    owner: cluster.owner,
  }),
  data: { [key]: savepoint },
});

/** Puts the gate on the class path of the JobManager, and tells it what to wait for and to call. */
export const decorateGate: PodDecorator = (pod, { clusterId, gate }) => {
  if (gate === undefined) return pod;
  const variables: Record<string, string | undefined> = {
    [gateVariables.configMap]: wordConfigMapName(clusterId),
    [gateVariables.key]: gate.key,
    [gateVariables.mainClass]: gate.mainClass,
    [gateVariables.jar]: gate.jar,
  };
  const env = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  const told = addEnvironment(pod, env);
  return {
    ...told,
    spec: append(told.spec, "volumes", [
      { name: GATE_VOLUME, configMap: { name: gateConfigMapName(clusterId) } },
    ]),
    main: append(told.main, "volumeMounts", [
      { name: GATE_VOLUME, mountPath: `${LIBRARY}/${GATE_JAR}`, subPath: GATE_JAR, readOnly: true },
    ]),
  };
};
