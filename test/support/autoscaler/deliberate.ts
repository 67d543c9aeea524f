import type { Json } from "./recording.ts";

/**
 * How the comparison passes over what this operator does otherwise on purpose. The list of it, with a test of each, is in
 * src/core/autoscaler/autoscaler.golden.test.ts.
 */

const isProgrammingError = (message: string): boolean =>
  /^Cannot (invoke|read|load) .*\bnull$/s.test(message);
const ownErrors = /^(The stored \w+ of the autoscaler cannot be read|Could not find required metric)/;

/** The events without the texts of programming errors, if the recording has one. */
export const withoutProgrammingErrors = (events: readonly Json[], recorded: readonly Json[]): Json[] => {
  const areComparable = recorded.some(({ message }) => isProgrammingError(message));
  return areComparable
    ? events.map((event) =>
        isProgrammingError(event.message) || ownErrors.test(event.message)
          ? { ...event, message: "a programming error" }
          : event,
      )
    : [...events];
};

/** The recorded gauges that this operator has too. */
export function sharedGauges(recorded: Json, own: Json): { readonly recorded: Json; readonly own: Json } {
  const vertexOf = (name: string) => /jobVertexID\.(\w+)\./.exec(name)?.[1] ?? "";
  const vertices = (metrics: Json) => new Set(Object.keys(metrics).map(vertexOf));
  const [theirs, ours] = [vertices(recorded), vertices(own)];
  const keep = (metrics: Json, isKept: (name: string, value: Json) => boolean) =>
    Object.fromEntries(Object.entries(metrics).filter(([name, value]) => isKept(name, value)));
  return {
    recorded: keep(recorded, (name, value) => ours.has(vertexOf(name)) || value !== "NaN"),
    own: keep(own, (name) => theirs.has(vertexOf(name))),
  };
}

/** A step whose decision failed, without how far it came. */
export const withoutFailedDecision = ({ evaluated, decisions: _, summaries: __, ...step }: Json): Json => ({
  ...step,
  evaluated: evaluated && {
    ...evaluated,
    vertices: Object.fromEntries(
      Object.entries<Json>(evaluated.vertices).map(([id, { EXPECTED_PROCESSING_RATE: _, ...values }]) => [
        id,
        values,
      ]),
    ),
  },
});

/** Whether the Java operator could not read the overrides that are stored, so that what follows from them differs. */
export const cannotReadOverrides = (events: readonly Json[]): boolean =>
  events.some(({ message }) => message.startsWith("Could not split string. Illegal quoting at position"));

/** A step without what follows from overrides that the Java operator could not read. */
export const withoutRealisation = (step: Json): Json => {
  const { specChanges: _, diff: __, inPlace: ___, counters, ...others } = step;
  return {
    ...others,
    counters: counters && { ...counters, errors: undefined },
    events: others.events.filter(
      ({ message }: Json) =>
        !/^(Could not split string|The stored parallelismOverrides)/.test(String(message)),
    ),
  };
};
