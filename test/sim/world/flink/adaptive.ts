import type { JobVertex, ParallelismBounds, ResourceRequirements } from "../../../../src/flink/api.ts";
import { type Configuration, durationOf, firstOf } from "./configuration.ts";

/** The one vertex of every simulated job. */
export const vertexId = "bc764cd8ddf7a0cff126f51c16239658";
export const maxParallelism = 128;

/** What the adaptive scheduler of one version does (recorded from real Flink 1.20 and 2.3). */
export interface AdaptiveSettings {
  /** No change for so long after the last start of the tasks. */
  cooldownMs: number;
  /** A change waits for a checkpoint that completes after the slots have come. Only Flink 2 does. */
  awaitsCheckpoint: boolean;
  /** A job that has fewer slots than its lower bound for so long fails. */
  waitMs: number;
  bounds: ParallelismBounds;
}

/** Undefined: another scheduler. `stored`: what a JobManager before this one had noted. */
export function adaptiveSettings(
  configuration: Configuration,
  version: string,
  stored: ParallelismBounds | undefined,
): AdaptiveSettings | undefined {
  if (configuration.get("jobmanager.scheduler")?.toLowerCase() !== "adaptive") return undefined;
  const isFlink2 = !version.startsWith("1.");
  const prefix = "jobmanager.adaptive-scheduler";
  const delay = durationOf(configuration, `${prefix}.rescale-trigger.max-delay`);
  const cooldown = firstOf(
    configuration,
    `${prefix}.executing.cooldown-after-rescaling`,
    `${prefix}.scaling-interval.min`,
  );
  return {
    cooldownMs: cooldown?.startsWith("0") ? 0 : 30_000,
    awaitsCheckpoint: isFlink2 && delay !== 0,
    waitMs: 300_000,
    bounds: stored ?? { lowerBound: 1, upperBound: initialParallelism(configuration, isFlink2) },
  };
}

/** Flink 2 ignores the overrides of an application. */
function initialParallelism(configuration: Configuration, isFlink2: boolean): number {
  const own = Number(configuration.get("parallelism.default") ?? 1);
  const overrides = configuration.get("pipeline.jobvertex-parallelism-overrides") ?? "";
  const override = new RegExp(`${vertexId}:(\\d+)`).exec(overrides)?.[1];
  return isFlink2 || override === undefined ? own : Number(override);
}

export const requirementsOf = (parallelism: ParallelismBounds): ResourceRequirements => ({
  [vertexId]: { parallelism },
});

export const verticesOf = (parallelism: number, working: boolean): JobVertex[] => [
  { id: vertexId, name: "counter", parallelism, maxParallelism, running: working ? parallelism : 0 },
];
