import { randomUUID } from "node:crypto";
import { deployConfig } from "../../../src/config/effectiveConfig.ts";
import { buildFlinkDeployment } from "../../../src/core/build/cluster.ts";
import { createFlinkClient } from "../../../src/flink/client.ts";
import { isNotFound } from "../../../src/kube/errors.ts";
import type { Application } from "../../e2e/support/application.ts";
import { kube, types } from "../../e2e/support/cluster.ts";
import { until } from "../../e2e/support/until.ts";
import { operatorConfig } from "./counting.ts";

/**
 * A savepoint upgrade without an operator, each step as soon as the one before allows it: stop with a savepoint, delete
 * the cluster, wait until it is gone, create it again from the savepoint.
 */
export async function upgradeByHand(application: Application, namespace: string): Promise<void> {
  const resource = await application.resource();
  const { name } = resource.metadata;
  const { jid } = await application.job();
  const service = await kube().get(types.service, namespace, `${name}-rest`);
  const at = { host: (service.spec as { clusterIP: string }).clusterIP, port: 8081 };
  const flink = createFlinkClient();
  const triggerId = randomUUID().replaceAll("-", "");
  const targetDirectory = "file:///flink-data/savepoints";
  await flink.stopWithSavepoint(at, jid, {
    triggerId,
    targetDirectory,
    formatType: "CANONICAL",
    drain: false,
  });
  const path = await until("the savepoint is done", async () => {
    const status = await flink.savepointStatus(at, jid, triggerId);
    return status.state === "completed" ? status.location : undefined;
  });
  await flink.close();
  await kube().delete(types.deployment, namespace, name, { propagation: "Foreground" });
  await until("the old cluster is gone", async () => {
    try {
      await kube().get(types.deployment, namespace, name);
      return false;
    } catch (error) {
      return isNotFound(error);
    }
  });
  const { items } = await kube().list(types.configMap, { namespace, labelSelector: `app=${name}` });
  for (const { metadata } of items) await kube().delete(types.configMap, namespace, metadata.name);
  const objects = buildFlinkDeployment({
    resource,
    config: deployConfig({ operatorConfig, resource }),
    jobId: triggerId,
    launchId: randomUUID(),
    restore: { kind: "savepoint", path },
  });
  for (const { type, object } of objects.beforeDeployment) await kube().apply(type, object);
  const created = await kube().create(types.deployment, objects.deployment);
  for (const { type, object } of objects.afterDeployment(created.metadata.uid))
    await kube().apply(type, object);
}
