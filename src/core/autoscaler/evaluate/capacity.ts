import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { readSeconds } from "../model/readOption.ts";

/** The largest whole number that Java's Math.round gives, as a double. */
const maxLong = 2 ** 63;

/** Java's Math.round: halves up, NaN to 0, and within 64 bits. */
const roundLong = (value: number): number =>
  Number.isNaN(value) ? 0 : Math.min(maxLong, Math.max(-maxLong, Math.floor(value + 0.5)));

export interface Demand {
  /** Records per second that arrive. */
  readonly target: number;
  /** Records per second to work off the backlog. */
  readonly catchUp: number;
  /** Seconds in which records only pile up. Undefined: no restart is allowed for. */
  readonly restartSeconds: number | undefined;
}

/** The records per second that a vertex must be able to process to be busy to this share (0 to 1). NaN: not known. */
export function capacityFor(demand: Demand, utilization: number, config: FlinkConfig): number {
  const { target, catchUp, restartSeconds } = demand;
  if (Number.isNaN(target) || Number.isNaN(catchUp)) return Number.NaN;
  const share = Math.min(1, Math.max(0, utilization));
  if (share === 0) return Number.POSITIVE_INFINITY;
  const catchUpSeconds = readSeconds(config, autoscalerOptions.catchUpDuration);
  const restart =
    restartSeconds === undefined || catchUpSeconds === 0 ? 0 : (target * restartSeconds) / catchUpSeconds;
  return roundLong(catchUp + restart + target / share);
}
