/** Keeps secrets out of events, statuses and logs. */

/** The replacement for a secret. */
export const mask = "******";

/** Words that Flink and Kubernetes use in the keys of secrets. */
const secretWords =
  "password|passwd|pwd|secret|token|api[-_.]?key|access[-_.]?key|account\\.key|service[-_.]?key|private[-_.]?key|credentials?|" +
  "signature|(?<![a-z])sig(?![a-z])|auth-params|basic-auth|jaas\\.config|http-headers";

/** Bounded, so that a long text of word characters does not take quadratic time. */
const key = `[\\w.-]{0,80}?(?:${secretWords})[\\w.-]{0,80}`;
const quoted = `"(?:[^"\\\\]|\\\\.)*"|'[^']*'`;

/** Patterns of secrets. `$1` and `$2` are kept. */
const patterns: [RegExp, string][] = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, `-----BEGIN $1----- ${mask}`],
  // The user and password of a URL.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@"']{1,200}@/gi, `$1${mask}@`],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:bearer|basic)|bearer)\s+[\w.~+/=-]+/gi, `$1 ${mask}`],
  // A signed token (JWT).
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, mask],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, mask],
  // "key": "value", as in JSON.
  [new RegExp(`(["']${key}["']\\s*:\\s*)(?:${quoted}|[^\\s,}\\]]+)`, "gi"), `$1${mask}`],
  // key=value, as on a command line or in a query.
  [new RegExp(`(\\b${key}\\s*=\\s*)(?:${quoted}|[^\\s,;&"'\\])}]+)`, "gi"), `$1${mask}`],
  // key: value, as in YAML. Only for keys of several parts, since prose has colons after single words.
  [new RegExp(`(\\b(?=[\\w.-]{0,160}?[.-])${key}:[ \\t]+)(?:${quoted}|[^\\s,;]+)`, "gi"), `$1${mask}`],
];

const secretKey = new RegExp(secretWords, "i");

/** Whether the value of this key is a secret. */
export const isSecretKey = (name: string): boolean => secretKey.test(name);

/** Masks everything that looks like a secret in a text. */
export function redactSecrets(text: string): string {
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** Data with everything masked that looks like a secret in one of its texts. */
export function redactTexts<Value>(value: Value): Value {
  if (typeof value === "string") return redactSecrets(value) as Value;
  if (Array.isArray(value)) return value.map(redactTexts) as Value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, redactTexts(field as unknown)]),
  ) as Value;
}
