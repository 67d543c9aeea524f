import type { AutoscalerEvent } from "../../../src/core/autoscaler/model/event.ts";
import type { Json } from "./recording.ts";

/** Events as the recordings show them, with texts whose order is that of a hash map taken apart. */
export const eventToJson = ({
  type,
  reason,
  message,
  key,
  intervalMs,
  changeHash,
}: AutoscalerEvent): Json => ({
  type,
  reason,
  message,
  messageKey: key ?? null,
  interval: intervalMs === undefined ? null : isoDuration(intervalMs),
  ...(changeHash === undefined ? {} : { "label:parallelismMap": changeHash }),
});

/** Java's Duration.toString(). */
function isoDuration(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1_000;
  const text = `${hours ? `${hours}H` : ""}${minutes ? `${minutes}M` : ""}${seconds ? `${seconds}S` : ""}`;
  return `PT${text || "0S"}`;
}

export const comparable = (events: readonly Json[]): Json[] =>
  events
    .map((event) => ({ ...event, message: partsOf(event.message) }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

export const partsOf = (message: string): string[] =>
  message
    .split(/(?=\{ Vertex ID )|\n|(?<=is )\{|\}\}, |, (?=taskmanager\.)|(?<=present: )\[|\]$|\}\}\}\.$/)
    .map((part) => part.trim())
    .sort();
