import type { VertexId } from "../model/metrics.ts";
import type { ConfigOverrides, ParallelismOverrides } from "../model/state.ts";

/**
 * What is stored to take a scaling back: in an entry of its own of the ConfigMap, which the Java operator leaves alone. Times are in
 * milliseconds since the epoch.
 */
export interface UndoState {
  readonly watched?: WatchedScaling;
  readonly undone?: UndoneScaling;
}

/** A scaling of which it is not known yet whether it was right. */
export interface WatchedScaling {
  readonly at: number;
  /** `metadata.generation` of the resource: with another one it is not known what a failure comes from. */
  readonly generation: number;
  /** Of all vertices. */
  readonly before: ParallelismOverrides;
  readonly configBefore: ConfigOverrides | undefined;
  /** Of those that it changes. */
  readonly changes: ReadonlyMap<VertexId, ScaledVertex>;
}

export interface ScaledVertex {
  readonly from: number;
  readonly to: number;
  /** Records per second that arrived when it was decided. */
  readonly load: number;
}

/** What was taken back, the last time `at`. A vertex leaves it when its load has changed. */
export interface UndoneScaling {
  readonly at: number;
  readonly generation: number;
  readonly changes: ReadonlyMap<VertexId, ScaledVertex>;
}

/** NaN and infinity are no numbers in JSON: they are null. */
const loadOf = (value: number | null): number => value ?? Number.NaN;

const objectOf = <Value>(map: ReadonlyMap<string, Value>): Record<string, Value> => Object.fromEntries(map);

interface StoredScaling {
  readonly at: number;
  readonly generation: number;
  readonly changes: Readonly<Record<string, { from: number; to: number; load: number | null }>>;
}
interface StoredWatched extends StoredScaling {
  readonly before: Readonly<Record<string, number>>;
  readonly configBefore?: { overrides: Readonly<Record<string, string>>; removals: readonly string[] };
}

export const formatUndo = ({ watched, undone }: UndoState): string =>
  JSON.stringify({
    ...(watched && {
      watched: {
        ...watched,
        before: objectOf(watched.before),
        configBefore: watched.configBefore && {
          ...watched.configBefore,
          overrides: objectOf(watched.configBefore.overrides),
        },
        changes: objectOf(watched.changes),
      },
    }),
    ...(undone && { undone: { ...undone, changes: objectOf(undone.changes) } }),
  });

/** Throws for a text that it does not understand, which is dropped then, as other entries are. */
export function parseUndo(text: string): UndoState {
  const { watched, undone } = JSON.parse(text) as { watched?: StoredWatched; undone?: StoredScaling };
  return {
    ...(watched && {
      watched: {
        ...scalingOf(watched),
        before: new Map(Object.entries(watched.before).map(([id, value]) => [id, wholeOf(value)])),
        configBefore: watched.configBefore && {
          overrides: new Map(Object.entries(watched.configBefore.overrides)),
          removals: [...watched.configBefore.removals],
        },
      },
    }),
    ...(undone && { undone: scalingOf(undone) }),
  };
}

const scalingOf = ({ at, generation, changes }: StoredScaling): UndoneScaling => ({
  at: wholeOf(at),
  generation: wholeOf(generation),
  changes: new Map(
    Object.entries(changes).map(([id, { from, to, load }]) => [
      id,
      { from: wholeOf(from), to: wholeOf(to), load: loadOf(load) },
    ]),
  ),
});

function wholeOf(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new SyntaxError(`${value} is no whole number`);
  return value as number;
}
