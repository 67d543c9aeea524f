import { defineScalarTag, NOT_RESOLVED } from "js-yaml";
import { integerOf } from "../api/exactJson.ts";

/**
 * The numbers that kubectl reads: with underscores, in the bases of YAML 1.1 and 1.2, exact up to 64 bits. A number that is
 * too large for a double stays a string.
 */
export const numberTags = [
  defineScalarTag<number | bigint>("tag:yaml.org,2002:int", {
    implicit: true,
    resolve: (source) => {
      const [, sign, digits] = integer.exec(source.replaceAll("_", "").toLowerCase()) ?? [];
      if (digits === undefined || !looksLikeNumber.test(source)) return NOT_RESOLVED;
      const decimal = String(BigInt(withBase(digits)));
      return integerOf(sign === "-" && decimal !== "0" ? `-${decimal}` : decimal);
    },
    identify: () => false,
  }),
  defineScalarTag<number>("tag:yaml.org,2002:float", {
    implicit: true,
    resolve: (source) => {
      const plain = source.replaceAll("_", "");
      const value = Number(plain);
      return float.test(plain) && looksLikeNumber.test(source) && Number.isFinite(value)
        ? value
        : NOT_RESOLVED;
    },
    identify: () => false,
  }),
];

const looksLikeNumber = /^[-+.\d]/;
const integer = /^([-+]?)(0b[01]+|0o?[0-7]+|0x[\da-f]+|0|[1-9]\d*)$/;
const float = /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i;

/** In YAML 1.1 a leading zero means octal. */
const withBase = (digits: string): string => (/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
