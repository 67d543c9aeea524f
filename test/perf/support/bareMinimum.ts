import { randomUUID } from "node:crypto";
import type { FlinkDeployment } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { createFlinkClient } from "../../../src/flink/client.ts";
import type { Application } from "../../e2e/support/application.ts";
import { launchByHand, restEndpoint, takeDownByHand } from "../../e2e/support/byHand.ts";
import { DEADLINE_MS, until } from "../../e2e/support/until.ts";

/**
 * A savepoint upgrade without an operator, each step as soon as the one before allows it: stop with a savepoint, delete
 * the cluster, wait until it is gone, create it again from the savepoint.
 */
export async function upgradeByHand(application: Application, resource: FlinkDeployment): Promise<void> {
  const { name, namespace = "" } = resource.metadata;
  const { jid } = await application.job();
  const at = await restEndpoint(namespace, name);
  const flink = createFlinkClient();
  const triggerId = randomUUID().replaceAll("-", "");
  const targetDirectory = "file:///flink-data/savepoints";
  await flink.stopWithSavepoint(at, jid, {
    triggerId,
    targetDirectory,
    formatType: "CANONICAL",
    drain: false,
  });
  const savepoint = async () => {
    const status = await flink.savepointStatus(at, jid, triggerId);
    return status.state === "completed" ? status.location : undefined;
  };
  const path = await until("the savepoint is done", savepoint, DEADLINE_MS, 50);
  await flink.close();
  await takeDownByHand(namespace, name);
  await launchByHand(resource, { jobId: triggerId, restore: { kind: "savepoint", path } });
}
