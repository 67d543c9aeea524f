/**
 * JSON as the API server keeps it: whole numbers of 64 bits exactly, all others as doubles. Of the former, those that
 * JavaScript would round are bigints; they stand in Flink's configuration and in nonces made of a time.
 */

export const parseJson = (text: string): unknown =>
  mayHoldLargeInteger.test(text) ? JSON.parse(text, exact) : JSON.parse(text);

/** What parseJson made of a text, as text again. */
export const formatJson = (value: unknown): string => JSON.stringify(value, withDigits);

/** The value of a whole number that is given as its digits. */
export function integerOf(digits: string): number | bigint {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  const exactly = BigInt(digits);
  return BigInt.asIntN(64, exactly) === exactly ? exactly : value;
}

/** Cheap to look for. In a text, as in a list of small numbers, it costs only time. */
const mayHoldLargeInteger = /[:[,]\s*-?\d{16}/;

function exact(_: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d+$/.test(source) ? integerOf(source) : value;
}

/** Part of ECMAScript 2026; TypeScript does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

const withDigits = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? rawJSON(String(value)) : value;
