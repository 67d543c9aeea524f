import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metricNames, type Sample } from "../model/metrics.ts";
import { codecs } from "./codecs.ts";
import { compressText, decompressText } from "./compressedText.ts";
import { dataFromState, mayBeWrittenLater, openState, stateFromData } from "./storedState.ts";

const vertex = "8d573ee1f35649f8a3a970f3d9bab301";
const other = "f4e6bb50184b628d499fe509c7b098a0";

const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e9, 1.5e-7),
);
const anyValues = fc.dictionary(fc.constantFrom(...metricNames), anyNumber);
const anyInstant = fc.integer({ min: 0, max: 4e12 });
const anySample: fc.Arbitrary<Sample> = fc.record({
  vertices: fc
    .dictionary(fc.constantFrom(vertex, other), anyValues)
    .map((each) => new Map(Object.entries(each))),
  global: anyValues,
});
const byTime = <Value>(entries: readonly (readonly [number, Value])[]) =>
  new Map([...entries].sort(([a], [b]) => a - b));

describe("the stored state", () => {
  it("is read as it was written", () => {
    const samples = fc.array(fc.tuple(anyInstant, anySample), { maxLength: 4 }).map(byTime);
    const tracking = fc
      .array(
        fc.tuple(
          anyInstant,
          fc.record({ restartMs: fc.option(fc.integer({ min: -1e7, max: 1e7 }), { nil: undefined }) }),
        ),
      )
      .map(byTime);
    const delayed = fc
      .record({
        firstAt: anyInstant,
        recommendations: fc.array(
          fc.record({ at: anyInstant, parallelism: fc.integer(), isOutsideBound: fc.boolean() }),
        ),
      })
      .map((each) => new Map([[vertex, each]]));
    const config = fc.record({
      overrides: fc.dictionary(fc.string(), fc.string()).map((each) => new Map(Object.entries(each))),
      removals: fc.array(fc.string()),
    });
    const evaluated = fc.dictionary(
      fc.constantFrom(...metricNames),
      fc.record({ current: anyNumber, average: anyNumber }),
    );
    const history = fc
      .array(
        fc.tuple(
          anyInstant,
          fc.record({ currentParallelism: fc.nat(), newParallelism: fc.nat(), metrics: evaluated }),
        ),
        { maxLength: 3 },
      )
      .map((entries) => new Map([[other, byTime(entries)]]));
    const state = fc.record({ samples, tracking, delayed, config, history });
    fc.assert(
      fc.property(state, (values) => {
        const view = openState({});
        view.put("collectedMetrics", values.samples);
        view.put("scalingTracking", values.tracking);
        view.put("delayedScaleDown", values.delayed);
        view.put("configOverrides", values.config);
        view.put("scalingHistory", values.history);
        view.put("parallelismOverrides", new Map([[vertex, 3]]));
        const read = openState(stateFromData(dataFromState(view.state, {})));
        for (const key of ["collectedMetrics", "scalingTracking", "delayedScaleDown"] as const) {
          expect(read.get(key)).toEqual(view.get(key));
        }
        expect(read.get("configOverrides")).toEqual(values.config);
        expect(read.get("scalingHistory")).toEqual(values.history);
        expect(read.get("parallelismOverrides")).toEqual(new Map([[vertex, 3]]));
      }),
    );
  });

  it("keeps the text of what did not change, and keys that are not known", () => {
    const text = `{${vertex}: '3'}`;
    const view = openState(stateFromData({ parallelismOverrides: text }));
    expect(view.get("parallelismOverrides")).toEqual(new Map([[vertex, 3]]));
    expect(dataFromState(view.state, { later: "1" })).toEqual({ parallelismOverrides: text, later: "1" });
    view.put("parallelismOverrides", new Map([[vertex, 4]]));
    expect(dataFromState(view.state, {})).toEqual({ parallelismOverrides: `${vertex}:4` });
  });

  it.each([
    ["scalingHistory", "no YAML: [", "unreadable"],
    ["scalingHistory", `"${vertex}":\n  "2026-01-01T00:00:00Z":\n    later: 1\n`, "an unknown field"],
    ["scalingTracking", "scalingRecords: {today: {}}", "no instant"],
    ["collectedMetrics", `"2026-01-01T00:00:00Z":\n  globalMetrics:\n    LOAD: .nan\n`, "YAML's own NaN"],
    ["delayedScaleDown", "delayedVertices: {short: {}}", "no vertex"],
  ] as const)("drops %s with %j: %s", (key, text, _why) => {
    const view = openState(stateFromData({ [key]: text }));
    expect(view.get(key)).toBeUndefined();
    expect(dataFromState(view.state, {})).toEqual({});
  });

  it.each(["parallelismOverrides", "configOverrides"] as const)("does not drop %s silently", (key) => {
    const view = openState(stateFromData({ [key]: "'" }));
    expect(() => view.get(key)).toThrow(`The stored ${key} of the autoscaler cannot be read`);
    expect(dataFromState(view.state, {})).toEqual({ [key]: "'" });
  });

  it("leaves out the oldest samples where it would be too large", () => {
    const sample: Sample = { vertices: new Map(), global: { LOAD: 1 } };
    const view = openState({});
    view.put("collectedMetrics", new Map(Array.from({ length: 500 }, (_, at) => [at * 61_234, sample])));
    const whole = dataFromState(view.state, {}).collectedMetrics?.length ?? 0;
    const data = dataFromState(view.state, {}, whole - 1);
    expect(data.collectedMetrics?.length).toBeLessThan(whole);
    const kept = [...codecs.collectedMetrics.decode(data.collectedMetrics ?? "").keys()];
    expect(kept).toHaveLength(250);
    expect(kept.at(-1)).toBe(499 * 61_234);
    expect(dataFromState(view.state, {}, 1)).toEqual({});
  });

  it("reads what is not compressed, and refuses what expands too far", () => {
    expect(decompressText("plain: 1")).toBe("plain: 1");
    const bomb = compressText("0".repeat(65 * 2 ** 20));
    expect(decompressText(bomb)).toBe(bomb);
  });
});

describe("a state with one more sample", () => {
  const sample: Sample = { vertices: new Map(), global: {} };
  const written = stateFromData({ parallelismOverrides: `${vertex}:1`, collectedMetrics: "" });
  const sampled = (state: typeof written) => {
    const view = openState(state);
    view.put("collectedMetrics", new Map([[1, sample]]));
    return view.state;
  };
  const scaled = (state: typeof written) => {
    const view = openState(state);
    view.put("parallelismOverrides", new Map([[vertex, 2]]));
    return view.state;
  };

  it("may be written with the next one, but not later", () => {
    expect(mayBeWrittenLater(written, written, sampled(written))).toBe(true);
    const after = sampled(written);
    expect(mayBeWrittenLater(written, after, sampled(after))).toBe(false);
  });

  it("is written at once with anything else that is new, and with the first sample", () => {
    expect(mayBeWrittenLater(written, written, sampled(scaled(written)))).toBe(false);
    expect(mayBeWrittenLater({}, {}, sampled({}))).toBe(false);
    expect(mayBeWrittenLater(written, written, {})).toBe(false);
  });

  it("is the same after what was stored has been read", () => {
    const view = openState(written);
    view.get("parallelismOverrides");
    expect(mayBeWrittenLater(written, written, sampled(view.state))).toBe(true);
  });
});
