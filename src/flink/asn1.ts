/** Readers of the ASN.1 values (BER or DER) in Java's stores. Each function throws on a value of another type. */
import { Constructed, fromBER, Integer, ObjectIdentifier, OctetString, Primitive, Sequence } from "asn1js";

export type Value = ReturnType<typeof fromBER>["result"] | undefined;

/** Parses the bytes, which must be exactly one value. */
export function parse(bytes: Buffer): Value {
  const { offset, result } = fromBER(new Uint8Array(bytes));
  if (offset !== bytes.length) throw new Error(`not ASN.1: ${result.error || "bytes after the end"}`);
  return result;
}

export function sequence(value: Value): Value[] {
  if (value instanceof Sequence) return value.valueBlock.value;
  throw new Error("not a sequence");
}

/** The value inside an explicit "[0]" tag. */
export function tagged(value: Value): Value {
  if (value instanceof Constructed && hasTag(value, 0)) return value.valueBlock.value[0];
  throw new Error("not tagged [0]");
}

export function octets(value: Value): Buffer {
  if (value instanceof OctetString) return Buffer.from(value.getValue());
  throw new Error("not an octet string");
}

/** An octet string with an implicit "[0]" tag, in one piece or in several. */
export function taggedOctets(value: Value): Buffer {
  if (value instanceof Primitive && hasTag(value, 0)) return Buffer.from(value.valueBlock.valueHexView);
  if (value instanceof Constructed && hasTag(value, 0))
    return Buffer.concat(value.valueBlock.value.map(octets));
  throw new Error("not octets tagged [0]");
}

export function identifier(value: Value): string {
  if (value instanceof ObjectIdentifier) return value.getValue();
  throw new Error("not an object identifier");
}

export function integer(value: Value): number {
  if (value instanceof Integer) return Number(value.toBigInt());
  throw new Error("not an integer");
}

export const isInteger = (value: Value): boolean => value instanceof Integer;

/** 3: context-specific. */
const hasTag = ({ idBlock }: Constructed | Primitive, tag: number): boolean =>
  idBlock.tagClass === 3 && idBlock.tagNumber === tag;
