import { compareQuantities, parseQuantity } from "../../config/values/quantity.ts";

/** JSON values as the Java operator holds them, with the distinctions that JavaScript's own values lack. */
export type Canonical =
  | null
  | boolean
  | number
  | bigint
  | string
  | JavaDouble
  | QuantityText
  | readonly Canonical[]
  | CanonicalObject;

export interface CanonicalObject {
  readonly [field: string]: Canonical;
}

/** A number that Java holds as a Double: written with a fraction, even if that is zero. */
export class JavaDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A Kubernetes quantity: written unchanged, compared by its amount. */
export class QuantityText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** JSON without conversion. */
export const raw = (value: unknown): Canonical => (value === undefined ? null : (value as Canonical));

export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof JavaDouble) &&
  !(value instanceof QuantityText);

export const mapValues = (
  of: Readonly<Record<string, unknown>>,
  change: (value: unknown) => Canonical,
): CanonicalObject => Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value)]));

/** Equality as in Java: lists ordered, objects unordered, numbers and quantities by their amount. */
export function isSame(a: Canonical, b: Canonical): boolean {
  if (a instanceof QuantityText && b instanceof QuantityText) return isSameQuantity(a.text, b.text);
  if (a instanceof JavaDouble || b instanceof JavaDouble) return amountOf(a) === amountOf(b);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index] as Canonical));
  }
  if (isPlainObject(a) && isPlainObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && isSame(a[name] as Canonical, b[name] as Canonical))
    );
  }
  return a === b;
}

function isSameQuantity(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return compareQuantities(parseQuantity(a), parseQuantity(b)) === 0;
  } catch {
    // An invalid quantity has no amount, and the strings differ.
    return false;
  }
}

const amountOf = (value: Canonical): Canonical => (value instanceof JavaDouble ? value.value : value);
