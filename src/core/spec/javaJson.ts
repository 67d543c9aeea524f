import { formatJavaDouble } from "../../config/values/javaDouble.ts";
import { type Canonical, isPlainObject, JavaDouble, QuantityText } from "./canonical.ts";

/** JSON, byte for byte as Jackson writes it with its defaults, in the given order of the fields. */
export function formatJavaJson(value: Canonical): string {
  if (value === null) return "null";
  if (value instanceof JavaDouble) return formatJavaDouble(value.value);
  if (value instanceof QuantityText) return formatText(value.text);
  if (Array.isArray(value)) return `[${value.map(formatJavaJson).join(",")}]`;
  if (isPlainObject(value)) {
    const fields = Object.entries(value).map(
      ([name, field]) => `${formatText(name)}:${formatJavaJson(field as Canonical)}`,
    );
    return `{${fields.join(",")}}`;
  }
  if (typeof value === "string") return formatText(value);
  return typeof value === "number" ? formatNumber(value) : String(value);
}

/** The API server writes a whole number without a fraction, so a number with a fraction is a Double in Java. */
const formatNumber = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e21 ? String(value) : formatJavaDouble(value);

/** Jackson writes the hexadecimal digits of control characters in upper case. */
const formatText = (text: string): string =>
  JSON.stringify(text).replace(/\\(?:u[0-9a-f]{4}|.)/g, (escaped) =>
    escaped.startsWith("\\u") ? `\\u${escaped.slice(2).toUpperCase()}` : escaped,
  );
