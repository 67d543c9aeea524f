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

/** What answers are collected for. */
export type Purpose = "autoscaler" | "verification";

/** A collection at work. */
export interface CollectionState {
  readonly purpose: Purpose;
  collection: Collection;
  startedAt: number | undefined;
  /** When the next request is due. */
  dueAt: number;
  answers: Map<string, CollectedAnswer>;
  /** Paths of the plan that are not answered. Empty: the plan has to be asked. */
  pending: readonly string[];
  hasRepeated: boolean;
  /** The answers of the last complete round, until they are taken. */
  complete: CollectedAnswers | undefined;
  /** When the last complete round ended, in milliseconds since the epoch. */
  completedAt: number | undefined;
}

/** How long Flink has to collect the metrics of all TaskManagers after it was asked. */
const warmUpMs = 2_000;

export const beginCollection = (collection: Collection, now: number, purpose: Purpose): CollectionState => ({
  purpose,
  collection,
  startedAt: undefined,
  dueAt: now,
  answers: new Map(),
  pending: [],
  hasRepeated: false,
  complete: undefined,
  completedAt: undefined,
});

/** The path to GET now. Undefined only if the plan of the collection has changed meanwhile: the round is complete. */
export function nextPath(state: CollectionState, now: number): string | undefined {
  state.startedAt ??= now;
  if (state.pending.length === 0) state.pending = state.collection.plan(state.answers).next;
  return state.pending[0];
}

/** Records an answer. Returns true if it completes the round. */
export function recordCollected(
  state: CollectionState,
  path: string,
  answer: CollectedAnswer,
  now: number,
): boolean {
  state.answers.set(path, answer);
  state.dueAt = now;
  state.pending = state.pending.filter((other) => other !== path);
  // A plan costs as much as a request: it is made once for all paths that do not depend on each other.
  if (state.pending.length > 0) return false;
  const { next, isCold } = state.collection.plan(state.answers);
  state.pending = next;
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
  state.completedAt = now;
}

/** Gives a round up: the JobManager did not answer. */
export function endRound(state: CollectionState, now: number): void {
  state.dueAt = Math.max(now, (state.startedAt ?? now) + state.collection.intervalMs);
  state.startedAt = undefined;
  state.answers = new Map();
  state.pending = [];
  state.hasRepeated = false;
}

/** The collections of all plans: at most one for each purpose. */
export interface Collections {
  get(key: string, purpose: Purpose): CollectionState | undefined;
  /** The one whose next request is due first. */
  next(key: string): CollectionState | undefined;
  set(key: string, state: CollectionState): void;
  delete(key: string, purpose: Purpose): void;
  beginAnew(key: string, now: number): void;
  clear(): void;
  readonly size: number;
}

export function createCollections(): Collections {
  const known = new Map<string, readonly CollectionState[]>();
  const put = (key: string, states: readonly CollectionState[]) =>
    states.length === 0 ? known.delete(key) : known.set(key, states);
  const others = (key: string, purpose: Purpose) =>
    (known.get(key) ?? []).filter((state) => state.purpose !== purpose);
  return {
    get: (key, purpose) => known.get(key)?.find((state) => state.purpose === purpose),
    next: (key) => known.get(key)?.reduce((first, state) => (state.dueAt < first.dueAt ? state : first)),
    set: (key, state) => void put(key, [...others(key, state.purpose), state]),
    delete: (key, purpose) => void put(key, others(key, purpose)),
    beginAnew(key, now) {
      const states = known.get(key);
      if (states === undefined) return;
      put(
        key,
        states.map(({ collection, purpose }) => beginCollection(collection, now, purpose)),
      );
    },
    clear: () => known.clear(),
    get size() {
      return [...known.values()].reduce((sum, states) => sum + states.length, 0);
    },
  };
}
