import { compareQuantities, parseQuantity } from "../../config/values/quantity.ts";

/** JSON values as the Java operator holds them, with what JavaScript's own values do not tell. */
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

/** A number that Java holds as a Double: it is written with a fraction, also where that is zero. */
export class JavaDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A Kubernetes quantity: written as it came, compared by its amount. */
export class QuantityText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** JSON as it came. */
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

/** Equality as Java's: lists in order, objects without one, numbers and quantities by their amount. */
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
    // What is no quantity has no amount; the texts differ.
    return false;
  }
}

const amountOf = (value: Canonical): Canonical => (value instanceof JavaDouble ? value.value : value);
