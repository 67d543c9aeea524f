import { MAIN_CONTAINER } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions, restPort } from "../../config/flinkOptions.ts";
import type { Option } from "../../config/option.ts";
import { isApplication, singlePort } from "./clientConfig.ts";
import { jobManagerSelector, mapOption } from "./clusterMetadata.ts";
import { containerResources } from "./containerResources.ts";
import { decorateEnvironment } from "./environment.ts";
import { asRecord } from "./json.ts";
import { decorateMounts } from "./mounts.ts";
import type { NativeCluster } from "./nativeCluster.ts";
import { append, type PodDecorator } from "./podDecorator.ts";
import type { PodDraft } from "./podTemplate.ts";

/** In the order of Flink's decorators: it is the order of volumes and variables in the pod. */
const decorators: readonly PodDecorator[] = [
  decorateMetadata,
  decorateIdentity,
  decorateNetwork,
  decorateScheduling,
  decorateRestartPolicy,
  decorateContainer,
  decorateEnvironment,
  decorateCommand,
  decorateMounts,
];

export const decorateJobManagerPod: PodDecorator = (pod, cluster) =>
  decorators.reduce((result, decorate) => decorate(result, cluster), pod);

/** The value for a field that both configuration and template can set: configured, else the template's, else the default. */
const configuredOr = (config: FlinkConfig, option: Option<string>, fromTemplate: unknown): unknown =>
  config.isSet(option) ? config.get(option) : (fromTemplate ?? config.get(option));

const isEmpty = (object: object): boolean => Object.keys(object).length === 0;

function decorateMetadata(pod: PodDraft, { clusterId, config }: NativeCluster): PodDraft {
  const annotations = {
    ...asRecord(pod.metadata.annotations),
    ...mapOption(config, flinkOptions.jobManagerAnnotations),
  };
  const labels = {
    ...asRecord(pod.metadata.labels),
    ...mapOption(config, flinkOptions.jobManagerLabels),
    ...jobManagerSelector(clusterId),
  };
  return { ...pod, metadata: { ...pod.metadata, labels, ...(isEmpty(annotations) ? {} : { annotations }) } };
}

function decorateIdentity(pod: PodDraft, { config }: NativeCluster): PodDraft {
  const serviceAccount = configuredOr(
    config,
    flinkOptions.jobManagerServiceAccount,
    pod.spec.serviceAccountName ?? pod.spec.serviceAccount,
  );
  const pullSecrets = config.get(flinkOptions.imagePullSecrets).map((name) => ({ name }));
  return {
    ...pod,
    spec: {
      ...append(pod.spec, "imagePullSecrets", pullSecrets),
      serviceAccount,
      serviceAccountName: serviceAccount,
    },
  };
}

/** The template's hostNetwork is overwritten: Flink's ports must agree with it. */
function decorateNetwork(pod: PodDraft, { config }: NativeCluster): PodDraft {
  const hostNetwork = config.get(flinkOptions.hostNetwork);
  const dnsPolicy = hostNetwork ? "ClusterFirstWithHostNet" : (pod.spec.dnsPolicy ?? "ClusterFirst");
  return { ...pod, spec: { ...pod.spec, hostNetwork, dnsPolicy } };
}

function decorateScheduling(pod: PodDraft, { config }: NativeCluster): PodDraft {
  const nodeSelector = {
    ...asRecord(pod.spec.nodeSelector),
    ...mapOption(config, flinkOptions.jobManagerNodeSelector),
  };
  const tolerations = config.get(flinkOptions.jobManagerTolerations).map(toleration);
  const spec = append(pod.spec, "tolerations", tolerations);
  return { ...pod, spec: isEmpty(nodeSelector) ? spec : { ...spec, nodeSelector } };
}

const toleration = (fields: ReadonlyMap<string, string>) =>
  Object.fromEntries(
    [...fields].map(([name, value]) => [name, name === "tolerationSeconds" ? Number(value) : value]),
  );

/**
 * A Deployment restarts its pods always and admits no other policy. The reference leaves a template's own in place, so
 * that the API server rejects the Deployment (NATIVE 10); templates of pods often have one.
 */
function decorateRestartPolicy(pod: PodDraft): PodDraft {
  return pod.spec.restartPolicy === undefined
    ? pod
    : { ...pod, spec: { ...pod.spec, restartPolicy: "Always" } };
}

function decorateContainer(pod: PodDraft, cluster: NativeCluster): PodDraft {
  const { config } = cluster;
  const image = config.get(flinkOptions.image) ?? pod.main.image ?? defaultImage(cluster);
  const imagePullPolicy = configuredOr(config, flinkOptions.imagePullPolicy, pod.main.imagePullPolicy);
  const resources = containerResources(asRecord(pod.main.resources), cluster);
  const main = { ...pod.main, name: MAIN_CONTAINER, image, imagePullPolicy, resources };
  return { ...pod, main: append(main, "ports", containerPorts(config)) };
}

/** Flink's own default is the image of the client's version. The newest one of the resource's is the same idea. */
const defaultImage = ({ version }: NativeCluster): string => `flink:${version.slice(1).replace("_", ".")}`;

/** With the host's network Flink declares none: they would be taken from the node. */
function containerPorts(config: FlinkConfig): readonly unknown[] {
  if (config.get(flinkOptions.hostNetwork)) return [];
  return [
    { name: "rest", containerPort: restPort(config) },
    { name: "jobmanager-rpc", containerPort: config.get(flinkOptions.jobManagerRpcPort) },
    { name: "blobserver", containerPort: singlePort(config, flinkOptions.blobServerPort) },
  ];
}

/** No memory arguments: the script computes them in the container, from the same configuration. */
function decorateCommand(pod: PodDraft, { config }: NativeCluster): PodDraft {
  const target = isApplication(config) ? "kubernetes-application" : "kubernetes-session";
  const script = `kubernetes-jobmanager.sh ${target} ${config.get(flinkOptions.jobManagerEntrypointArgs)}`;
  return {
    ...pod,
    main: { ...pod.main, command: [config.get(flinkOptions.entryPath)], args: ["bash", "-c", script] },
  };
}
