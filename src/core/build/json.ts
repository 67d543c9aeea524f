/**
 * Pod templates come as the user wrote them, unchecked until the API server judges them. What is not of the expected
 * shape counts as empty here and is left for the API server to name.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export const asRecord = (value: unknown): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
