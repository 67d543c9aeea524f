import type { OwnedObject } from "../../src/dashboard/contract.ts";

export interface LogLine {
  /** Grows from line to line, and stays when the log is read again. */
  readonly id: number;
  readonly text: string;
}

/** So many lines are drawn at most. */
export const MOST_LINES = 2000;

/** So many lines in a row are compared at most to find where a log goes on. */
const COMPARED = 5;

/**
 * The lines of a log's end that was read again. Lines that were known keep their ids, so that only new ones are drawn; where nothing is
 * in common, all are new.
 */
export function mergeLines(known: readonly LogLine[], text: string): LogLine[] {
  const texts = text
    .replace(/\r?\n$/, "")
    .split(/\r?\n/)
    .slice(-MOST_LINES);
  if (texts.length === 1 && texts[0] === "") return [];
  const last = known.at(-1)?.id ?? -1;
  const at = placeOfLast(known, texts);
  const first = at < 0 ? last + 1 : last - at;
  return texts.map((line, offset) => ({ id: first + offset, text: line }));
}

/** Where the last known line is among the new ones: there, the lines before it are the same, too. -1: nowhere. */
function placeOfLast(known: readonly LogLine[], texts: readonly string[]): number {
  const isThere = (at: number): boolean => {
    const compared = Math.min(COMPARED, at + 1, known.length);
    for (let back = 0; back < compared; back += 1)
      if (texts[at - back] !== known[known.length - 1 - back]?.text) return false;
    return compared > 0;
  };
  for (let at = texts.length - 1; at >= 0; at -= 1) if (isThere(at)) return at;
  return -1;
}

/** Of Log4j's and Kubernetes' usual forms. Undefined: the line has none, such as one of a stack trace. */
export function levelOf(text: string): "error" | "warn" | "debug" | undefined {
  const word = /\b(FATAL|ERROR|WARN|WARNING|DEBUG|TRACE)\b/.exec(text.slice(0, 80))?.[1];
  if (word === undefined) return undefined;
  if (word.startsWith("WARN")) return "warn";
  return word === "DEBUG" || word === "TRACE" ? "debug" : "error";
}

export interface PodChoice {
  readonly pod: string;
  readonly containers: readonly string[];
}

/** The pods of a tree of objects, with their containers. */
export function podsOf(objects: readonly OwnedObject[]): PodChoice[] {
  return objects.flatMap(({ kind, name, containers = [], children }) => [
    ...(kind === "Pod" ? [{ pod: name, containers: containers.map((each) => each.name) }] : []),
    ...podsOf(children),
  ]);
}
