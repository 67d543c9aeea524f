import { dump, load } from "js-yaml";
import { formatJson, parseJson } from "./exactJson.ts";
import { isSecretKey, mask, redactSecrets } from "./redact.ts";

/**
 * Data with everything masked that looks like a secret: values of keys with a secret's name, also where the name is spread over nested
 * keys; values of environment variables and properties with such a name ({name, value}, {key, value}); the argument after one with
 * such a name; and secrets within texts. A text that is itself JSON or YAML, such as a recorded spec or a pod template in a ConfigMap,
 * is read; it keeps its form if it has no secret.
 */
export function redactData<Value>(value: Value): Value {
  return redacted(value, root) as Value;
}

/** Where a value is. */
interface Place {
  /** The keys above it that belong together, joined by dots as in Flink's configuration. */
  readonly path: string;
  /** It is in a configuration, where each key is an option and none names an object of Kubernetes. */
  readonly isConfiguration: boolean;
}
const root: Place = { path: "", isConfiguration: false };

function redacted(value: unknown, place: Place): unknown {
  if (Array.isArray(value)) return redactedItems(value, place);
  if (typeof value === "object" && value !== null)
    return redactedFields(value as Record<string, unknown>, place);
  const isSecret = namesSecret(place.path);
  if (typeof value !== "string")
    return isSecret && (typeof value === "number" || typeof value === "bigint") ? mask : value;
  if (headers.test(place.path)) return redactedHeaders(value);
  if (isSecret && value !== "") return mask;
  return structureIn(value) ?? redactSecrets(value);
}

/** Within a text, the kind of an authorization is told, and what follows masked. */
const namesSecret = (name: string): boolean => isSecretKey(name) || /authorization$/i.test(name);

/** HTTP headers, of which one may be an authorization. */
const headers = /http[.-]headers?$/i;

/** The names of headers stay: without them, it would be no map. What follows a comma without a colon belongs to the value before. */
function redactedHeaders(value: string): string {
  const entries = value
    .replaceAll(/"[^"]*"|'[^']*'/g, mask)
    .split(",")
    .filter((entry) => entry.includes(":"));
  if (entries.length === 0) return value === "" ? value : mask;
  return entries.map((entry) => `${entry.slice(0, entry.indexOf(":"))}: ${mask}`).join(",");
}

/** An argument of a command line that is followed by its value. */
const isOption = (item: unknown): boolean =>
  typeof item === "string" && /^--?[\w.-]{1,200}$/.test(item) && isSecretKey(item);

const redactedItems = (items: readonly unknown[], place: Place): unknown[] =>
  items.map((item, at) =>
    typeof item === "string" && isOption(items[at - 1]) && !item.startsWith("--")
      ? mask
      : redacted(item, place),
  );

/** Fields of Kubernetes of this name hold names of objects, and no secrets. */
const namesObject = new Set([
  "secretKeyRef",
  "secretName",
  "secretRef",
  "imagePullSecrets",
  "serviceAccountToken",
]);

/** A volume of a Secret, or a projection of it. */
const isReference = (key: string, value: unknown): boolean =>
  key === "secret" &&
  typeof value === "object" &&
  value !== null &&
  ("secretName" in value || "name" in value);

const isConfigurationKey = /configurations?$/i;

function redactedFields(fields: Record<string, unknown>, place: Place): Record<string, unknown> {
  const { name, key: itsKey, value } = fields;
  const holdsSecret =
    [name, itsKey].some((each) => typeof each === "string" && namesSecret(each)) &&
    (typeof value === "string" || typeof value === "number");
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [
      key,
      holdsSecret && key === "value" ? mask : redacted(field, placeOf(place, key, field)),
    ]),
  );
}

function placeOf({ path, isConfiguration }: Place, key: string, value: unknown): Place {
  if (isConfigurationKey.test(key)) return { path: key, isConfiguration: true };
  if (!isConfiguration && (namesObject.has(key) || isReference(key, value))) return root;
  return { path: `${path}.${key}`.slice(-MAX_PATH), isConfiguration };
}

/** Keys and paths that are longer are looked at from their end. */
const MAX_PATH = 1_000;

/** Texts that are longer are not read, since that blocks the process for longer than a moment: only patterns are masked in them. */
const MAX_JSON = 262_144;
const MAX_YAML = 65_536;

/** Undefined: the text is neither JSON nor YAML of several lines with a secret. YAML with aliases, which can grow without a bound, is not read. */
function structureIn(text: string): string | undefined {
  const isJson = /^[{[]/.test(text) && /[}\]]$/.test(text);
  if (text.length > (isJson ? MAX_JSON : MAX_YAML)) return undefined;
  if (!isJson && !beginsWithKey(text)) return undefined;
  try {
    const before = isJson ? parseJson(text) : load(text, { maxAliases: 0 });
    if (typeof before !== "object" || before === null) return undefined;
    const after = formatJson(redacted(before, root));
    const isSame = after === formatJson(before);
    // A mask within JSON would leave a text that is none.
    if (isSame && isJson) return text;
    // What is masked already gets the same form again.
    if (isSame && !text.includes(mask)) return undefined;
    return isJson ? inItsForm(text, before, after) : dump(JSON.parse(after), { lineWidth: -1, noRefs: true });
  } catch {
    return undefined;
  }
}

/** The first line, of several, has a colon. */
function beginsWithKey(text: string): boolean {
  const end = text.indexOf("\n");
  return end >= 0 && text.slice(0, end).includes(":");
}

/**
 * A JSON text with its secrets masked, and otherwise byte for byte: a recorded spec is compared as a text. Falls back to the new form
 * where a secret is written in another way than JSON.stringify writes it.
 */
function inItsForm(text: string, before: unknown, after: string): string {
  const changed = new Map(changedTexts(before, JSON.parse(after)));
  // Each is looked for in the whole text.
  if (changed.size > MAX_REPLACED) return after;
  const masked = [...changed].reduce(
    (result, [from, to]) => result.replaceAll(JSON.stringify(from), JSON.stringify(to)),
    text,
  );
  return formatJson(parseJson(masked)) === after ? masked : after;
}

const MAX_REPLACED = 100;

function changedTexts(before: unknown, after: unknown): readonly (readonly [from: string, to: string])[] {
  if (typeof before === "string" && typeof after === "string")
    return before === after ? [] : [[before, after]];
  if (typeof before !== "object" || before === null || typeof after !== "object" || after === null) return [];
  return Object.entries(before).flatMap(([key, value]) =>
    changedTexts(value, (after as Record<string, unknown>)[key]),
  );
}
