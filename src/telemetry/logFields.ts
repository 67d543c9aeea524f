import { isSecretKey, mask, redactSecrets } from "../api/redact.ts";

const maxDepth = 4;
const maxListLength = 20;
const maxCauses = 5;

/**
 * Reduces a logged value: texts without secrets, errors with their messages and causes, Kubernetes objects to their names.
 * Whole objects would make up most of a log, and could leak secrets.
 */
export function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactSecrets(value);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Error) return loggableError(value);
  if (value instanceof Date) return value;
  const name = nameOfObject(value);
  if (name !== undefined) return name;
  if (depth >= maxDepth) return "…";
  if (Array.isArray(value)) {
    const shown = value.slice(0, maxListLength).map((item) => loggable(item, depth + 1));
    return value.length > maxListLength ? [...shown, `… ${value.length - maxListLength} more`] : shown;
  }
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, field]) => [
      key,
      typeof field !== "object" && field !== undefined && isSecretKey(String(key))
        ? mask
        : loggable(field, depth + 1),
    ]),
  );
}

function loggableError(error: Error): Record<string, unknown> {
  const { status, reason } = error as { status?: unknown; reason?: unknown };
  const fields: Record<string, unknown> = { type: error.name, message: redactSecrets(messageChain(error)) };
  if (typeof status === "number") fields.status = status;
  if (typeof reason === "string") fields.reason = reason;
  if (error.stack !== undefined) fields.stack = redactSecrets(error.stack);
  return fields;
}

/** The messages of an error and its causes, outermost first. */
function messageChain(error: Error): string {
  const messages: string[] = [];
  for (let next: unknown = error; next instanceof Error && messages.length < maxCauses; next = next.cause) {
    if (!messages.some((message) => message.includes((next as Error).message))) messages.push(next.message);
  }
  return messages.join(" -> ");
}

function nameOfObject(value: object): string | undefined {
  const { kind, metadata } = value as { kind?: unknown; metadata?: Record<string, unknown> };
  if (typeof metadata !== "object" || metadata === null || typeof metadata.name !== "string")
    return undefined;
  const { namespace, name, resourceVersion } = metadata;
  const place = typeof namespace === "string" ? `${namespace}/${name}` : name;
  const version = typeof resourceVersion === "string" ? `@${resourceVersion}` : "";
  return `${typeof kind === "string" ? `${kind} ` : ""}${place}${version}`;
}
