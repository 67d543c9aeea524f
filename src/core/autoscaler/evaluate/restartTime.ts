import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { readOption, readSeconds } from "../model/readOption.ts";
import type { ScalingHistory, ScalingTracking } from "../model/state.ts";
import type { Topology } from "../model/topology.ts";

/** The seconds that a restart is expected to take: configured, or the longest that was measured. */
export function restartSeconds(tracking: ScalingTracking, config: FlinkConfig): number {
  const configured = readSeconds(config, autoscalerOptions.restartTime);
  if (!readOption(config, autoscalerOptions.restartTimeTrackingEnabled)) return configured;
  const longest = Math.max(-1, ...[...tracking.values()].map(({ restartMs }) => secondsOf(restartMs)));
  const limit = readSeconds(config, autoscalerOptions.restartTimeTrackingLimit);
  return longest < 0 ? configured : Math.min(longest, limit);
}

const secondsOf = (ms: number | undefined): number => (ms === undefined ? -1 : Math.floor(ms / 1_000));

/**
 * The tracking with the duration of the last scaling, once the job runs as it asked. Undefined: nothing to add. The duration is
 * negative if the job began to run before the scaling. It is recorded all the same, and counts as none: the next restart would
 * have another cause.
 */
export function withRestartDuration(
  tracking: ScalingTracking,
  history: ScalingHistory,
  topology: Topology,
  runningSince: number,
): ScalingTracking | undefined {
  const [at, latest] = [...tracking].at(-1) ?? [];
  if (at === undefined || latest?.restartMs !== undefined) return undefined;
  const decided = [...history].flatMap(([vertex, summaries]) => {
    const summary = summaries.get(at);
    return summary === undefined ? [] : [{ vertex, parallelism: summary.newParallelism }];
  });
  const isThere = decided.every(
    ({ vertex, parallelism }) => topology.get(vertex)?.parallelism === parallelism,
  );
  return isThere ? new Map(tracking).set(at, { restartMs: runningSince - at }) : undefined;
}
