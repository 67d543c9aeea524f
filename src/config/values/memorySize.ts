import { ValueError } from "./valueError.ts";

/** Flink's memory sizes (org.apache.flink.configuration.MemorySize): whole bytes, in powers of 1024. */

const units = [
  { labels: ["b", "bytes"], name: "bytes", bytes: 1n },
  { labels: ["k", "kb", "kibibytes"], name: "kb", bytes: 1n << 10n },
  { labels: ["m", "mb", "mebibytes"], name: "mb", bytes: 1n << 20n },
  { labels: ["g", "gb", "gibibytes"], name: "gb", bytes: 1n << 30n },
  { labels: ["t", "tb", "tebibytes"], name: "tb", bytes: 1n << 40n },
] as const;

/** The largest size that Flink can hold: a Java long. */
export const maxMemorySize = (1n << 63n) - 1n;

/** Reads "1600m", "2 gb" or "1024" (bytes). Flink has no fractions and no negative sizes. */
export function parseMemorySize(text: string): bigint {
  const [, digits, label] = /^(\d+)\s*([^\d\s].*)?$/s.exec(text.trim()) ?? [];
  const unit = units.find(({ labels }) =>
    (labels as readonly string[]).includes(label?.toLowerCase() ?? "b"),
  );
  if (digits === undefined || unit === undefined) {
    throw new ValueError(
      `"${text}" is not a memory size: write a whole number and b, k, m, g or t, as in 2g`,
    );
  }
  const bytes = BigInt(digits) * unit.bytes;
  if (bytes > maxMemorySize) throw new ValueError(`"${text}" is more than ${maxMemorySize} bytes`);
  return bytes;
}

/**
 * Formats like MemorySize.toString(): in the largest unit that leaves no fraction, "2 gb". A size that is a whole number in
 * all units, including 0, is in bytes.
 */
export function formatMemorySize(bytes: bigint): string {
  const firstFraction = units.findIndex((unit) => bytes % unit.bytes !== 0n);
  const unit = units[Math.max(firstFraction - 1, 0)] ?? units[0];
  return `${bytes / unit.bytes} ${unit.name}`;
}

/** Formats like MemorySize.toHumanReadableString(), for messages: "256.000mb (268435456 bytes)". */
export function describeMemorySize(bytes: bigint): string {
  const unit = units.findLast((candidate) => bytes > candidate.bytes) ?? units[0];
  return unit.bytes === 1n
    ? `${bytes} bytes`
    : `${(Number(bytes) / Number(unit.bytes)).toFixed(3)}${unit.name} (${bytes} bytes)`;
}
