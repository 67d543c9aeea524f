import { flinkOptions, restPort } from "../../../config/flinkOptions.ts";
import { isApplication, singlePort } from "../config/clientConfig.ts";
import { standaloneArguments } from "../config/standaloneArguments.ts";
import type { FlinkCluster } from "../flinkCluster.ts";
import { decorateGate } from "../gate.ts";
import { decorateProgram } from "../program.ts";
import { decorateResultCleaner } from "../resultCleaner.ts";
import { decorateEnvironment, podAddress } from "./environment.ts";
import {
  decorateContainer,
  decorateIdentity,
  decorateMetadata,
  decorateRestartPolicy,
  decorateScheduling,
} from "./flinkPod.ts";
import { decorateMounts } from "./mounts.ts";
import { append, type PodDecorator } from "./podDecorator.ts";
import { jobManagerRole } from "./podRole.ts";
import type { PodDraft } from "./podTemplate.ts";

/** In the order of Flink's decorators, which determines the order of volumes and variables in the pod. */
const decorators: readonly PodDecorator[] = [
  decorateMetadata(jobManagerRole),
  decorateIdentity(jobManagerRole),
  decorateNetwork,
  decorateScheduling(jobManagerRole),
  decorateRestartPolicy,
  decorateContainer(jobManagerRole),
  decoratePorts,
  decorateEnvironment(jobManagerRole, [podAddress]),
  decorateCommand,
  decorateMounts,
  decorateProgram,
  decorateResultCleaner,
  decorateGate,
];

export const decorateJobManagerPod: PodDecorator = (pod, cluster) =>
  decorators.reduce((result, decorate) => decorate(result, cluster), pod);

/** Replaces the template's hostNetwork, which must match Flink's ports. */
function decorateNetwork(pod: PodDraft, { config }: FlinkCluster): PodDraft {
  const hostNetwork = config.get(flinkOptions.hostNetwork);
  const dnsPolicy = hostNetwork ? "ClusterFirstWithHostNet" : (pod.spec.dnsPolicy ?? "ClusterFirst");
  return { ...pod, spec: { ...pod.spec, hostNetwork, dnsPolicy } };
}

/** With hostNetwork Flink declares no ports: they would be reserved on the node. */
function decoratePorts(pod: PodDraft, { config }: FlinkCluster): PodDraft {
  if (config.get(flinkOptions.hostNetwork)) return pod;
  const ports = [
    { name: "rest", containerPort: restPort(config) },
    { name: "jobmanager-rpc", containerPort: config.get(flinkOptions.jobManagerRpcPort) },
    { name: "blobserver", containerPort: singlePort(config, flinkOptions.blobServerPort) },
  ];
  return { ...pod, main: append(pod.main, "ports", ports) };
}

/** No memory arguments: the script computes them in the container, from the same configuration. */
function decorateCommand(pod: PodDraft, cluster: FlinkCluster): PodDraft {
  const command = [cluster.config.get(flinkOptions.entryPath)];
  const args = cluster.mode === "native" ? nativeArguments(cluster) : standaloneArguments(cluster);
  return { ...pod, main: { ...pod.main, command, args } };
}

function nativeArguments({ config }: FlinkCluster): readonly string[] {
  const target = isApplication(config) ? "kubernetes-application" : "kubernetes-session";
  return [
    "bash",
    "-c",
    `kubernetes-jobmanager.sh ${target} ${config.get(flinkOptions.jobManagerEntrypointArgs)}`,
  ];
}
