import { BuildError } from "../../../config/buildError.ts";
import { entriesBelow } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { hadoopConfigMap, hadoopDirectory } from "./mounts.ts";
import { addEnvironment, type PodDecorator } from "./podDecorator.ts";
import type { PodRole } from "./podRole.ts";

/** `own`: variables that the process needs in addition to the configured ones. */
export const decorateEnvironment =
  ({ environmentPrefix }: PodRole, own: readonly object[]): PodDecorator =>
  (pod, { config }) => {
    const logDirectory = config.get(flinkOptions.logDirectory);
    return addEnvironment(pod, [
      ...[...entriesBelow(config.entries, environmentPrefix)].map(([name, value]) => ({ name, value })),
      ...own,
      ...(logDirectory === undefined ? [] : [{ name: "FLINK_LOG_DIR", value: logDirectory }]),
      ...config.get(flinkOptions.environmentFromSecrets).map(fromSecret),
      ...(hadoopConfigMap(config) === undefined ? [] : [{ name: "HADOOP_CONF_DIR", value: hadoopDirectory }]),
    ]);
  };

/** With high availability the JobManager announces itself by its pod IP. */
export const podAddress = {
  name: "_POD_IP_ADDRESS",
  valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } },
};

function fromSecret(fields: ReadonlyMap<string, string>) {
  const [name, secret, key] = ["env", "secret", "key"].map((field) => fields.get(field));
  if (name === undefined || secret === undefined || key === undefined) {
    const { key: option } = flinkOptions.environmentFromSecrets;
    throw new BuildError(option, `${option}: each entry must be env:NAME,secret:NAME,key:NAME`);
  }
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
