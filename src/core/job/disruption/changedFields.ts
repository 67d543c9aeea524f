import { redactSecrets } from "../../../api/redact.ts";
import type { SpecDiff } from "../../diff/diff.ts";

/** Limits of the record: entries of a list, characters of a text. */
const maxEntries = 10;
const maxText = 300;

export const boundedList = (texts: readonly string[]): string[] =>
  texts.slice(0, maxEntries).map(boundedText);

export function boundedText(text: string): string {
  const masked = redactSecrets(text.slice(0, 2 * maxText));
  return masked.length <= maxText ? masked : `${masked.slice(0, maxText - 1)}…`;
}

/** The fields that differ from what is deployed, as the record names them. */
export const changedFields = (diff: SpecDiff | undefined): string[] =>
  boundedList(
    (diff?.changes ?? []).filter(({ effect }) => effect !== "ignore").map(({ path }) => `spec.${path}`),
  );
