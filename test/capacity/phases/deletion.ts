import { setTimeout as pause } from "node:timers/promises";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { deadlineFor, until } from "../deadline.ts";
import { nameOf, namespaces } from "../environment/resource.ts";
import { inParallel } from "../inParallel.ts";
import { startMeter } from "../measure/meter.ts";
import { usageOf } from "../measure/procfs.ts";
import type { DeletionResult } from "../results.ts";
import type { MeasuredWorld } from "../world.ts";

/** Seconds until the operator has let go of what it kept of the deleted resources. */
const settleSeconds = 30;

/** A user deletes all resources at once, in the foreground. */
export async function measureDeletion(world: MeasuredWorld, resources: number): Promise<DeletionResult> {
  const { kube, fake, observer, operatorPid, signal } = world;
  const names = Array.from({ length: resources }, (_, index) => nameOf(index + 1));
  const meter = await startMeter(world);
  try {
    await inParallel(names, (name) =>
      kube.delete(resourceTypes.flinkDeployment, namespaces.jobs, name, { propagation: "Foreground" }),
    );
    const isGone = async () => observer.isEmpty() && (await fake.stats()).pods === 0;
    await until("all resources are deleted", isGone, deadlineFor(resources), signal);
    const figures = await meter.read();
    await pause(settleSeconds * 1000, undefined, { signal });
    return { figures, settledRssMiB: usageOf(operatorPid).rssMiB };
  } finally {
    meter.stop();
  }
}
