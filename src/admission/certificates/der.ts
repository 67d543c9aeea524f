/** DER (X.690), as far as a certificate is written in it. Nothing is read here. */

/** One value: its tag, the length of its content, its content. */
const value = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
};

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits = Buffer.from(evenHex(length.toString(16)), "hex");
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

const evenHex = (hex: string): string => (hex.length % 2 === 0 ? hex : `0${hex}`);

export const sequence = (...items: readonly Buffer[]): Buffer => value(0x30, ...items);
export const set = (...items: readonly Buffer[]): Buffer => value(0x31, ...items);
export const octets = (content: Buffer): Buffer => value(0x04, content);
export const text = (content: string): Buffer => value(0x0c, Buffer.from(content, "utf8"));
export const yes: Buffer = value(0x01, Buffer.from([0xff]));

/** A whole number that is not negative, from its bytes. */
export const integer = (bytes: Buffer): Buffer =>
  value(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);

/** `unusedBits`: how many of the last byte do not count. */
export const bits = (content: Buffer, unusedBits = 0): Buffer =>
  value(0x03, Buffer.from([unusedBits]), content);

/** "[number]" around a value. */
export const tagged = (number: number, content: Buffer): Buffer => value(0xa0 | number, content);
/** "[number]" in the place of a text's own tag. */
export const taggedText = (number: number, content: string): Buffer =>
  value(0x80 | number, Buffer.from(content, "latin1"));

/** An object identifier such as "2.5.29.17". */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  return value(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]));
}

function base128(number: number): number[] {
  const digits = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** A moment, to the second; until 2049 certificates write the year with two digits (RFC 5280, 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  return Number(digits.slice(0, 4)) < 2050
    ? value(0x17, Buffer.from(digits.slice(2), "latin1"))
    : value(0x18, Buffer.from(digits, "latin1"));
}
