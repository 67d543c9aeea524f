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
  const judged = (windowStart: number, load: number, rate: number, stored = 2) => {
    const changes = new Map([[id, { from: 4, to: 2, load: 100 }]]);
    const watched = { at: 10, generation: 1, before: new Map([[id, 4]]), configBefore: undefined, changes };
    const view = openState({
      undo: { value: { watched } },
      parallelismOverrides: { value: new Map([[id, stored]]) },
    });
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
    expect(judged(11, 110, 120)).toEqual([undefined, 2, undefined]);
    expect(judged(11, 160, 90)).toEqual([undefined, 2, undefined]);
  });

  it("is not judged by samples from before it", () =>
    expect(judged(10, 110, 90)).toEqual([undefined, 2, 10]));

  it("is not taken back once somebody else has stored another parallelism", () =>
    expect(judged(11, 110, 90, 3)).toEqual([undefined, 3, undefined]));
});

describe("scalings of two vertices", () => {
  const config = flinkConfig(undo);
  const [one, two] = [vertexId(0), vertexId(1)];
  const undone = (load: number) => {
    const watched = {
      ...{ at: 10, generation: 1, configBefore: undefined },
      before: new Map([
        [one, 2],
        [two, 2],
      ]),
      changes: new Map([[two, { from: 2, to: 4, load: 50 }]]),
    };
    const earlier = { at: 5, generation: 1, changes: new Map([[one, { from: 2, to: 4, load: 100 }]]) };
    const view = openState({
      undo: { value: { watched, undone: earlier } },
      parallelismOverrides: {
        value: new Map([
          [one, 2],
          [two, 4],
        ]),
      },
    });
    const metricsOf = (arriving: number) => ({
      TRUE_PROCESSING_RATE: average(10),
      TARGET_DATA_RATE: average(arriving),
      SCALE_UP_RATE_THRESHOLD: current(arriving),
    });
    const decided = { TRUE_PROCESSING_RATE: average(10), EXPECTED_PROCESSING_RATE: current(20) };
    const summary = { currentParallelism: 2, newParallelism: 4, metrics: decided };
    const event = judgeScaling(view, {
      ...{ now: 99, generation: 1, isWindowFull: true, windowStart: 11, config },
      topology: new Map([
        [one, vertexOf(one, 2)],
        [two, vertexOf(two, 4)],
      ]),
      evaluated: {
        vertices: new Map([
          [one, metricsOf(load)],
          [two, metricsOf(50)],
        ]),
        global: {},
      },
      history: new Map([[two, new Map([[10, summary]])]]),
    });
    return [
      event?.reason,
      [...(view.get("undo")?.undone?.changes ?? [])].map(([id, { load }]) => [id, load]),
    ];
  };

  it("are not tried by turns: what was taken back earlier still holds, with its own load", () =>
    expect(undone(100)).toEqual([
      "ScalingUndone",
      [
        [one, 100],
        [two, 50],
      ],
    ]));

  it("may be tried again where the load has changed", () =>
    expect(undone(200)).toEqual(["ScalingUndone", [[two, 50]]]));

  it("are both remembered where the job does not run", () => {
    const changes = new Map([[two, { from: 2, to: 4, load: 50 }]]);
    const earlier = { at: 5, generation: 1, changes: new Map([[one, { from: 2, to: 4, load: 100 }]]) };
    const watched = { at: 10, generation: 1, before: new Map([[two, 2]]), configBefore: undefined, changes };
    const taken = (generation: number) => {
      const view = openState({
        undo: { value: { watched: { ...watched, generation }, undone: earlier } },
        parallelismOverrides: { value: new Map([[two, 4]]) },
      });
      const down = { generation, isCarriedOut: true, isRunning: false, downSince: 0 };
      undoUnhealthy(view, { ...down, now: 60 * minute }, config);
      return [...(view.get("undo")?.undone?.changes.keys() ?? [])];
    };
    expect([taken(1), taken(2)]).toEqual([[one, two], [two]]);
  });
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

  type Look = Omit<JobHealth, "now" | "downSince"> & { readonly minutes: number };

  /** The events, and the parallelism at the end, of a process that looks at these times. */
  function live(looks: readonly Look[], view = openState(stored)) {
    let downSince: number | undefined;
    const events = looks.flatMap(({ minutes, ...health }) => {
      const judgement = undoUnhealthy(view, { now: minutes * minute, downSince, ...health }, config);
      downSince = judgement.downSince;
      return judgement.event ?? [];
    });
    return { events, parallelism: view.get("parallelismOverrides")?.get(vertexId(0)), view };
  }

  it("gets the parallelism before, after the time that it has", () => {
    const { events, parallelism, view } = live([
      { ...down, minutes: 1 },
      { ...down, minutes: 6 },
    ]);
    expect(parallelism).toBe(2);
    expect(events).toMatchObject([{ type: "Warning", reason: "ScalingUndone", key: "ScalingUndone0" }]);
    expect(events[0]?.message).toBe(
      "The scaling of 1970-01-01T00:00:00.000Z is taken back: the job has not run with it for 300 s. The same is not tried " +
        "again until the load of its vertices has changed by a factor of 1.5.",
    );
    expect([isWatched(view), view.get("undo")?.undone?.at]).toEqual([false, 6 * minute]);
    expect(live([{ ...down, minutes: 99 }], view).events).toEqual([]);
  });

  it("gets it also if it has run with it for a while, as long as that has not been judged", () => {
    const view = openState(stored);
    judgeScaling(view, {
      now: 2 * minute,
      generation: 3,
      topology: new Map([[vertexId(0), vertexOf(vertexId(0), 5)]]),
      evaluated: { vertices: new Map(), global: {} },
      history: new Map(),
      isWindowFull: false,
      windowStart: minute,
      config,
    });
    const looks = [3, 8].map((minutes) => ({ ...down, minutes }));
    expect(live(looks, view)).toMatchObject({ events: [{ reason: "ScalingUndone" }], parallelism: 2 });
  });

  it.each<[string, readonly Look[]]>([
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
      "at one bad moment long after it",
      [
        { ...down, minutes: 1 },
        { ...down, minutes: 3, isRunning: true },
        { ...down, minutes: 60 },
        { ...down, minutes: 61, isRunning: true },
        { ...down, minutes: 65 },
      ],
    ],
    [
      "after an edit",
      [
        { ...down, minutes: 1 },
        { ...down, minutes: 60, generation: 4 },
      ],
    ],
  ])("keeps it %s", (_, looks) => {
    const { events, parallelism } = live(looks);
    expect([events, parallelism]).toEqual([[], 5]);
  });

  it("is given its time anew after an outage of the operator, whose status is as old", () => {
    const { view } = live([{ ...down, minutes: 1 }]);
    expect(live([{ ...down, minutes: 600 }], view).events).toEqual([]);
    expect(
      live(
        [600, 605].map((minutes) => ({ ...down, minutes })),
        view,
      ).parallelism,
    ).toBe(2);
  });

  it("keeps a parallelism that somebody else has stored since: the record is dropped", () => {
    const view = openState({ ...stored, parallelismOverrides: { value: new Map([[vertexId(0), 4]]) } });
    const looks = [1, 60].map((minutes) => ({ ...down, minutes }));
    expect([live(looks, view).parallelism, view.get("undo")]).toEqual([4, undefined]);
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
