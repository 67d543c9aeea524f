/**
 * Requests to a JobManager of which the next ones depend on the answers before: the metrics of all vertices of a job. They are
 * sent one after the other, each in its turn among the poller's other requests, and the whole round again at an interval.
 */

/** An answer by its path: its JSON, or the message of the JobManager's error. */
export type CollectedAnswer = { readonly body: unknown } | { readonly error: string };
export type CollectedAnswers = ReadonlyMap<string, CollectedAnswer>;

export interface Collection {
  readonly jobId: string;
  /** Milliseconds between the starts of two rounds. */
  readonly intervalMs: number;
  /**
   * The paths to GET, from the answers of this round so far. Empty: the round is complete. `isCold`: its answers are empty since
   * Flink has not collected the metrics yet, which it does only once it is asked.
   */
  plan(answers: CollectedAnswers): { readonly next: readonly string[]; readonly isCold: boolean };
}

/** A collection at work. */
export interface CollectionState {
  collection: Collection;
  startedAt: number | undefined;
  /** When the next request is due. */
  dueAt: number;
  answers: Map<string, CollectedAnswer>;
  hasRepeated: boolean;
  /** The answers of the last complete round, until they are taken. */
  complete: CollectedAnswers | undefined;
}

/** How long Flink has to collect the metrics of all TaskManagers after it was asked. */
const warmUpMs = 2_000;

export const beginCollection = (collection: Collection, now: number): CollectionState => ({
  collection,
  startedAt: undefined,
  dueAt: now,
  answers: new Map(),
  hasRepeated: false,
  complete: undefined,
});

/** The path to GET now. Undefined only if the plan of the collection has changed meanwhile: the round is complete. */
export function nextPath(state: CollectionState, now: number): string | undefined {
  state.startedAt ??= now;
  return state.collection.plan(state.answers).next[0];
}

/** Records an answer. Returns true if it completes the round. */
export function recordCollected(
  state: CollectionState,
  path: string,
  answer: CollectedAnswer,
  now: number,
): boolean {
  state.answers.set(path, answer);
  const { next, isCold } = state.collection.plan(state.answers);
  state.dueAt = now;
  if (next.length > 0) return false;
  if (isCold && !state.hasRepeated) {
    state.hasRepeated = true;
    state.answers = new Map();
    state.dueAt = now + warmUpMs;
    return false;
  }
  completeRound(state, now);
  return true;
}

export function completeRound(state: CollectionState, now: number): void {
  const { answers } = state;
  endRound(state, now);
  state.complete = answers;
}

/** Gives a round up: the JobManager did not answer. */
export function endRound(state: CollectionState, now: number): void {
  state.dueAt = Math.max(now, (state.startedAt ?? now) + state.collection.intervalMs);
  state.startedAt = undefined;
  state.answers = new Map();
  state.hasRepeated = false;
}
