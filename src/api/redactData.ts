import { dump, load } from "js-yaml";
import { isSecretKey, mask, redactSecrets } from "./redact.ts";

/**
 * Data with everything masked that looks like a secret: values of keys with a secret's name, values of environment variables
 * and properties with such a name ({name, value}, {key, value}), and secrets within texts. A text that is itself JSON or YAML, such as a recorded
 * spec or a pod template in a ConfigMap, is read; it keeps its form if it has no secret.
 */
export function redactData<Value>(value: Value): Value {
  return redacted(value, undefined) as Value;
}

function redacted(value: unknown, key: string | undefined): unknown {
  if (Array.isArray(value)) return value.map((each) => redacted(each, key));
  if (typeof value === "object" && value !== null) return redactedFields(value as Record<string, unknown>);
  const isSecret = key !== undefined && isSecretKey(key);
  if (typeof value !== "string") return isSecret && typeof value === "number" ? mask : value;
  // The names of headers stay: without them, it would be no map.
  if (key !== undefined && headers.test(key)) return value.replaceAll(headerValue, `$1${mask}`);
  if (isSecret && value !== "") return mask;
  return structureIn(value) ?? redactSecrets(value);
}

/** HTTP headers, of which one may be an authorization. */
const headers = /http[.-]headers?$/i;
const headerValue = /(:\s*)(?:"[^"]*"|'[^']*'|[^,;]+)/g;

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

/** Undefined: the text is neither JSON nor YAML of several lines with a secret. */
function structureIn(text: string): string | undefined {
  const isJson = text.startsWith("{") && text.endsWith("}");
  if (!isJson && !/^[^\n]*:[^\n]*\n/.test(text)) return undefined;
  try {
    const before = isJson ? (JSON.parse(text) as unknown) : load(text);
    if (typeof before !== "object" || before === null) return undefined;
    const after = JSON.stringify(redacted(before, undefined));
    const isSame = after === JSON.stringify(before);
    // A mask within JSON would leave a text that is none.
    if (isSame && isJson) return text;
    // What is masked already gets the same form again.
    if (isSame && !text.includes(mask)) return undefined;
    return isJson ? inItsForm(text, before, after) : dump(JSON.parse(after), { lineWidth: -1, noRefs: true });
  } catch {
    return undefined;
  }
}

/**
 * A JSON text with its secrets masked, and otherwise byte for byte: a recorded spec is compared as a text. Falls back to the new form
 * where a secret is written in another way than JSON.stringify writes it.
 */
function inItsForm(text: string, before: unknown, after: string): string {
  const masked = changedTexts(before, JSON.parse(after) as unknown).reduce(
    (result, [from, to]) => result.replaceAll(JSON.stringify(from), JSON.stringify(to)),
    text,
  );
  return JSON.stringify(JSON.parse(masked)) === after ? masked : after;
}

function changedTexts(before: unknown, after: unknown): readonly (readonly [from: string, to: string])[] {
  if (typeof before === "string" && typeof after === "string")
    return before === after ? [] : [[before, after]];
  if (typeof before !== "object" || before === null || typeof after !== "object" || after === null) return [];
  return Object.entries(before).flatMap(([key, value]) =>
    changedTexts(value, (after as Record<string, unknown>)[key]),
  );
}
