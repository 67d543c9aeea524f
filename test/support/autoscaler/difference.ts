import type { Json } from "./recording.ts";

/** Where a result differs from the recording: "path: recorded -> result". Empty: nowhere. An undefined entry counts as absent. */
export function differences(recorded: Json, result: Json, path = ""): string[] {
  if (isPlain(recorded) && isPlain(result)) {
    const keys = new Set([...Object.keys(recorded), ...Object.keys(result)]);
    return [...keys].flatMap((key) =>
      differences(recorded[key], result[key], path === "" ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(recorded) && Array.isArray(result)) {
    const length = Math.max(recorded.length, result.length);
    return Array.from({ length }, (_, at) => differences(recorded[at], result[at], `${path}[${at}]`)).flat();
  }
  return isSame(recorded, result) ? [] : [`${path}: ${show(recorded)} -> ${show(result)}`];
}

const isPlain = (value: Json): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** -0 is 0 in JSON, and a number beyond JSON's is a text. */
const isSame = (a: Json, b: Json): boolean =>
  a === b ||
  (typeof a === "number" && typeof b === "number" && Number.isNaN(a) && Number.isNaN(b)) ||
  String(a) === String(b);

const show = (value: Json): string => (value === undefined ? "absent" : JSON.stringify(value));
