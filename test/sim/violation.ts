/** An invariant that a run violates. */
export interface Violation {
  invariant: string;
  message: string;
  /** Index of the journal entry at which it is violated. */
  at: number;
}
