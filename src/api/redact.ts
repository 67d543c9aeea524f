/** Keeps secrets out of events, statuses and logs. */

/** The replacement for a secret. */
export const mask = "******";

/** Words that Flink and Kubernetes use in the keys of secrets. */
const secretWords =
  "password|passwd|pwd|passphrase|(?<![a-z])pass(?![a-z])|(?-i:(?<=[a-z])Pass(?![a-z]))|secret|token|api[-_.]?key|" +
  "access[-_.]?key|account[-_.]?key|service[-_.]?key|private[-_.]?key|credentials?|signature|(?<![a-z])sig(?![a-z])|" +
  "cookie|auth-params|basic-auth|jaas\\.config|http[-.]headers?";

/** Bounded, so that a long text of word characters does not take quadratic time. */
const key = `[\\w.-]{0,80}?(?:${secretWords})[\\w.-]{0,80}`;
/** A quote within quotes is escaped, or doubled as in SQL and YAML. */
const quoted = `"(?:[^"\\\\]|\\\\.)*"|'(?:[^']|'')*'`;
/** The rest of a line, or the lines of a block of YAML. */
const restOfLine = "(?:[|>][-+\\d]*[ \\t]*(?:\\n(?:[ \\t]+[^\\n]*|(?=\\n)))+|[^\\n]+)";
/** Keys of one part that prose does not use before a colon. */
const plainKey = "password|passwd|pwd|passphrase|api[-_]?key|access[-_]?key|account[-_]?key|private[-_]?key";
/** Names of objects that hold secrets. */
const objectName = "(?:secretName|secretKeyRef|secretRef|imagePullSecrets)\\b";

/** Patterns of secrets. `$1` and `$2` are kept. */
const patterns: [RegExp, string][] = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, `-----BEGIN $1----- ${mask}`],
  // The user and password of a URL. A password may have "@".
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"']{1,200}@/gi, `$1${mask}@`],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:bearer|basic)|bearer)\s+[\w.~+/=-]+/gi, `$1 ${mask}`],
  // Headers, which have spaces and semicolons in their values.
  [/\b((?:cookie|http[.-]headers?)["']?[ \t]*[:=])[ \t]*(?=[^\s"'])[^\n"']+/gi, `$1 ${mask}`],
  // A signed token (JWT).
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, mask],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, mask],
  // <name>key</name><value>value</value>, as of Hadoop, and <key>value</key>.
  [
    new RegExp(`(<name>\\s*${key}\\s*</name>\\s*<value>)(?:<!\\[CDATA\\[)?[^<]*(?:\\]\\]>)?`, "gi"),
    `$1${mask}`,
  ],
  [new RegExp(`(<${key}>)(?:<!\\[CDATA\\[)?[^<\\s][^<]*`, "gi"), `$1${mask}`],
  // "key": "value", as in JSON; 'key' = 'value', as in SQL.
  [new RegExp(`(["'\`]${key}["'\`]\\s*[:=]\\s*)(?:${quoted}|[^\\s,}\\]]+)`, "gi"), `$1${mask}`],
  // key=value, as on a command line or in a query.
  [new RegExp(`(\\b${key}\\s*=\\s*)(?:${quoted}|[^\\s,;&"'\\])}]+)`, "gi"), `$1${mask}`],
  // --key value, and "--key", "value"; not what a help says of it (--pass NUMBER).
  [
    new RegExp(
      `((?<![\\w-])--?${key}(?:["']?\\s*,\\s*["']?|["']?[ \\t]+))(?!--|=|NUMBER\\b)(?:${quoted}|[^\\s,"'\\])}]+)`,
      "gi",
    ),
    `$1${mask}`,
  ],
  // key: value, as in YAML.
  [new RegExp(`(^[ \\t]*(?:- +)*(?!${objectName})${key}:[ \\t]+)(?=\\S)${restOfLine}`, "gim"), `$1${mask}`],
  // In the middle of a line only for keys of several parts, since prose has colons after single words.
  [new RegExp(`(\\b(?=[\\w.-]{0,160}?[.-])${key}:[ \\t]+)(?:${quoted}|[^\\s,;]+)`, "gi"), `$1${mask}`],
  [new RegExp(`(\\b\\w{0,80}?(?:${plainKey}):[ \\t]+)(?:${quoted}|[^\\s,;]+)`, "gi"), `$1${mask}`],
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
