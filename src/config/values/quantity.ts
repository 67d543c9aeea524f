import { ValueError } from "./valueError.ts";

/**
 * An exact Kubernetes quantity: `digits` · 10^-`scale`. Binary suffixes are whole numbers and decimal ones are powers of
 * ten, so every quantity has this form.
 */
export interface Quantity {
  readonly digits: bigint;
  readonly scale: number;
}

const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

const binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[a-zA-Z]*)$/;

/** Above the exponent of every real quantity. Keeps a typing error from creating a huge number. */
const maxExponent = 100;

/** Reads a quantity as the API server does: "500m", "2Gi", "1e3", also a plain JSON number. */
export function parseQuantity(text: string | number): Quantity {
  const [, sign, number = "", suffix = ""] = pattern.exec(String(text).trim()) ?? [];
  const factor = factorOf(suffix);
  if (sign === undefined || factor === undefined) {
    throw new ValueError(`"${text}" is not a Kubernetes quantity, as 500m, 2 and 1.5Gi are`);
  }
  const [whole = "", fraction = ""] = number.split(".");
  const digits = BigInt(`${sign === "-" ? "-" : ""}${whole}${fraction}`) * factor.multiplier;
  const scale = fraction.length - factor.exponent;
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

function factorOf(suffix: string): { multiplier: bigint; exponent: number } | undefined {
  const power = binarySuffixes.indexOf(suffix) + 1;
  if (power > 0) return { multiplier: 1024n ** BigInt(power), exponent: 0 };
  const exponent = /^[eE][+-]?\d+$/.test(suffix) ? Number(suffix.slice(1)) : decimalSuffixes[suffix];
  return exponent === undefined || Math.abs(exponent) > maxExponent
    ? undefined
    : { multiplier: 1n, exponent };
}

/** Negative, 0 or positive if `a` is below, equal to or above `b`, in any notation. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const difference = a.digits * 10n ** BigInt(b.scale) - b.digits * 10n ** BigInt(a.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The nearest double, for amounts of CPU. */
export const quantityToNumber = (quantity: Quantity): number =>
  Number(`${quantity.digits}e-${quantity.scale}`);

/** Whole bytes, rounded up as Kubernetes rounds. */
export function quantityToBytes(quantity: Quantity): bigint {
  const divisor = 10n ** BigInt(quantity.scale);
  const floor = quantity.digits / divisor;
  return quantity.digits > floor * divisor ? floor + 1n : floor;
}
