import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { type CycleExplanation, explainCycle } from "../explain/explainCycle.ts";
import { answersOf, autoscalerOf, vertexId, vertexOf } from "../job.fixture.ts";
import { average, current } from "../model/metrics.ts";
import { openState, type StoredState } from "../state/storedState.ts";
import { isSameLoad, isWatched, type JobHealth, judgeScaling, undoUnhealthy } from "./undo.ts";
import { formatUndo, parseUndo, type UndoState } from "./undoState.ts";

const minute = 60_000;
const undo = { "job.autoscaler.undo.enabled": "true" };

/** A job of which a vertex works off as many records as it does, whatever its parallelism: something outside holds it up. */
function heldUp(entries: Readonly<Record<string, string>> = undo) {
  const autoscaler = autoscalerOf({
    "job.autoscaler.scale-down.interval": "0 s",
    "job.autoscaler.catch-up.duration": "0 s",
    "job.autoscaler.vertex.exclude.ids": vertexId(0),
    ...entries,
  });
  let [now, since, backlog, worker] = [0, 0, 0, 2];
  const reports: string[] = [];
  let last: CycleExplanation | undefined;
  return {
    autoscaler,
    reports,
    get last() {
      return last;
    },
    get parallelism() {
      return worker;
    },
    /** So many minutes in which so much arrives, and so much is worked off at most. */
    run(minutes: number, arriving: number, most: number) {
      for (let at = 0; at < minutes; at++) {
        now += minute;
        const rate = Math.min(most, arriving);
        backlog = Math.max(0, backlog + (arriving - rate) * 60);
        const result = autoscaler.cycle(
          now,
          answersOf(
            [
              { parallelism: 2, rate, busyMsPerSecond: 500, pendingRecords: backlog },
              { parallelism: worker, rate, busyMsPerSecond: Math.min(1_000, (rate / most) * 1_000) },
            ],
            since,
            (now - since) / 1_000,
          ),
        );
        const explanation = explainCycle(result, autoscaler.config);
        last = explanation ?? last;
        if (explanation !== undefined) reports.push(explanation.outcome);
        const decided = openState(autoscaler.stored).get("parallelismOverrides")?.get(vertexId(1)) ?? worker;
        if (decided === worker) continue;
        worker = decided;
        since = now;
      }
    },
  };
}

describe("a scaling that brings nothing", () => {
  it("is taken back, and not tried again until the load has changed", () => {
    const job = heldUp();
    job.run(4, 1_000, 800);
    expect([job.reports, job.parallelism > 2]).toEqual([["Scaled"], true]);
    job.run(60, 1_000, 800);
    expect(job.parallelism).toBe(2);
    expect(job.reports.filter((outcome) => outcome === "Scaled")).toHaveLength(1);
    expect(job.reports.filter((outcome) => outcome === "Undone")).toHaveLength(1);
    job.run(10, 1_700, 800);
    expect(job.reports.filter((outcome) => outcome === "Scaled")).toHaveLength(2);
  });

  it("is why the vertex is not scaled, as long as its load is the same", () => {
    const job = heldUp();
    job.run(30, 1_000, 800);
    const { watched, undone } = openState(job.autoscaler.stored).get("undo") ?? {};
    expect([watched, [...(undone?.changes.keys() ?? [])]]).toEqual([undefined, [vertexId(1)]]);
    const [vertex] = job.last?.vertices ?? [];
    expect([job.last?.outcome, vertex?.outcome]).toEqual(["Balanced", "Undone"]);
    expect(vertex?.chain.at(-1)).toMatch(
      /^stopped: such a scaling was taken back, .*undo\.load-change-factor \(1\.5\)/,
    );
  });

  it("stays where undo is off, and where the scaling helped", () => {
    const off = heldUp({});
    off.run(60, 1_000, 800);
    expect(off.reports).not.toContain("Undone");
    expect(off.parallelism).toBeGreaterThan(2);
    const helped = heldUp();
    helped.run(4, 1_000, 800);
    const scaled = helped.parallelism;
    helped.run(4, 1_000, 1_300);
    expect([helped.reports.includes("Undone"), helped.parallelism]).toEqual([false, scaled]);
    expect(openState(helped.autoscaler.stored).get("undo")).toBeUndefined();
  });
});

describe("a scale-down", () => {
  const config = flinkConfig(undo);
  const id = vertexId(0);
  const judged = (windowStart: number, load: number, rate: number) => {
    const changes = new Map([[id, { from: 4, to: 2, load: 100 }]]);
    const watched = { at: 10, generation: 1, before: new Map([[id, 4]]), configBefore: undefined, changes };
    const view = openState({ undo: { value: { watched } } });
    const metrics = {
      TRUE_PROCESSING_RATE: average(rate),
      TARGET_DATA_RATE: average(load),
      SCALE_UP_RATE_THRESHOLD: current(load),
    };
    const evaluated = { vertices: new Map([[id, metrics]]), global: {} };
    const topology = new Map([[id, vertexOf(id, 2)]]);
    const history = new Map();
    const event = judgeScaling(view, {
      ...{ now: 99, generation: 1, topology, evaluated, history, isWindowFull: true, windowStart, config },
    });
    return [event?.reason, view.get("parallelismOverrides")?.get(id), view.get("undo")?.watched?.at];
  };

  it("is taken back if the vertex falls behind under the same load", () =>
    expect(judged(11, 110, 90)).toEqual(["ScalingUndone", 4, undefined]));

  it("stays if it keeps up, or the load has grown since", () => {
    expect(judged(11, 110, 120)).toEqual([undefined, undefined, undefined]);
    expect(judged(11, 160, 90)).toEqual([undefined, undefined, undefined]);
  });

  it("is not judged by samples from before it", () =>
    expect(judged(10, 110, 90)).toEqual([undefined, undefined, 10]));
});

describe("a job that does not run after its scaling", () => {
  const config = flinkConfig({ ...undo, "job.autoscaler.undo.timeout": "5 min" });
  const watched: UndoState = {
    watched: {
      at: 0,
      generation: 3,
      before: new Map([[vertexId(0), 2]]),
      configBefore: undefined,
      changes: new Map([[vertexId(0), { from: 2, to: 5, load: 100 }]]),
    },
  };
  const stored: StoredState = {
    undo: { value: watched },
    parallelismOverrides: { value: new Map([[vertexId(0), 5]]) },
  };
  const down = { generation: 3, isCarriedOut: true, isRunning: false };

  /** The events, and the parallelism at the end. */
  function live(...healths: readonly (Omit<JobHealth, "now"> & { readonly minutes: number })[]) {
    const view = openState(stored);
    const events = healths.flatMap(
      ({ minutes, ...health }) =>
        undoUnhealthy(view, { now: minutes * minute, ...health }, config).event ?? [],
    );
    return { events, parallelism: view.get("parallelismOverrides")?.get(vertexId(0)), view };
  }

  it("gets the parallelism before, after the time that it has", () => {
    const { events, parallelism, view } = live({ ...down, minutes: 1 }, { ...down, minutes: 6 });
    expect(parallelism).toBe(2);
    expect(events).toMatchObject([{ type: "Warning", reason: "ScalingUndone", key: "ScalingUndone0" }]);
    expect(events[0]?.message).toBe(
      "The scaling of 1970-01-01T00:00:00.000Z is taken back: the job has not run with it within 300 s. The same is not tried " +
        "again until the load of its vertices has changed by a factor of 1.5.",
    );
    expect([isWatched(view), view.get("undo")?.undone?.at]).toEqual([false, 6 * minute]);
    expect(undoUnhealthy(view, { ...down, now: 99 * minute }, config)).toEqual({ changed: false });
  });

  it.each([
    [
      "before its time is over",
      [
        { ...down, minutes: 1 },
        { ...down, minutes: 5.9 },
      ],
    ],
    [
      "while it waits to be carried out",
      [
        { ...down, minutes: 1, isCarriedOut: false },
        { ...down, minutes: 60 },
      ],
    ],
    [
      "while the job runs",
      [
        { ...down, minutes: 1 },
        { ...down, minutes: 60, isRunning: true },
      ],
    ],
    [
      "after an edit",
      [
        { ...down, minutes: 1 },
        { ...down, minutes: 60, generation: 4 },
      ],
    ],
  ])("keeps it %s", (_, healths) => {
    const { events, parallelism } = live(...healths);
    expect([events, parallelism]).toEqual([[], 5]);
  });
});

describe("what is stored", () => {
  const state: UndoState = {
    watched: {
      at: 5,
      generation: 1,
      before: new Map([["a", 1]]),
      configBefore: { overrides: new Map([["k", "v"]]), removals: ["r"] },
      changes: new Map([["a", { from: 1, to: 2, load: 3.5 }]]),
      begunAt: 7,
      hasRun: true,
    },
    undone: { at: 4, generation: 1, changes: new Map([["b", { from: 2, to: 1, load: Number.NaN }]]) },
  };

  it("is read as it was written", () => expect(parseUndo(formatUndo(state))).toEqual(state));

  it.each(["", "[1", '{"watched":{}}', '{"undone":{"at":"x","generation":1,"changes":{}}}'])(
    "is dropped if it cannot be read: %s",
    (text) => expect(openState({ undo: { text } }).get("undo")).toBeUndefined(),
  );
});

it.each([
  [100, 149, true],
  [100, 150, false],
  [100, 67, true],
  [100, 66, false],
  [0, 0, true],
  [0, 1, false],
  [100, 0, false],
  [100, Number.NaN, true],
  [Number.NaN, 100, true],
])("compares a load of %d with one of %d", (load, now, isSame) => {
  const metrics = { TARGET_DATA_RATE: average(now) };
  expect(isSameLoad({ from: 1, to: 2, load }, metrics, flinkConfig({}))).toBe(isSame);
});
