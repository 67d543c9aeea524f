import { isSecretKey, mask, redactSecrets } from "../api/redact.ts";

const deepest = 4;
const longestList = 20;
const mostCauses = 5;

/**
 * What of a logged value is written: texts without their secrets, of an error its words and causes, of a Kubernetes
 * object its name. Whole objects in a log are its largest part, and the place where secrets get out.
 */
export function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactSecrets(value);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Error) return loggableError(value);
  if (value instanceof Date) return value;
  const name = nameOfObject(value);
  if (name !== undefined) return name;
  if (depth >= deepest) return "…";
  if (Array.isArray(value)) {
    const shown = value.slice(0, longestList).map((item) => loggable(item, depth + 1));
    return value.length > longestList ? [...shown, `… ${value.length - longestList} more`] : shown;
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

/** The message of an error and of what caused it, outermost first. */
function messageChain(error: Error): string {
  const messages: string[] = [];
  for (let next: unknown = error; next instanceof Error && messages.length < mostCauses; next = next.cause) {
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
