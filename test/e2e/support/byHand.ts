import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import type { KubeObject } from "../../../src/api/kubernetes.ts";
import type { FlinkDeployment } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { readConfigFiles } from "../../../src/config/configFiles.ts";
import { deployConfig } from "../../../src/config/effectiveConfig.ts";
import { flinkConfig } from "../../../src/config/flinkConfig.ts";
import { buildFlinkDeployment } from "../../../src/core/build/cluster.ts";
import type { LaunchKeys } from "../../../src/core/build/config/launchConfig.ts";
import type { RestEndpoint } from "../../../src/flink/api.ts";
import { absent } from "./application.ts";
import { kube, types } from "./cluster.ts";
import { root } from "./commands.ts";

/** The operator's configuration as the chart installs it. */
export const operatorConfig = flinkConfig(installedConfig());

function installedConfig(): Map<string, string> {
  const manifests = loadAll(readFileSync(join(root, "deploy/operator.yaml"), "utf8")) as KubeObject[];
  const { data } = manifests.find(({ kind }) => kind === "ConfigMap") as unknown as {
    data: Record<string, string>;
  };
  return readConfigFiles([new Map(Object.entries(data))]) ?? new Map();
}

/** Creates what the operator would create for a resource, which is not there itself: no operator minds this cluster. */
export async function launchByHand(
  resource: FlinkDeployment,
  { jobId, restore }: Pick<LaunchKeys, "jobId" | "restore">,
): Promise<void> {
  const objects = buildFlinkDeployment({
    resource,
    config: deployConfig({ operatorConfig, resource }),
    jobId,
    launchId: randomUUID(),
    restore,
  });
  for (const { type, object } of objects.beforeDeployment) await kube().apply(type, object);
  const created = await kube().create(types.deployment, objects.deployment);
  for (const { type, object } of objects.afterDeployment(created.metadata.uid)) {
    await kube().apply(type, object);
  }
}

/** Deletes such a cluster, and its memory of what it ran. */
export async function takeDownByHand(namespace: string, name: string): Promise<void> {
  await kube().delete(types.deployment, namespace, name, { propagation: "Foreground" });
  await absent(types.deployment, namespace, name);
  const { items } = await kube().list(types.configMap, { namespace, labelSelector: `app=${name}` });
  for (const { metadata } of items) await kube().delete(types.configMap, namespace, metadata.name);
}

/** Where a JobManager's REST is reached from this machine. */
export async function restEndpoint(namespace: string, name: string): Promise<RestEndpoint> {
  const service = await kube().get(types.service, namespace, `${name}-rest`);
  return { host: (service.spec as { clusterIP: string }).clusterIP, port: 8081 };
}
