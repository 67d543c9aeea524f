import { isSecretKey, mask, redactSecrets } from "./redact.ts";

/**
 * Data with everything masked that looks like a secret: values of keys with a secret's name, values of environment variables
 * and properties with such a name ({name, value}, {key, value}), and secrets within texts. A text that is itself JSON, such as a recorded
 * spec, is read, and keeps its form.
 */
export function redactData<Value>(value: Value): Value {
  return redacted(value, undefined) as Value;
}

function redacted(value: unknown, key: string | undefined): unknown {
  if (Array.isArray(value)) return value.map((each) => redacted(each, key));
  if (typeof value === "object" && value !== null) return redactedFields(value as Record<string, unknown>);
  const isSecret = key !== undefined && isSecretKey(key);
  if (typeof value !== "string") return isSecret && typeof value === "number" ? mask : value;
  if (isSecret && value !== "") return mask;
  return jsonIn(value) ?? redactSecrets(value);
}

/** Names of objects in keys of this kind are no secrets: secretKeyRef, secretName, imagePullSecrets. */
const names = /(?:Ref|Name|Names|Secrets|Mounts)$/;

function redactedFields(fields: Record<string, unknown>): Record<string, unknown> {
  const { name = fields.key, value } = fields;
  const holdsSecret = typeof name === "string" && typeof value === "string" && isSecretKey(name);
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [
      key,
      holdsSecret && key === "value" ? mask : redacted(field, names.test(key) ? undefined : key),
    ]),
  );
}

/** Undefined: the text is no JSON object, or has no secret. */
function jsonIn(text: string): string | undefined {
  if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
  try {
    const before = JSON.parse(text) as unknown;
    const after = JSON.stringify(redacted(before, undefined));
    return after === JSON.stringify(before) ? text : after;
  } catch {
    return undefined;
  }
}
