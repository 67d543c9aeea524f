import type { Scenario, Step, View } from "../scenario.ts";
import { parallelismIn } from "../world/flink/load.ts";
import { type Load, unboundedProgram } from "../world/flink/program.ts";
import type { World } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { healthy, isRunning, launches } from "./steps.ts";

/**
 * A load that changes within a run. The window then has samples of two loads, and what is decided depends on the moment; so the
 * parallelism is 2 or 3, and each change of the load leads to one scaling, whenever it is decided.
 */
const autoscaled = {
  "job.autoscaler.enabled": "true",
  "job.autoscaler.stabilization.interval": "15 s",
  "job.autoscaler.metrics.window": "1 min",
  "job.autoscaler.scale-down.interval": "1 min",
  "job.autoscaler.catch-up.duration": "0 s",
  "job.autoscaler.utilization.target": "0.7",
  "job.autoscaler.scaling.parallelism-alignment.mode": "OFF",
  "job.autoscaler.vertex.min-parallelism": "2",
  "job.autoscaler.vertex.max-parallelism": "3",
};
const undo = { "job.autoscaler.undo.enabled": "true", "job.autoscaler.undo.timeout": "2 min" };

const perSubtask = 100;
/** Records per second: of two subtasks, and of three. */
const [low, high] = [100, 260];
/** Longer than two windows. */
const twoWindowsMs = 150_000;

const loads = new WeakMap<World, { at(now: number): number }>();

const runs =
  (parallelism: number, count: number) =>
  (view: View): boolean =>
    isRunning("")(view) && view.job?.parallelism === parallelism && launches(view) === count;

interface Behaviour {
  /** What the job works off at most, whatever its parallelism. */
  readonly most?: number;
  /** A job with this parallelism fails after it has started. */
  readonly failsAt?: number;
}

function deploy(configuration: Readonly<Record<string, string>>, { most, failsAt }: Behaviour = {}): Step {
  const configured = deployWith("savepoint", { ...autoscaled, ...configuration });
  return {
    ...configured,
    act: (world) => {
      loads.set(world, { at: () => low });
      const load: Load = {
        get arriving() {
          return loads.get(world)?.at(world.clock.now()) ?? low;
        },
        perSubtask,
        ...(most === undefined ? {} : { most }),
      };
      world.programOf = (configuration) => ({
        ...unboundedProgram,
        load,
        ...(failsAt === parallelismIn(configuration) ? { failsAfterMs: 20_000 } : {}),
      });
      configured.act?.(world);
    },
    until: runs(2, 1),
    thenWaitMs: twoWindowsMs,
  };
}

const changeLoad = (name: string, at: (now: number) => number, parallelism: number, count: number): Step => ({
  name,
  act: (world) => void loads.set(world, { at }),
  until: runs(parallelism, count),
  thenWaitMs: twoWindowsMs,
  replacesJob: true,
});

const rises = changeLoad("more records arrive", () => high, 3, 2);
const falls = changeLoad("fewer records arrive", () => low, 2, 3);
/** 40 s up, 40 s down: in each window the mean is about what two subtasks work off. */
const oscillates: Step = {
  name: "the load goes up and down",
  act: (world) => void loads.set(world, { at: (now) => (Math.floor(now / 40_000) % 2 === 0 ? 80 : 150) }),
  thenWaitMs: 3 * twoWindowsMs,
};
const isUnchanged: Step = { name: "the job has gone on", until: runs(2, 3) };

const takenBack = changeLoad("more records arrive than any parallelism works off", () => high, 2, 3);
const waits: Step = { name: "and wait", thenWaitMs: 2 * twoWindowsMs };

/** The old job is measured while the new cluster comes up. */
const warm = { "kubernetes.operator.job.upgrade.warm": "true" };

export const workloads: readonly Scenario[] = [
  {
    name: "autoscaler-changing-load",
    steps: [deploy({}), rises, falls, oscillates, isUnchanged],
    ...healthy,
  },
  { name: "autoscaler-warm", steps: [deploy(warm), rises, falls], ...healthy },
  {
    name: "autoscaler-undo-ineffective",
    steps: [deploy(undo, { most: 200 }), takenBack, waits, isUnchanged],
    ...healthy,
    healthy: false,
  },
  {
    name: "autoscaler-undo-failed",
    steps: [deploy(undo, { failsAt: 3 }), takenBack, waits, isUnchanged],
    ...healthy,
    healthy: false,
  },
];
