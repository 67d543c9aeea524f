import { codecs, type StateKey } from "./codecs.ts";
import { type StoredState, stateFromData } from "./storedState.ts";

/** The rows of one job in a database, by `state_type`. */
export type Rows = Readonly<Record<string, string>>;

/** The types of the Java autoscaler, which knows no others. */
export const rowTypes = [
  "scalingHistory",
  "scalingTracking",
  "collectedMetrics",
  "parallelismOverrides",
  "configOverrides",
  "delayedScaleDown",
] as const satisfies readonly StateKey[];

export const stateFromRows = (rows: Rows): StoredState => {
  const known = rowTypes.filter((type) => Object.hasOwn(rows, type));
  return stateFromData(Object.fromEntries(known.map((type) => [type, rows[type] ?? ""])));
};

/** An entry that has not changed keeps its text. */
export const rowsFromState = (state: StoredState): Rows =>
  Object.fromEntries(
    rowTypes.flatMap((type) => {
      const text = rowOf(type, state);
      return text === undefined ? [] : [[type, text]];
    }),
  );

function rowOf<Key extends StateKey>(type: Key, state: StoredState): string | undefined {
  const entry = state[type];
  if (entry === undefined) return undefined;
  return entry.text ?? codecs[type].encodeJson(entry.value as never);
}
