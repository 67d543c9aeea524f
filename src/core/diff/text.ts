import { isSecretKey, mask, redactSecrets } from "../../api/redact.ts";
import { type Canonical, JavaDouble, QuantityText } from "../spec/canonical.ts";
import { formatJavaJson } from "../spec/javaJson.ts";
import type { FieldChange } from "./changes.ts";

/** An event message has about a thousand characters. The first changes are enough to recognise the edit. */
const maxChanges = 12;
const maxValueLength = 80;

/** The reference's message for a changed spec, without possible secrets. */
export function describeChanges(type: string, specName: string, changes: readonly FieldChange[]): string {
  const shown = changes.slice(0, maxChanges).map(describeChange);
  const more = changes.length - shown.length;
  const rows = more > 0 ? [...shown, `and ${more} more`] : shown;
  return `${type} change(s) detected (Diff: ${specName}[${rows.join(", ")}]), starting reconciliation.`;
}

const describeChange = ({ path, before, after }: FieldChange): string =>
  `${path} : ${showValue(path, before)} -> ${showValue(path, after)}`;

/** Environment variables, logging files and programs may contain anything: only their path is reported. */
const alwaysHidden = /(^|\.)(podTemplate|logConfiguration|sql\.script|sql\.variables|python\.script)(\.|$)/;

/** One value of a change, shortened and without possible secrets. */
export function showValue(path: string, value: Canonical): string {
  if (value === null) return "null";
  if (alwaysHidden.test(path) || isSecretKey(path)) return mask;
  const text = textOf(value);
  // The value of an option such as --password is a separate element.
  if (Array.isArray(value) && isSecretKey(text)) return mask;
  return shorten(redactSecrets(text.slice(0, 1_000)).replace(/\s+/g, " "));
}

function textOf(value: Canonical): string {
  if (typeof value === "string") return value;
  if (value instanceof QuantityText) return value.text;
  if (value instanceof JavaDouble) return String(value.value);
  if (Array.isArray(value)) {
    return value.every(isLeaf) ? `[${value.map(textOf).join(", ")}]` : "[..]";
  }
  return isLeaf(value) ? formatJavaJson(value) : "{..}";
}

const isLeaf = (value: Canonical): boolean =>
  typeof value !== "object" || value instanceof JavaDouble || value instanceof QuantityText || value === null;

const shorten = (text: string): string =>
  text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength - 1)}…`;
