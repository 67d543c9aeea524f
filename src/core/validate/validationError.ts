/** An error of a resource, for its author: shown as "field: message". */
export interface ValidationError {
  /** Path in the resource ("spec.job.parallelism"), or a configuration key. */
  readonly field: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** A list in a sentence: "a, b or c". */
export const either = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
