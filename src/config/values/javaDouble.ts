/** Formats like Java's Double.toString(): "1.0", "0.5", "1.0E10", "1.0E-5". */
export function formatJavaDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-3 && magnitude < 1e7)) {
    const sign = Object.is(value, -0) ? "-" : "";
    return sign + (Number.isInteger(value) ? `${value}.0` : `${value}`);
  }
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}
