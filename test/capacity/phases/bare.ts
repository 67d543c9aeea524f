import { randomUUID } from "node:crypto";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { asFlinkDeployment } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../../src/config/effectiveConfig.ts";
import type { FlinkConfig } from "../../../src/config/flinkConfig.ts";
import { buildFlinkDeployment } from "../../../src/core/build/cluster.ts";
import type { KubeApi } from "../../../src/kube/api.ts";
import { deadlineFor, until } from "../deadline.ts";
import { chartConfiguration } from "../environment/install.ts";
import { observe } from "../environment/observer.ts";
import { flinkDeployment, nameOf, namespaces } from "../environment/resource.ts";
import { inParallel } from "../inParallel.ts";
import { usageOf } from "../measure/procfs.ts";
import type { BareResult } from "../results.ts";
import type { World } from "../world.ts";

/** What the control plane takes for the same objects if nobody minds them: a resource and the four objects of its cluster. */
export async function measureBare(
  { kube, fake, apiServerPid, signal }: World,
  resources: number,
): Promise<BareResult> {
  const namespace = namespaces.bare;
  const observer = await observe(kube, namespace);
  const operatorConfig = chartConfiguration();
  const names = Array.from({ length: resources }, (_, index) => nameOf(index + 1));
  const since = stopwatch(apiServerPid);
  await inParallel(names, (name) => createByHand(kube, operatorConfig, name));
  const writes = since();
  const isDone = async () => (await fake.stats()).pods === resources;
  await until("all pods of the bare client run", isDone, deadlineFor(resources), signal);
  const created = since();

  const sinceDeletion = stopwatch(apiServerPid);
  await inParallel(names, (name) =>
    kube.delete(resourceTypes.flinkDeployment, namespace, name, { propagation: "Foreground" }),
  );
  const isGone = async () => observer.isEmpty() && (await fake.stats()).pods === 0;
  await until("all of the bare client is deleted", isGone, deadlineFor(resources), signal);
  const deleted = sinceDeletion();
  observer.stop();
  return {
    writesSeconds: writes.seconds,
    podsSeconds: created.seconds,
    apiServerCpuSeconds: created.cpuSeconds,
    deletionSeconds: deleted.seconds,
    deletionApiServerCpuSeconds: deleted.cpuSeconds,
  };
}

/** Seconds and CPU seconds of the process since its call. */
function stopwatch(pid: number): () => { seconds: number; cpuSeconds: number } {
  const [at, { cpuSeconds }] = [performance.now(), usageOf(pid)];
  return () => ({
    seconds: (performance.now() - at) / 1000,
    cpuSeconds: usageOf(pid).cpuSeconds - cpuSeconds,
  });
}

async function createByHand(kube: KubeApi, operatorConfig: FlinkConfig, name: string): Promise<void> {
  const created = await kube.create(resourceTypes.flinkDeployment, flinkDeployment(namespaces.bare, name));
  const resource = asFlinkDeployment(created);
  const objects = buildFlinkDeployment({
    resource,
    config: deployConfig({ operatorConfig, resource }),
    jobId: randomUUID().replaceAll("-", ""),
    launchId: randomUUID(),
    restore: { kind: "none" },
  });
  for (const { type, object } of objects.beforeDeployment) await kube.create(type, object);
  const deployment = await kube.create(resourceTypes.deployment, objects.deployment);
  for (const { type, object } of objects.afterDeployment(deployment.metadata.uid)) {
    await kube.create(type, object);
  }
}
