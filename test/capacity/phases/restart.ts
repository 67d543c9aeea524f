import { setTimeout as pause } from "node:timers/promises";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { deadlineFor, until } from "../deadline.ts";
import type { OperatorProcess } from "../environment/operatorProcess.ts";
import { flinkDeployment, nameOf, namespaces, resourceOf } from "../environment/resource.ts";
import { startMeter } from "../measure/meter.ts";
import type { RestartResult } from "../results.ts";
import type { MeasuredWorld } from "../world.ts";

/** Seconds after the start in which all that a restart causes is done. */
const settleSeconds = 20;

/**
 * The operator ends, and starts with everything running; one new resource, the one after the last, waits for it. Both are
 * measured from the moment that its process is started.
 */
export async function measureRestart(
  world: Omit<MeasuredWorld, "operatorPid">,
  resources: number,
  start: () => Promise<OperatorProcess>,
): Promise<RestartResult> {
  const { audit, kube, observer, signal } = world;
  const waiting = nameOf(resources + 1);
  await kube.create(resourceTypes.flinkDeployment, flinkDeployment(namespaces.jobs, waiting));
  await audit.requests();
  let firstActAt: number | undefined;
  const unfollow = audit.follow(({ at, name }) => {
    if (resourceOf(name) === waiting) firstActAt ??= at;
  });
  const startedAt = Date.now();
  const operator = await start();
  const meter = await startMeter({ ...world, operatorPid: operator.pid });
  try {
    const readySeconds = await operator.ready;
    const allRun = () => observer.running() === resources + 1;
    await until("all jobs are RUNNING after the restart", allRun, deadlineFor(resources), signal);
    await pause(settleSeconds * 1000, undefined, { signal });
    const figures = await meter.read();
    if (firstActAt === undefined) throw new Error("the audit log shows no act for the waiting resource");
    return { readySeconds, firstActSeconds: (firstActAt - startedAt) / 1000, figures };
  } finally {
    meter.stop();
    unfollow();
  }
}
