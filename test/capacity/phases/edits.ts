import { setTimeout as pause } from "node:timers/promises";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { deadlineFor, until } from "../deadline.ts";
import { nameOf, namespaces, resourceOf } from "../environment/resource.ts";
import { startMeter } from "../measure/meter.ts";
import { distributionOf } from "../percentiles.ts";
import type { EditsResult } from "../results.ts";
import type { MeasuredWorld } from "../world.ts";

/** Users edit as many resources, one after the other at this interval in milliseconds. */
const mostEdits = 100;
const editEveryMs = 500;
/** One of so many JobManagers is hung. */
const hungShare = 10;
/** Seconds since whatever was before: within a few after a start Flink itself shows no newer checkpoints. */
const settleSeconds = 15;
/** Seconds until the operator has met the hung ones: more than an interval and the deadline of a request. */
const hangSeconds = 30;

/** Users edit jobs, each of which is upgraded with a savepoint. `round`: of the edits, so that each changes something. */
export async function measureEdits(
  world: MeasuredWorld,
  resources: number,
  round: number,
): Promise<EditsResult> {
  await pause(settleSeconds * 1000, undefined, { signal: world.signal });
  return measure(
    world,
    sample(resources, () => true),
    round,
    0,
  );
}

/** The same, while other JobManagers accept connections and never answer. */
export async function measureHungEdits(
  world: MeasuredWorld,
  resources: number,
  round: number,
): Promise<EditsResult> {
  const isHung = (n: number) => n % hungShare === 0;
  const hung = numbers(resources).filter(isHung).map(nameOf);
  await world.fake.setMode("hung", hung);
  try {
    await pause(hangSeconds * 1000, undefined, { signal: world.signal });
    return await measure(
      world,
      sample(resources, (n) => !isHung(n)),
      round,
      hung.length,
    );
  } finally {
    await world.fake.setMode("answers", hung);
  }
}

const numbers = (resources: number): number[] => Array.from({ length: resources }, (_, index) => index + 1);

/** At most so many names, from all over the range. */
function sample(resources: number, isChosen: (n: number) => boolean): string[] {
  const chosen = numbers(resources).filter(isChosen);
  const step = Math.max(1, chosen.length / mostEdits);
  return chosen.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step)).map(nameOf);
}

async function measure(
  world: MeasuredWorld,
  names: readonly string[],
  round: number,
  hung: number,
): Promise<EditsResult> {
  const { audit, kube, observer, signal } = world;
  const patchedAt = new Map<string, number>();
  const firstActMs = new Map<string, number>();
  await audit.requests();
  const unfollow = audit.follow(({ at, name }) => {
    const resource = resourceOf(name);
    const since = resource === undefined ? undefined : patchedAt.get(resource);
    if (resource === undefined || since === undefined || at < since) return;
    if (!firstActMs.has(resource)) firstActMs.set(resource, at - since);
  });
  const meter = await startMeter(world);
  try {
    const edits = names.map(async (name, index) => {
      await pause(index * editEveryMs, undefined, { signal });
      patchedAt.set(name, Date.now());
      const edited = await kube.mergePatch(resourceTypes.flinkDeployment, namespaces.jobs, name, {
        spec: { flinkConfiguration: { "pipeline.max-parallelism": String(128 + round) } },
      });
      return { name, generation: edited.metadata.generation ?? 0 };
    });
    const edited = await Promise.all(edits);
    const allRun = () => edited.every(({ name, generation }) => observer.isRunning(name, generation));
    await until("all edited jobs run again", allRun, deadlineFor(names.length), signal);
    const figures = await meter.read();
    const distribution = distributionOf([...firstActMs.values()]);
    if (distribution === undefined) throw new Error("the audit log shows no act of the operator");
    return { firstActMs: distribution, hung, figures };
  } finally {
    meter.stop();
    unfollow();
  }
}
