import { ValueError } from "./valueError.ts";

const word = "[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9])?";
const key = `(?:${word}/)?${word}`;
const value = `(?:${word})?`;
const values = `\\(\\s*${value}(?:\\s*,\\s*${value})*\\s*\\)`;
const requirement = `(?:!?\\s*${key}|${key}\\s*(?:==?|!=)\\s*${value}|${key}\\s+(?:in|notin)\\s*${values})`;
const selector = new RegExp(`^\\s*${requirement}(?:\\s*,\\s*${requirement})*\\s*$`);

/** Parses a label selector in kubectl's syntax. */
export function parseLabelSelector(text: string): string {
  if (!selector.test(text)) {
    throw new ValueError(
      `"${text}" is no label selector; right are a=b, a!=b, a in (b,c), a notin (b,c), a and !a, with commas between`,
    );
  }
  return text.trim();
}
