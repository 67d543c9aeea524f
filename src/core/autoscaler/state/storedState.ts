import { AutoscalerError } from "../model/autoscalerError.ts";
import type { SampleHistory } from "../model/metrics.ts";
import { codecs, type StateKey, type StateValues } from "./codecs.ts";

/**
 * The stored state of a job: what its ConfigMap holds after the next write. An entry has the text that was found, the value
 * once it is read, and only the value once it has changed.
 */
export type StoredState = { readonly [Key in StateKey]?: Entry<StateValues[Key]> };
type Entry<Value> =
  | { readonly text: string; readonly value?: Value }
  | { readonly text?: never; readonly value: Value };

export const stateKeys = Object.keys(codecs) as readonly StateKey[];

/**
 * Whether `after`, the state after a cycle, may be written together with the next sample: it has nothing new but a sample, and the
 * state `before` the cycle was `written`. So a crash loses one sample at most.
 */
export const mayBeWrittenLater = (written: StoredState, before: StoredState, after: StoredState): boolean =>
  after.collectedMetrics !== undefined &&
  written.collectedMetrics !== undefined &&
  stateKeys.every((key) => isSameEntry(written[key], (key === "collectedMetrics" ? before : after)[key]));

/** Values are never changed, only replaced. */
export const isSameEntry = (one: StoredState[StateKey], other: StoredState[StateKey]): boolean =>
  one === other ||
  (one?.text !== undefined && one.text === other?.text) ||
  (one?.value !== undefined && one.value === other?.value);

/** From the data of a ConfigMap. */
export const stateFromData = (data: Readonly<Record<string, string>>): StoredState =>
  Object.fromEntries(
    stateKeys.flatMap((key) => {
      const text = data[key];
      return text === undefined ? [] : [[key, { text }]];
    }),
  );

/** The most characters of the entries that grow. A ConfigMap has at most 1 MiB. */
const maxCharacters = 1_000_000;
const growing = ["scalingHistory", "collectedMetrics", "scalingTracking", "recordedJob"] as const;

/**
 * The data of the ConfigMap that had the data `before`, of which keys that are not known stay. The oldest samples are left out
 * where it would be larger than `limit` characters.
 */
export function dataFromState(
  state: StoredState,
  before: Readonly<Record<string, string>>,
  limit = maxCharacters,
): Readonly<Record<string, string>> {
  const unknown = Object.entries(before).filter(([key]) => !(stateKeys as readonly string[]).includes(key));
  const data: Record<string, string> = Object.fromEntries(unknown);
  for (const key of stateKeys) {
    const text = encodeEntry(key, state[key]);
    if (text !== undefined) data[key] = text;
  }
  const isTooLarge = () => growing.reduce((sum, key) => sum + (data[key]?.length ?? 0), 0) > limit;
  if (!isTooLarge()) return data;
  let samples = decodedEntry(state, "collectedMetrics") ?? new Map();
  do {
    samples = newerHalf(samples);
    if (samples.size === 0) delete data.collectedMetrics;
    else data.collectedMetrics = codecs.collectedMetrics.encode(samples);
  } while (isTooLarge() && samples.size > 0);
  return data;
}

/** A few encodings suffice for any size. */
const newerHalf = (samples: SampleHistory): SampleHistory =>
  new Map([...samples].slice(Math.ceil(samples.size / 2)));

function encodeEntry<Key extends StateKey>(key: Key, entry: StoredState[Key]): string | undefined {
  if (entry === undefined) return undefined;
  return entry.text ?? codecs[key].encode(entry.value as StateValues[Key]);
}

/** Undefined: absent, or unreadable. */
function decodedEntry<Key extends StateKey>(state: StoredState, key: Key): StateValues[Key] | undefined {
  const entry: Entry<StateValues[Key]> | undefined = state[key];
  if (entry === undefined) return undefined;
  if (entry.value !== undefined) return entry.value;
  try {
    return codecs[key].decode(entry.text ?? "");
  } catch {
    return undefined;
  }
}

/** The state while one cycle works on it. */
export interface StateView {
  /** An entry that cannot be read is dropped, and counts as absent. */
  get<Key extends StateKey>(key: Key): StateValues[Key] | undefined;
  put<Key extends StateKey>(key: Key, value: StateValues[Key]): void;
  remove(key: StateKey): void;
  clear(): void;
  readonly state: StoredState;
}

export function openState(stored: StoredState): StateView {
  let state = stored;
  const set = (key: StateKey, entry: unknown) => {
    const { [key]: _, ...others } = state;
    state = entry === undefined ? others : { ...others, [key]: entry };
  };
  return {
    get: (key) => {
      const entry = state[key];
      if (entry === undefined || entry.value !== undefined) return decodedEntry(state, key);
      const value = decodedEntry(state, key);
      if (value === undefined && keptUnreadable.includes(key)) {
        throw new AutoscalerError(
          `The stored ${key} of the autoscaler cannot be read: remove it from its ConfigMap, or its row from the database.`,
        );
      }
      set(key, value === undefined ? undefined : { ...entry, value });
      return value;
    },
    put: (key, value) => set(key, { value }),
    remove: (key) => set(key, undefined),
    clear: () => {
      state = {};
    },
    get state() {
      return state;
    },
  };
}

/** What the job should look like is not forgotten silently: without it the job would go back to its spec's parallelism. */
const keptUnreadable: readonly StateKey[] = ["parallelismOverrides", "configOverrides"];

/** An entry holds all cycles up until somebody removes it. */
export const isUnreadable = (stored: StoredState): boolean =>
  keptUnreadable.some((key) => stored[key] !== undefined && decodedEntry(stored, key) === undefined);
