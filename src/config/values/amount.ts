import { ValueError } from "./valueError.ts";

/** A part of a set: so many, or a percentage of it, as in `maxUnavailable` of Kubernetes. */
export type Amount = { readonly count: number } | { readonly percent: number };

/** "3" or "25%". Throws ValueError. */
export function parseAmount(text: string): Amount {
  const [, digits = "", sign] = /^\s*(\d{1,9})\s*(%?)\s*$/.exec(text) ?? [];
  const value = Number(digits);
  if (digits === "" || (sign === "%" && value > 100))
    throw new ValueError(`"${text}" is neither a whole number from 0 on nor a percentage from 0% to 100%`);
  return sign === "%" ? { percent: value } : { count: value };
}
