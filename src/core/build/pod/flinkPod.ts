import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import type { Option } from "../../../config/option.ts";
import { mapOption } from "../clusterMetadata.ts";
import type { FlinkCluster } from "../flinkCluster.ts";
import { asRecord } from "../json.ts";
import { containerResources } from "./containerResources.ts";
import { append, type PodDecorator } from "./podDecorator.ts";
import type { PodRole } from "./podRole.ts";

/** Decorators for the pods of both processes, with the options of their role. */

type RoleDecorator = (role: PodRole) => PodDecorator;

/**
 * The value of a field that both configuration and template can set: configured, else the template's, else the
 * default.
 */
const configuredOr = (config: FlinkConfig, option: Option<string>, fromTemplate: unknown): unknown =>
  config.isSet(option) ? config.get(option) : (fromTemplate ?? config.get(option));

const isEmpty = (object: object): boolean => Object.keys(object).length === 0;

/**
 * The labels of the cluster take precedence over configured ones, because the Deployment selects its pods by them.
 */
export const decorateMetadata: RoleDecorator = (role) => (pod, cluster) => {
  const { config } = cluster;
  const annotations = { ...asRecord(pod.metadata.annotations), ...mapOption(config, role.annotations) };
  const labels = {
    ...asRecord(pod.metadata.labels),
    ...mapOption(config, role.labels),
    ...role.selector(cluster),
  };
  return { ...pod, metadata: { ...pod.metadata, labels, ...(isEmpty(annotations) ? {} : { annotations }) } };
};

export const decorateIdentity: RoleDecorator =
  (role) =>
  (pod, { config }) => {
    const serviceAccount = configuredOr(
      config,
      role.serviceAccount,
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
  };

export const decorateScheduling: RoleDecorator =
  (role) =>
  (pod, { config }) => {
    const nodeSelector = { ...asRecord(pod.spec.nodeSelector), ...mapOption(config, role.nodeSelector) };
    const spec = append(pod.spec, "tolerations", config.get(role.tolerations).map(toleration));
    return { ...pod, spec: isEmpty(nodeSelector) ? spec : { ...spec, nodeSelector } };
  };

const toleration = (fields: ReadonlyMap<string, string>) =>
  Object.fromEntries(
    [...fields].map(([name, value]) => [name, name === "tolerationSeconds" ? Number(value) : value]),
  );

/**
 * A Deployment allows only restart policy Always. The reference keeps a template's own policy, so that the API server
 * rejects the Deployment (NATIVE 10). Pod templates often have one.
 */
export const decorateRestartPolicy: PodDecorator = (pod) =>
  pod.spec.restartPolicy === undefined ? pod : { ...pod, spec: { ...pod.spec, restartPolicy: "Always" } };

export const decorateContainer: RoleDecorator = (role) => (pod, cluster) => {
  const { config } = cluster;
  const image = config.get(flinkOptions.image) ?? pod.main.image ?? defaultImage(cluster);
  const imagePullPolicy = configuredOr(config, flinkOptions.imagePullPolicy, pod.main.imagePullPolicy);
  const resources = containerResources(asRecord(pod.main.resources), cluster, role);
  return { ...pod, main: { ...pod.main, name: MAIN_CONTAINER, image, imagePullPolicy, resources } };
};

/**
 * Flink's own default is the image of the client's version. The equivalent here is the image of the resource's
 * version.
 */
const defaultImage = ({ version }: FlinkCluster): string => `flink:${version.slice(1).replace("_", ".")}`;
