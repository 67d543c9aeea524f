import { ValueError } from "./valueError.ts";

/** Flink's durations (org.apache.flink.util.TimeUtils), in nanoseconds. */

const units = [
  { labels: ["ns", "nano", "nanos", "nanosecond", "nanoseconds"], nanos: 1n },
  { labels: ["µs", "micro", "micros", "microsecond", "microseconds"], nanos: 1_000n },
  { labels: ["ms", "milli", "millis", "millisecond", "milliseconds"], nanos: 1_000_000n },
  { labels: ["s", "sec", "secs", "second", "seconds"], nanos: 1_000_000_000n },
  { labels: ["min", "m", "minute", "minutes"], nanos: 60_000_000_000n },
  { labels: ["h", "hour", "hours"], nanos: 3_600_000_000_000n },
  { labels: ["d", "day", "days"], nanos: 86_400_000_000_000n },
] as const;

const millisecond = units[2];

/**
 * Reads "5 min", "10s" or "60000" (milliseconds) as nanoseconds. The minus sign, which Flink does not have, is for options
 * of the operator that a negative duration switches off.
 */
export function parseDuration(text: string): bigint {
  const [, digits, label] = /^(-?\d+)\s*([^\d\s].*)?$/s.exec(text.trim()) ?? [];
  const unit = units.find(({ labels }) =>
    (labels as readonly string[]).includes(label?.toLowerCase() ?? "ms"),
  );
  if (digits === undefined || unit === undefined) {
    throw new ValueError(
      `"${text}" is not a duration: write a whole number and ms, s, min, h or d, as in 10 s`,
    );
  }
  return BigInt(digits) * unit.nanos;
}

/** The same in milliseconds, the operator's own unit of time. */
export const parseMilliseconds = (text: string): number =>
  Number(parseDuration(text)) / Number(millisecond.nanos);

/**
 * Formats like TimeUtils.formatWithHighestUnit(): in the largest unit below the first one that leaves a fraction, "5 min".
 * A duration that is a whole number in all units is in milliseconds: Flink writes one day as "86400000 ms".
 */
export function formatDuration(nanos: bigint): string {
  const firstFraction = units.findIndex((unit) => nanos % unit.nanos !== 0n);
  const unit = firstFraction < 0 ? millisecond : (units[Math.max(firstFraction - 1, 0)] ?? millisecond);
  return `${nanos / unit.nanos} ${unit.labels[0]}`;
}
