/**
 * JSON with the numbers of the API server: 64-bit integers are exact, all others are doubles. Integers that JavaScript
 * would round become bigints. They occur in Flink's configuration and in nonces made from a time.
 */

export const parseJson = (text: string): unknown =>
  mayHoldLargeInteger.test(text) ? JSON.parse(text, exact) : JSON.parse(text);

/** Formats a value of parseJson. */
export const formatJson = (value: unknown): string => JSON.stringify(value, withDigits);

/** The value of an integer, from its digits. */
export function integerOf(digits: string): number | bigint {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  const exactly = BigInt(digits);
  return BigInt.asIntN(64, exactly) === exactly ? exactly : value;
}

/** A quick check for large integers. A false match only costs time. */
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
