/** A promise that a run broke, and where in the journal. */
export interface Violation {
  promise: string;
  what: string;
  at: number;
}
