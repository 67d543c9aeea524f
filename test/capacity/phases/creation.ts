import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { deadlineFor, until } from "../deadline.ts";
import { flinkDeployment, nameOf, namespaces } from "../environment/resource.ts";
import { inParallel } from "../inParallel.ts";
import { startMeter } from "../measure/meter.ts";
import type { CreationResult } from "../results.ts";
import type { MeasuredWorld } from "../world.ts";

/** A user creates all resources at once. */
export async function measureCreation(world: MeasuredWorld, resources: number): Promise<CreationResult> {
  const { kube, fake, observer, signal } = world;
  const names = Array.from({ length: resources }, (_, index) => nameOf(index + 1));
  const deadline = deadlineFor(resources);
  const meter = await startMeter(world);
  const [started, startedAt] = [performance.now(), Date.now()];
  try {
    await inParallel(names, (name) =>
      kube.create(resourceTypes.flinkDeployment, flinkDeployment(namespaces.jobs, name)),
    );
    const writesSeconds = (performance.now() - started) / 1000;
    const allExist = () => observer.deployments() === resources;
    await until("all Deployments exist", allExist, deadline, signal);
    const toDeployments = await meter.read();
    const allRun = () => observer.running() === resources;
    await until("all jobs are RUNNING", allRun, deadline, signal);
    const toRunning = await meter.read();
    const podsSeconds = ((await fake.stats()).lastPodAt - startedAt) / 1000;
    return { writesSeconds, podsSeconds, toDeployments, toRunning };
  } finally {
    meter.stop();
  }
}
