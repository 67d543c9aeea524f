const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration with at most two units: "450 ms", "12 s", "3 min 5 s", "2 d 4 h". */
export function formatDuration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1).replace(/\.0$/, "")} s`;
  // Rounded first, so that no unit is full: 59.7 s is one minute.
  const whole = Math.round(ms / SECOND) * SECOND;
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return twoUnits(whole, [MINUTE, "min"], [SECOND, "s"]);
  if (whole < DAY) return twoUnits(whole, [HOUR, "h"], [MINUTE, "min"]);
  return twoUnits(whole, [DAY, "d"], [HOUR, "h"]);
}

type Unit = readonly [number, string];

function twoUnits(ms: number, [first, name]: Unit, [second, detail]: Unit): string {
  const rest = Math.floor((ms % first) / second);
  return `${Math.floor(ms / first)} ${name}${rest === 0 ? "" : ` ${rest} ${detail}`}`;
}

/** How long ago, in one unit: "now", "12 s", "3 min", "5 h", "12 d". */
export function formatAge(ms: number): string {
  if (ms < 2 * SECOND) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** A size with binary units and at most three digits. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${threeDigits(value)} ${units[unit]}`;
}

/** A count: "950", "12.3 k", "4.5 M". */
export function formatCount(count: number): string {
  const units = ["", " k", " M", " G", " T"];
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${threeDigits(value)}${units[unit]}`;
}

const threeDigits = (value: number): string => {
  if (Number.isInteger(value) || Math.abs(value) >= 99.95) return String(Math.round(value));
  return (Math.abs(value) >= 9.995 ? value.toFixed(1) : value.toFixed(2)).replace(/\.?0+$/, "");
};

/** A share from 0 to 1. */
export const formatShare = (share: number): string => `${Math.round(share * 100)} %`;

/** The release without the operator's spelling: v1_20 is 1.20. */
export const formatVersion = (version: string): string => version.replace(/^v/, "").replaceAll("_", ".");

export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? noun : nouns}`;

/** A text of the server as a sentence. A name such as spec.job stays as it is. */
export const sentence = (text: string): string =>
  `${/^[a-z]+[ ,:]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text}${/[.!?]$/.test(text) ? "" : "."}`;

/** By the unit of a series. */
export function formatUnit(value: number, unit: "1" | "ms" | "bytes" | "records"): string {
  switch (unit) {
    case "ms":
      return formatDuration(value);
    case "bytes":
      return formatBytes(value);
    case "1":
    case "records":
      return formatCount(value);
  }
}
