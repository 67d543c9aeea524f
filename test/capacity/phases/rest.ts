import { setTimeout as pause } from "node:timers/promises";
import { type Figures, startMeter } from "../measure/meter.ts";
import type { MeasuredWorld } from "../world.ts";

/** Seconds after the last change until the operator is at rest: two intervals. */
export const settledSeconds = 30;

/** Nobody changes anything. Begins after `settleSeconds`. */
export async function measureRest(
  world: MeasuredWorld,
  settleSeconds: number,
  seconds: number,
): Promise<Figures> {
  const { signal } = world;
  await pause(settleSeconds * 1000, undefined, { signal });
  const meter = await startMeter(world);
  try {
    await pause(seconds * 1000, undefined, { signal });
    return await meter.read();
  } finally {
    meter.stop();
  }
}
