import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { decideVertex } from "./decide/decideVertex.ts";
import { answersOf, autoscalerOf, type JobVertex, vertexId, vertexOf } from "./job.fixture.ts";
import { average, current } from "./model/metrics.ts";
import { openState } from "./state/storedState.ts";

const minute = 60_000;

const overridesIn = (autoscaler: ReturnType<typeof autoscalerOf>) =>
  openState(autoscaler.stored).get("parallelismOverrides") ?? new Map<string, number>();

/** A vertex that works off `perSubtask` records per second in each subtask. */
interface Capacity {
  readonly perSubtask: number;
  readonly parallelism: number;
}

/** A job in balance with a constant input: what the slowest vertex lets through, the rest waits at the source. */
function flow(capacities: readonly Capacity[], input: number, backlog: number): JobVertex[] {
  const most = Math.min(...capacities.map(({ perSubtask, parallelism }) => perSubtask * parallelism));
  const rate = Math.min(most, backlog > 0 ? most : input);
  return capacities.map(({ perSubtask, parallelism }, at) => {
    const busyMsPerSecond = Math.min(1_000, (rate / (perSubtask * parallelism)) * 1_000);
    const waits = at === 0 && rate === most ? 1_000 - busyMsPerSecond : 0;
    return { parallelism, rate, busyMsPerSecond, backPressuredMsPerSecond: waits, pendingRecords: backlog };
  });
}

/** Runs the job for so many minutes, restarted at each scaling. The times of the scalings, and the parallelism after each. */
function live(capacities: readonly number[], input: number, minutes: number) {
  const autoscaler = autoscalerOf({ "job.autoscaler.scale-down.interval": "3 min" });
  let parallelism = capacities.map(() => 2);
  let since = 0;
  let backlog = 0;
  const scalings: number[] = [];
  for (let at = 1; at <= minutes; at++) {
    const now = at * minute;
    const vertices = flow(
      capacities.map((perSubtask, place) => ({ perSubtask, parallelism: parallelism[place] ?? 1 })),
      input,
      backlog,
    );
    backlog = Math.max(0, backlog + (input - (vertices[0]?.rate ?? 0)) * 60);
    const { trace, unexpected } = autoscaler.cycle(now, answersOf(vertices, since, (now - since) / 1_000));
    expect(unexpected).toBeUndefined();
    if (trace.decision === undefined || trace.decision.summaries.size === 0) continue;
    scalings.push(at);
    const overrides = overridesIn(autoscaler);
    parallelism = capacities.map((_, place) => overrides.get(vertexId(place)) ?? 1);
    backlog += input * 30;
    since = now + 30_000;
  }
  return { scalings, parallelism };
}

describe("the autoscaler", () => {
  it("comes to rest under a constant load, with enough subtasks", () => {
    const capacity = fc.integer({ min: 50, max: 2_000 });
    const capacities = fc.tuple(capacity, capacity, capacity);
    fc.assert(
      fc.property(capacities, fc.integer({ min: 100, max: 3_000 }), (perSubtask, input) => {
        const { scalings, parallelism } = live(perSubtask, input, 150);
        expect(scalings.filter((at) => at > 90)).toEqual([]);
        expect(scalings.length).toBeLessThan(12);
        for (const [place, each] of perSubtask.entries()) {
          expect((parallelism[place] ?? 0) * each).toBeGreaterThanOrEqual(input);
        }
      }),
      { numRuns: 15 },
    );
  });

  const anyNumber = fc.oneof(
    fc.double({ noNaN: false }),
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, 1e-308),
    fc.integer({ min: 0, max: 10_000 }),
  );
  const anyVertex = fc.record({
    parallelism: fc.integer({ min: 1, max: 50 }),
    maxParallelism: fc.integer({ min: 50, max: 200 }),
    rate: anyNumber,
    busyMsPerSecond: anyNumber,
    backPressuredMsPerSecond: anyNumber,
    pendingRecords: anyNumber,
  });

  it("never leaves its limits, and writes whole numbers, whatever Flink measures", () => {
    const job = fc.array(fc.array(anyVertex, { minLength: 3, maxLength: 3 }), { minLength: 4, maxLength: 4 });
    const limits = fc.record({ min: fc.integer({ min: 1, max: 5 }), max: fc.integer({ min: 5, max: 60 }) });
    let scaled = 0;
    fc.assert(
      fc.property(job, limits, fc.boolean(), (samples, { min, max }, delays) => {
        const [first = []] = samples;
        const autoscaler = autoscalerOf({
          "job.autoscaler.vertex.min-parallelism": String(min),
          "job.autoscaler.vertex.max-parallelism": String(max),
          "job.autoscaler.scale-down.interval": delays ? "1 min" : "0 s",
          "job.autoscaler.memory.heap-usage.threshold": "1",
        });
        for (const [at, sample] of samples.entries()) {
          // The graph stays, the measurements change.
          const vertices = sample.map((vertex, place) => ({
            ...vertex,
            parallelism: first[place]?.parallelism ?? 1,
            maxParallelism: first[place]?.maxParallelism ?? 128,
          }));
          const { unexpected } = autoscaler.cycle((at + 1) * minute, answersOf(vertices, 0, (at + 1) * 60));
          expect(unexpected).toBeUndefined();
        }
        const overrides = overridesIn(autoscaler);
        scaled += overrides.size > 0 ? 1 : 0;
        for (const [id, parallelism] of overrides) {
          const { parallelism: before = 1, maxParallelism = 128 } = first[Number(id)] ?? {};
          expect(Number.isInteger(parallelism)).toBe(true);
          expect(parallelism).toBeGreaterThanOrEqual(Math.min(before, min));
          expect(parallelism).toBeLessThanOrEqual(Math.min(maxParallelism, Math.max(before, max)));
        }
      }),
      { numRuns: 300 },
    );
    expect(scaled).toBeGreaterThan(20);
  });

  it("does not follow a load that goes up and down within its bounds", () => {
    const swing = fc.record({
      period: fc.integer({ min: 1, max: 4 }),
      low: fc.double({ min: 0.45, max: 0.65, noNaN: true }),
      high: fc.double({ min: 0.7, max: 0.95, noNaN: true }),
    });
    fc.assert(
      fc.property(swing, ({ period, low, high }) => {
        const autoscaler = autoscalerOf({ "job.autoscaler.scale-down.interval": "3 min" });
        let read = 0;
        for (let at = 1; at <= 60; at++) {
          const load = Math.floor(at / period) % 2 === 0 ? low : high;
          const rate = 1_000 * load;
          read += rate * 60;
          // Counters of what was read, whatever the present rate.
          const vertices = [0, 1].map(() => ({ parallelism: 4, rate, busyMsPerSecond: 1_000 * load }));
          const { memory } = autoscaler.cycle(at * minute, answersOf(vertices, 0, read / rate));
          expect(memory.counters.scalings).toBe(0);
        }
      }),
      { numRuns: 8 },
    );
  });

  it("stays within its limits, whatever its expressions give", () => {
    const any = fc.constantFrom(
      ...["0", "-5", "9999999999", "1.0 / 0.0", "'x'", "null", "current * 50", "target - 7"],
      ...["target", "target * 2", "current + 1", "target + 3"],
    );
    let scaled = 0;
    fc.assert(
      fc.property(any, any, fc.integer({ min: 1, max: 60 }), (aligned, changed, parallelism) => {
        const inExecutor = changed.replaceAll(/\b(current|target)\b/g, "c.$1");
        const autoscaler = autoscalerOf({
          "job.autoscaler.utilization.max": "0.8",
          "job.autoscaler.vertex.max-parallelism": "40",
          "job.autoscaler.alignment.expression": aligned,
          "job.autoscaler.executor.expression": `changes.map(c, ${inExecutor})`,
        });
        const vertices = [1_000, 1_000].map((busyMsPerSecond) => ({
          parallelism,
          rate: 1_000,
          busyMsPerSecond,
        }));
        for (const at of [1, 2, 3, 4]) autoscaler.cycle(at * minute, answersOf(vertices, 0, at * 60));
        const overrides = overridesIn(autoscaler);
        scaled += overrides.size > 0 ? 1 : 0;
        for (const [, each] of overrides) {
          expect(Number.isInteger(each)).toBe(true);
          expect(each).toBeGreaterThanOrEqual(1);
          expect(each).toBeLessThanOrEqual(Math.max(parallelism, 40));
        }
      }),
      { numRuns: 100 },
    );
    expect(scaled).toBeGreaterThan(2);
  });

  it("gives a vertex with more load at least as many subtasks", () => {
    const config = flinkConfig({
      "job.autoscaler.scaling.parallelism-alignment.mode": "OFF",
      "job.autoscaler.scale-down.interval": "0 s",
    });
    const parallelismFor = (load: number, rate: number, parallelism: number) => {
      const vertex = vertexOf(vertexId(1), parallelism, { inputs: new Map([[vertexId(0), "HASH"]]) });
      const metrics = {
        TRUE_PROCESSING_RATE: average(rate),
        TARGET_DATA_RATE: average(load),
        CATCH_UP_DATA_RATE: current(0),
      };
      const decision = decideVertex({
        vertex,
        metrics,
        history: [],
        delayed: new Map(),
        restartSeconds: 300,
        now: 0,
        config,
      });
      return decision.change?.parallelism ?? parallelism;
    };
    const rate = fc.double({ min: 0.5, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        rate,
        rate,
        rate,
        fc.integer({ min: 1, max: 100 }),
        (load, more, processed, parallelism) => {
          const [less, most] = [
            parallelismFor(load, processed, parallelism),
            parallelismFor(load + more, processed, parallelism),
          ];
          expect(most).toBeGreaterThanOrEqual(less);
        },
      ),
    );
  });
});
