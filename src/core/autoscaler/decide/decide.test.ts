import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { vertexOf } from "../job.fixture.ts";
import { average, current, type EvaluatedValues } from "../model/metrics.ts";
import type { DelayedScaleDown, ScalingSummary } from "../model/state.ts";
import type { Topology, Vertex } from "../model/topology.ts";
import { decideScaling } from "./decide.ts";
import { decideVertex } from "./decideVertex.ts";

const minute = 60_000;

/** A vertex that processes `rate` records per second, of which `target` arrive. */
const metricsOf = (rate: number, target: number, thresholds: EvaluatedValues = {}): EvaluatedValues => ({
  TRUE_PROCESSING_RATE: average(rate),
  TARGET_DATA_RATE: average(target),
  CATCH_UP_DATA_RATE: current(0),
  ...thresholds,
});

const exact = {
  "job.autoscaler.scaling.parallelism-alignment.mode": "OFF",
  "job.autoscaler.utilization.target": "1.0",
  "job.autoscaler.catch-up.duration": "0 s",
  "job.autoscaler.scale-down.max-factor": "1.0",
};

interface Situation {
  readonly vertex: Vertex;
  readonly metrics: EvaluatedValues;
  readonly history?: readonly ScalingSummary[];
  readonly delayed?: DelayedScaleDown;
  readonly now?: number;
  readonly config?: Readonly<Record<string, string>>;
}

const decide = ({ history = [], delayed = new Map(), now = 0, config = {}, ...situation }: Situation) =>
  decideVertex({
    ...situation,
    history,
    delayed,
    restartSeconds: 300,
    now,
    config: flinkConfig({ ...exact, ...config }),
  });

describe("the parallelism of a vertex", () => {
  const immediately = { "job.autoscaler.scale-down.interval": "0 s" };
  const parallelismFor = (
    vertex: Partial<Vertex>,
    [rate, target]: readonly [number, number],
    config: Readonly<Record<string, string>>,
  ) => {
    const before = vertexOf("v", 10, vertex);
    return decide({ vertex: before, metrics: metricsOf(rate, target), config: { ...immediately, ...config } })
      .change?.parallelism;
  };
  const min = "job.autoscaler.vertex.min-parallelism";
  const max = "job.autoscaler.vertex.max-parallelism";

  it.each<[string, Partial<Vertex>, readonly [number, number], Record<string, string>, number | undefined]>([
    ["is not raised to a minimum that it is already below", {}, [100, 50], { [min]: "20" }, undefined],
    ["goes down to the minimum", {}, [100, 10], { [min]: "4" }, 4],
    ["is not lowered to a maximum that it is already above", {}, [100, 200], { [max]: "5" }, undefined],
    ["goes up to the maximum", {}, [100, 900], { [max]: "15" }, 15],
    ["is cut by the job's own maximum", { maxParallelism: 6 }, [100, 200], {}, 6],
    [
      "goes down as far as the factor allows",
      {},
      [100, 1],
      { "job.autoscaler.scale-down.max-factor": "0.6" },
      4,
    ],
    [
      "goes up as far as the factor allows",
      {},
      [100, 900],
      { "job.autoscaler.scale-up.max-factor": "0.5" },
      15,
    ],
    ["goes down for a rate below a half, whose capacity is 0", {}, [0.4, 0.4], {}, 1],
    ["goes down if the vertex is never busy", {}, [Number.POSITIVE_INFINITY, 100], {}, 1],
    [
      "goes up to the limit for a target of 0, which needs infinite capacity",
      {},
      [100, 100],
      { "job.autoscaler.utilization.target": "0.0", [max]: "50" },
      50,
    ],
    [
      "goes down for a target of 0 if the vertex is never busy",
      {},
      [Number.POSITIVE_INFINITY, 100],
      { "job.autoscaler.utilization.target": "0.0" },
      1,
    ],
    ["stays if the rate is not known", {}, [Number.NaN, 100], {}, undefined],
    ["stays if the target is not known", {}, [100, Number.NaN], {}, undefined],
  ])("%s", (_, vertex, rates, config, parallelism) => {
    expect(parallelismFor(vertex, rates, config)).toBe(parallelism);
  });
});

describe("a delayed scale-down", () => {
  const interval = { "job.autoscaler.scale-down.interval": "10 min" };
  const at = (
    minutes: number,
    target: number,
    delayed: DelayedScaleDown = new Map(),
    config: Readonly<Record<string, string>> = interval,
  ) =>
    decide({
      vertex: vertexOf("v", 10),
      metrics: metricsOf(100, target),
      delayed,
      now: minutes * minute,
      config,
    });
  const waiting = (minutes: readonly (readonly [number, number])[]) =>
    minutes.reduce<DelayedScaleDown>(
      (delayed, [when, target]) => at(when, target, delayed).delayed,
      new Map(),
    );
  const listed = (delayed: DelayedScaleDown) =>
    delayed.get("v")?.recommendations.map(({ at: when, parallelism }) => [when / minute, parallelism]);

  it("keeps the higher recommendations, and of equal ones the last", () => {
    expect(
      listed(
        waiting([
          [0, 30],
          [1, 60],
          [2, 40],
          [3, 40],
        ]),
      ),
    ).toEqual([
      [1, 6],
      [3, 4],
    ]);
  });

  it("takes the highest of the interval once it has passed since the first", () => {
    const delayed = waiting([
      [0, 30],
      [1, 60],
      [2, 40],
    ]);
    expect(at(9.9, 20, delayed).change).toBeUndefined();
    expect(at(10, 20, delayed).change?.parallelism).toBe(6);
    expect(at(11.5, 20, delayed).change?.parallelism).toBe(4);
  });

  it("is not delayed again until it is cleared", () => {
    const { delayed } = at(10, 20, waiting([[0, 30]]));
    expect(delayed.get("v")?.firstAt).toBe(0);
    expect(at(30, 50, delayed).change?.parallelism).toBe(5);
  });

  it.each([
    ["the present parallelism", 100],
    ["a higher one", 200],
  ])("is cleared by a recommendation of %s", (_, target) => {
    const others: DelayedScaleDown = new Map([["w", { firstAt: 0, recommendations: [] }]]);
    const { delayed } = at(2, target, new Map([...waiting([[0, 30]]), ...others]));
    expect(delayed).toEqual(others);
  });

  it("leaves what is stored where nothing is delayed", () => {
    const before = waiting([[0, 30]]);
    const { change, delayed } = at(1, 20, before, { "job.autoscaler.scale-down.interval": "0 s" });
    expect([change?.parallelism, delayed]).toEqual([2, before]);
  });

  it("is outside of the bounds if the recommendation was that is taken", () => {
    const outside = { SCALE_DOWN_RATE_THRESHOLD: current(50) };
    const vertex = vertexOf("v", 10);
    const first = decide({ vertex, metrics: metricsOf(100, 60, outside), config: interval });
    const inside = metricsOf(100, 20);
    const due = decide({
      vertex,
      metrics: inside,
      delayed: first.delayed,
      now: 10 * minute,
      config: interval,
    });
    expect(due.change).toEqual({ parallelism: 6, isOutsideBound: true });
  });
});

describe("an ineffective scale-up", () => {
  const scaled = (from: number, to: number, rate: number, expected: number): ScalingSummary => ({
    currentParallelism: from,
    newParallelism: to,
    metrics: { TRUE_PROCESSING_RATE: average(rate), EXPECTED_PROCESSING_RATE: current(expected) },
  });
  const detection = { "job.autoscaler.scaling.effectiveness.detection.enabled": "true" };
  const nextAfter = (
    summary: ScalingSummary,
    rate: number,
    config: Readonly<Record<string, string>> = detection,
  ) => decide({ vertex: vertexOf("v", 10), metrics: metricsOf(rate, 2 * rate), history: [summary], config });

  it.each<[string, ScalingSummary, number, boolean]>([
    ["brought less than the threshold", scaled(5, 10, 100, 200), 109, true],
    ["brought the threshold", scaled(5, 10, 100, 200), 110, false],
    ["was expected to bring nothing, and did", scaled(5, 10, 100, 100), 100, true],
    ["was expected to bring less, and did", scaled(5, 10, 100, 50), 60, false],
    ["led to another parallelism", scaled(5, 9, 100, 200), 100, false],
    ["was a scale-down", scaled(20, 10, 100, 200), 100, false],
  ])("blocks the next one if it %s", (_, summary, rate, isBlocked) => {
    const { change, events } = nextAfter(summary, rate);
    expect([change === undefined, events.map(({ reason }) => reason)]).toEqual([
      isBlocked,
      isBlocked ? ["IneffectiveScaling"] : [],
    ]);
  });

  it("is only reported where detection is off", () => {
    const { change, events } = nextAfter(scaled(5, 10, 100, 200), 100, {});
    expect([change?.parallelism, events.map(({ reason }) => reason)]).toEqual([20, ["IneffectiveScaling"]]);
  });

  it("does not block a scale-down", () => {
    const config = { ...detection, "job.autoscaler.scale-down.interval": "0 s" };
    const history = [scaled(5, 10, 100, 200)];
    const { change, events } = decide({
      vertex: vertexOf("v", 10),
      metrics: metricsOf(100, 50),
      history,
      config,
    });
    expect([change?.parallelism, events]).toEqual([5, []]);
  });
});

describe("a decision about the job", () => {
  const [a, b] = [vertexOf("a", 10), vertexOf("b", 10)];
  const topology: Topology = new Map([a, b].map((vertex) => [vertex.id, vertex]));
  const global: EvaluatedValues = { GC_PRESSURE: current(0.5), HEAP_MAX_USAGE_RATIO: average(0.5) };
  const of = (
    metrics: Readonly<Record<string, EvaluatedValues>>,
    more: Partial<Parameters<typeof decideScaling>[0]> = {},
    config: Readonly<Record<string, string>> = {},
  ) =>
    decideScaling({
      topology,
      evaluated: { vertices: new Map(Object.entries(metrics)), global },
      history: new Map(),
      delayed: new Map(),
      excluded: [],
      restartSeconds: 300,
      now: 0,
      config: flinkConfig({ ...exact, "job.autoscaler.scale-down.interval": "10 min", ...config }),
      ...more,
    });
  const outside = { SCALE_UP_RATE_THRESHOLD: current(101) };
  const changes = ({ summaries }: ReturnType<typeof of>) =>
    [...summaries].map(([id, { newParallelism }]) => [id, newParallelism]);

  it("changes all vertices if one that changes is outside of its bounds, and otherwise none", () => {
    const inside = metricsOf(100, 150);
    expect(changes(of({ a: inside, b: inside }))).toEqual([]);
    expect(changes(of({ a: inside, b: { ...inside, ...outside } }))).toEqual([
      ["a", 15],
      ["b", 15],
    ]);
    // The one outside of its bounds is blocked or delayed, or stays.
    expect(changes(of({ a: inside, b: metricsOf(100, 100, outside) }))).toEqual([]);
    expect(
      changes(of({ a: inside, b: metricsOf(100, 50, { SCALE_DOWN_RATE_THRESHOLD: current(80) }) })),
    ).toEqual([]);
  });

  it("compares the bounds strictly", () => {
    const at = (thresholds: EvaluatedValues) =>
      changes(of({ a: metricsOf(100, 150, thresholds), b: metricsOf(100, 100) })).length;
    expect(at({ SCALE_UP_RATE_THRESHOLD: current(100), SCALE_DOWN_RATE_THRESHOLD: current(100) })).toBe(0);
    expect(at({ SCALE_DOWN_RATE_THRESHOLD: current(99.999) })).toBe(1);
    expect(at({ SCALE_UP_RATE_THRESHOLD: current(100.001) })).toBe(1);
  });

  it("leaves excluded vertices and what is stored of them", () => {
    const delayed: DelayedScaleDown = new Map([
      ["b", { firstAt: 0, recommendations: [] }],
      ["gone", { firstAt: 0, recommendations: [] }],
    ]);
    const up = metricsOf(100, 200, outside);
    const decision = of({ a: up, b: up }, { excluded: ["b"], delayed });
    expect([changes(decision), decision.delayed]).toEqual([[["a", 20]], delayed]);
  });

  it("keeps a delayed scale-down also where nothing is outside of its bounds", () => {
    const { delayed, summaries } = of({ a: metricsOf(100, 50), b: metricsOf(100, 100) });
    expect([[...delayed.keys()], summaries.size]).toEqual([["a"], 0]);
  });

  it.each([
    ["gc-pressure.threshold", "0.5", 0],
    ["gc-pressure.threshold", "0.499", 1],
    ["heap-usage.threshold", "0.5", 0],
    ["heap-usage.threshold", "0.499", 1],
  ])("is none under memory pressure: %s %s", (option, threshold, pressures) => {
    const metrics = { a: metricsOf(100, 50), b: metricsOf(100, 200, outside) };
    const decision = of(metrics, {}, { [`job.autoscaler.memory.${option}`]: threshold });
    expect(decision.events.map(({ reason }) => reason)).toEqual(Array(pressures).fill("MemoryPressure"));
    expect([decision.summaries.size, decision.delayed.size]).toEqual(pressures > 0 ? [0, 0] : [1, 1]);
  });
});
