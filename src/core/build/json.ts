/**
 * Pod templates contain whatever the user wrote; only the API server validates them. Parts of an unexpected shape
 * count as empty here, so that the API server can name them.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export const asRecord = (value: unknown): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
