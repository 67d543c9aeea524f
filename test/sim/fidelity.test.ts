import { test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { flinkRestScripts } from "../support/conformance/flinkRest.ts";
import { kubeApiCases } from "../support/conformance/kubeApi.ts";
import { createCluster, savepointDirectory } from "./support/plainCluster.ts";
import { isReady } from "./world/kubernetes/podStatus.ts";
import { namespace, World } from "./world/world.ts";

// The same cases run against a real control plane (test/integration) and a real JobManager (test/e2e): where simulation
// and reality differ, one of them fails.

const eventually = (world: World) => async (what: string, holds: () => Promise<boolean> | boolean) => {
  for (let polls = 0; polls < 600; polls++) {
    if (await holds()) return;
    await new Promise<void>((resolve) => world.clock.after(100, resolve));
  }
  throw new Error(`timed out waiting: ${what}`);
};

for (const { name, run } of kubeApiCases) {
  test(`simulated Kubernetes: ${name}`, async () => {
    const world = new World({ seed: 1 });
    const api = world.kubeFor(world.caller("operator"));
    await world.run(run({ api, namespace, eventually: eventually(world) }));
  });
}

for (const { name, run } of flinkRestScripts) {
  test(`simulated Flink: a job ${name}`, async () => {
    const world = new World({ seed: 1 });
    const jobId = "1".repeat(32);
    createCluster(world, { name: "sample", jobId });
    const target = {
      rest: world.flinkFor(world.caller("operator")),
      endpoint: { host: `sample-rest.${namespace}`, port: 8081 },
      jobId,
      savepointDirectory,
      eventually: eventually(world),
    };
    await world.until("the Service has an endpoint", () => readyPods(world) > 0);
    await world.run(run(target));
  });
}

const readyPods = (world: World): number =>
  world.server
    .list(resourceTypes.pod, { namespace, labelSelector: "component=jobmanager" })
    .filter((pod) => isReady(pod)).length;
