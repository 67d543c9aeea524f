import { describe, expect, it } from "vitest";
import { autoscale } from "./autoscale.ts";
import { gcTime, taskManagerMetrics } from "./collect/requiredMetrics.ts";
import { noMemory } from "./cycle.ts";
import { decideVertex } from "./decide/decideVertex.ts";
import { restartSeconds, withRestartDuration } from "./evaluate/restartTime.ts";
import { answersOf, autoscalerOf, vertexId, vertexOf } from "./job.fixture.ts";
import { average, current } from "./model/metrics.ts";
import { codecs } from "./state/codecs.ts";
import { decompressText } from "./state/compressedText.ts";
import { openState, type StoredState } from "./state/storedState.ts";

const minute = 60_000;
const busy = (rate = 1_000) => [
  { parallelism: 2, rate, busyMsPerSecond: 300 },
  { parallelism: 2, rate, busyMsPerSecond: 1_000, maxParallelism: 64 },
];
const at = (minutes: number, vertices = busy()) => answersOf(vertices, 0, minutes * 60);

const behind = [
  { parallelism: 2, rate: 1_000, busyMsPerSecond: 300, pendingRecords: 1_000_000 },
  { parallelism: 2, rate: 1_000, busyMsPerSecond: 1_000 },
];

describe("a cycle", () => {
  it("scales once the window is full, and keeps its decision", () => {
    const autoscaler = autoscalerOf({ "job.autoscaler.utilization.max": "0.8" });
    expect(autoscaler.cycle(minute, at(1)).trace.evaluated).toBeUndefined();
    expect(autoscaler.cycle(2 * minute, at(2)).trace.decision).toBeUndefined();
    const { events, memory, isComplete } = autoscaler.cycle(3 * minute, at(3));
    expect(events.map(({ reason }) => reason)).toEqual(["Configuration recommendation", "ScalingReport"]);
    expect(memory.counters).toEqual({ scalings: 1, balanced: 0, errors: 0 });
    expect(isComplete).toBe(true);
    const overrides = openState(autoscaler.stored).get("parallelismOverrides");
    expect(overrides?.get(vertexId(1))).toBe(4);
    expect([...(overrides?.keys() ?? [])]).toEqual([vertexId(0), vertexId(1)]);
  });

  it("decides as before where excluded or stored vertices are not in the job, and stores those of the job", () => {
    const missing = "f".repeat(32);
    const autoscaler = autoscalerOf({
      "job.autoscaler.utilization.max": "0.8",
      "job.autoscaler.vertex.exclude.ids": `${missing},no-id`,
      "pipeline.jobvertex-parallelism-overrides": `${missing}:9`,
    });
    for (const minutes of [1, 2]) autoscaler.cycle(minutes * minute, at(minutes));
    expect(autoscaler.cycle(3 * minute, at(3)).memory.counters).toMatchObject({ scalings: 1, errors: 0 });
    const overrides = openState(autoscaler.stored).get("parallelismOverrides");
    expect([...(overrides?.keys() ?? [])]).toEqual([vertexId(0), vertexId(1)]);
  });

  it("measures and decides nothing while something else is under way, and decides after it", () => {
    const autoscaler = autoscalerOf({ "job.autoscaler.utilization.max": "0.8" });
    for (const minutes of [1, 2]) autoscaler.cycle(minutes * minute, at(minutes));
    const { events, memory, isComplete, trace } = autoscaler.cycle(3 * minute, at(3), true);
    expect([events, memory.counters, isComplete]).toEqual([
      [],
      { scalings: 0, balanced: 0, errors: 0 },
      true,
    ]);
    expect(trace.evaluated?.vertices.get(vertexId(1))?.RECOMMENDED_PARALLELISM).toEqual(current(2));
    const view = openState(autoscaler.stored);
    expect([view.get("parallelismOverrides"), view.get("scalingHistory")]).toEqual([undefined, undefined]);
    expect(autoscaler.cycle(4 * minute, at(4)).memory.counters.scalings).toBe(1);
  });

  it("counts an error of Flink, and goes on with the samples that it has", () => {
    const autoscaler = autoscalerOf();
    autoscaler.cycle(minute, at(1));
    const failed = autoscaler.cycle(2 * minute, {
      ...at(2),
      taskManagerMetrics: () => ({ error: "no answer" }),
    });
    expect(failed.events).toEqual([{ type: "Warning", reason: "AutoscalerError", message: "no answer" }]);
    expect(failed.isComplete).toBe(false);
    expect(failed.memory.counters.errors).toBe(1);
    expect(autoscaler.cycle(3 * minute, at(3)).trace.history?.size).toBe(2);
  });

  it.each([
    ["plan", "plan", undefined],
    ["timestamps", "timestamps", undefined],
    ["vertices", "vertices", null],
    [
      `metrics of vertex ${vertexId(0)}`,
      "vertices",
      [{ id: vertexId(0), parallelism: 1, status: "RUNNING" }],
    ],
  ])("says that Flink's answer about the job has no %s", (what, part, value) => {
    const answers = at(1);
    if (!("body" in answers.job)) throw new Error("no job");
    const job = { body: { ...answers.job.body, [part]: value } };
    const { events, memory, unexpected } = autoscalerOf().cycle(minute, { ...answers, job });
    expect(events.map(({ message }) => message)).toEqual([`Flink's answer about the job has no ${what}.`]);
    expect([memory.counters.errors, unexpected]).toEqual([1, undefined]);
  });

  it("waits silently for a plan with vertices", () => {
    const answers = at(1);
    if (!("body" in answers.job)) throw new Error("no job");
    for (const plan of [{}, { nodes: [] }]) {
      const job = { body: { ...answers.job.body, plan } };
      const { events, memory, isComplete } = autoscalerOf().cycle(minute, { ...answers, job });
      expect([events, memory.counters.errors, isComplete]).toEqual([[], 0, false]);
    }
  });

  it("waits silently where Flink's cached answer is older than the state RUNNING", () => {
    const autoscaler = autoscalerOf();
    autoscaler.cycle(minute, at(1));
    autoscaler.cycle(2 * minute, at(2));
    const answers = at(3);
    if (!("body" in answers.job)) throw new Error("no job");
    const job = { body: { ...answers.job.body, timestamps: { RUNNING: 0 } } };
    const { events, trace, isComplete } = autoscaler.cycle(3 * minute, { ...answers, job });
    expect([events, trace.decision, isComplete]).toEqual([[], undefined, false]);
  });

  it.each(["0", "-1"])("says that a TaskManager cannot have %s slots", (slots) => {
    const autoscaler = autoscalerOf({ "taskmanager.numberOfTaskSlots": slots });
    for (const minutes of [1, 2]) autoscaler.cycle(minutes * minute, at(minutes));
    const { events, memory, unexpected } = autoscaler.cycle(3 * minute, at(3, behind));
    expect(events).toEqual([
      {
        type: "Warning",
        reason: "AutoscalerError",
        message: `taskmanager.numberOfTaskSlots must be 1 or more, not ${slots}.`,
      },
    ]);
    expect([memory.counters, unexpected]).toEqual([{ scalings: 0, balanced: 0, errors: 1 }, undefined]);
    expect(openState(autoscaler.stored).get("parallelismOverrides")).toBeUndefined();
  });

  it("makes any other error one event without its stack, and hands it out for the log", () => {
    const broken = new TypeError("x is not a function");
    const { events, memory, isComplete, unexpected } = autoscalerOf().cycle(minute, {
      ...at(1),
      vertexMetrics: () => {
        throw broken;
      },
    });
    expect(events).toEqual([
      { type: "Warning", reason: "AutoscalerError", message: "Unexpected error: x is not a function" },
    ]);
    expect([memory.counters.errors, isComplete, unexpected]).toEqual([1, false, broken]);
  });

  it("says what is missing if a metric disappears that a vertex had", () => {
    const autoscaler = autoscalerOf();
    autoscaler.cycle(minute, at(1));
    const answers = at(2);
    const { events } = autoscaler.cycle(2 * minute, {
      ...answers,
      vertexMetrics: (vertex, names) =>
        vertex === vertexId(1) ? { body: new Map() } : answers.vertexMetrics(vertex, names),
    });
    expect(events[0]?.message).toBe(`Could not find required metric BUSY_TIME_PER_SEC for ${vertexId(1)}`);
  });

  it("asks for the names of a vertex that is no source only once", () => {
    const autoscaler = autoscalerOf();
    const asked: string[] = [];
    const watched = (minutes: number) => {
      const answers = at(minutes);
      return {
        ...answers,
        vertexMetricNames: (vertex: string) => {
          asked.push(vertex);
          return answers.vertexMetricNames(vertex);
        },
      };
    };
    autoscaler.cycle(minute, watched(1));
    asked.length = 0;
    autoscaler.cycle(2 * minute, watched(2));
    expect(new Set(asked)).toEqual(new Set([vertexId(0)]));
  });

  it("scales again while the job still runs as before, each time with a record of its own", () => {
    const autoscaler = autoscalerOf({ "job.autoscaler.utilization.max": "0.8" });
    for (const minutes of [1, 2, 3, 4]) autoscaler.cycle(minutes * minute, at(minutes));
    const view = openState(autoscaler.stored);
    const times = [3 * minute, 4 * minute];
    expect([...(view.get("scalingTracking")?.keys() ?? [])]).toEqual(times);
    expect([...(view.get("scalingHistory")?.get(vertexId(1))?.keys() ?? [])]).toEqual(times);
  });

  it("asks for the time of garbage collection until the job is found to have none", () => {
    const autoscaler = autoscalerOf();
    let known: readonly string[] = Object.values(taskManagerMetrics);
    const asked: boolean[] = [];
    const cycle = (minutes: number, since = 0) => {
      asked.length = 0;
      const answers = answersOf(busy(), since, minutes * 60);
      const { events } = autoscaler.cycle(minutes * minute, {
        ...answers,
        taskManagerMetrics: (names) => {
          asked.push(names.includes(gcTime));
          const isKnown = names.every((name) => known.includes(name));
          return isKnown ? answers.taskManagerMetrics(names) : { body: new Map() };
        },
      });
      return [events.map(({ message }) => message), [...asked]];
    };
    expect(cycle(1)).toEqual([[], [true, false]]);
    expect(cycle(2)).toEqual([[], [false]]);
    // A restart of the job, and an answer without any metric, are reasons to ask again.
    expect(cycle(3, 2.5 * minute)).toEqual([[], [true, false]]);
    known = [];
    expect(cycle(4)).toEqual([["Missing required TM metrics"], [false]]);
    expect(cycle(5)).toEqual([["Missing required TM metrics"], [true, false]]);
  });

  it("begins anew after a restart of the job", () => {
    const autoscaler = autoscalerOf();
    autoscaler.cycle(minute, at(1));
    autoscaler.cycle(2 * minute, at(2));
    const { trace } = autoscaler.cycle(3 * minute, answersOf(busy(), 2.5 * minute, 30));
    expect(trace.history?.size).toBe(1);
  });
});

it("does not scale up to what was recommended while the job had more subtasks", () => {
  const vertex = vertexOf("v", 3);
  const decide = (recommended: number) =>
    decideVertex({
      vertex,
      metrics: {
        TRUE_PROCESSING_RATE: average(1_000),
        TARGET_DATA_RATE: average(100),
        CATCH_UP_DATA_RATE: current(0),
      },
      history: [],
      delayed: new Map([
        [
          "v",
          { firstAt: 0, recommendations: [{ at: minute, parallelism: recommended, isOutsideBound: true }] },
        ],
      ]),
      restartSeconds: 300,
      now: 2 * minute,
      config: autoscalerOf({ "job.autoscaler.scale-down.interval": "1 min" }).config,
    }).change?.parallelism;
  expect([decide(2), decide(3), decide(5)]).toEqual([2, undefined, undefined]);
});

describe("the restart time of a scaling", () => {
  const parallelism = (each: number) => new Map([["v", vertexOf("v", each)]]);
  const tracking = new Map([[1_000, { restartMs: undefined }]]);
  const history = new Map([
    ["v", new Map([[1_000, { currentParallelism: 2, newParallelism: 4, metrics: {} }]])],
  ]);

  it("is recorded once the job runs as decided", () => {
    expect(withRestartDuration(tracking, history, parallelism(4), 21_000)).toEqual(
      new Map([[1_000, { restartMs: 20_000 }]]),
    );
    expect(withRestartDuration(tracking, history, parallelism(2), 21_000)).toBeUndefined();
  });

  it("is negative where the run began before the scaling, and then counts as none", () => {
    const recorded = withRestartDuration(tracking, new Map(), parallelism(4), 500) ?? new Map();
    expect(recorded).toEqual(new Map([[1_000, { restartMs: -500 }]]));
    const { config } = autoscalerOf({ "job.autoscaler.restart.time-tracking.enabled": "true" });
    expect(restartSeconds(recorded, config)).toBe(300);
    expect(restartSeconds(new Map([...recorded, [2_000, { restartMs: 61_900 }]]), config)).toBe(61);
    // The next restart is not that of the scaling.
    expect(withRestartDuration(recorded, new Map(), parallelism(4), 90_000)).toBeUndefined();
    const text = codecs.scalingTracking.encode(recorded);
    expect(decompressText(text)).toContain("restartDuration: -0.500000000");
    expect(codecs.scalingTracking.decode(text)).toEqual(recorded);
  });
});

describe("a reconcile", () => {
  const input = (stored: StoredState, isEnabled = true) => ({
    now: minute,
    isEnabled,
    isRunning: false,
    config: autoscalerOf().config,
    taskManagerCpu: 1,
    taskManagerMemory: undefined,
    answers: at(1),
    stored,
    memory: noMemory,
    spec: { flinkConfiguration: { x: "1" } },
    deployed: {},
    hasTaskManagers: true,
    resetNonce: undefined,
    lastResetNonce: undefined,
  });
  const stored: StoredState = {
    parallelismOverrides: { text: "v:3" },
    scalingTracking: { text: "scalingRecords: {}" },
  };

  it("keeps the decision while the job does not run", () => {
    const { spec, stored: after } = autoscale(input(stored));
    expect(spec.flinkConfiguration).toEqual({ x: "1", "pipeline.jobvertex-parallelism-overrides": "v:3" });
    expect(openState(after).get("parallelismOverrides")).toEqual(new Map([["v", 3]]));
  });

  it("forgets everything when it is switched off", () => {
    const { spec, stored: after, isComplete } = autoscale(input(stored, false));
    expect([spec.flinkConfiguration, after, isComplete]).toEqual([{ x: "1" }, {}, true]);
  });

  it("forgets everything for a new nonce, also where the cycle fails", () => {
    const failing = {
      ...input(stored),
      isRunning: true,
      resetNonce: 2,
      answers: { ...at(1), job: { error: "no" } },
    };
    const { spec, stored: after, isComplete, lastResetNonce } = autoscale(failing);
    expect([spec.flinkConfiguration, after, isComplete, lastResetNonce]).toEqual([{ x: "1" }, {}, true, 2]);
    const again = autoscale({ ...failing, lastResetNonce: 2 });
    expect(again.spec.flinkConfiguration).toHaveProperty(["pipeline.jobvertex-parallelism-overrides"], "v:3");
  });

  it("does not act on a new nonce while it is switched off", () => {
    const { lastResetNonce } = autoscale({ ...input(stored, false), resetNonce: 2, lastResetNonce: 1 });
    expect(lastResetNonce).toBe(1);
  });

  it("makes an error in the spec one event, too", () => {
    const broken = new RangeError("no");
    const unreadable = {
      get flinkConfiguration(): Record<string, string> {
        throw broken;
      },
    };
    const result = autoscale({ ...input(stored), spec: unreadable });
    expect(result.spec).toBe(unreadable);
    expect(result.events.map(({ message }) => message)).toEqual(["Unexpected error: no"]);
    expect([result.memory.counters.errors, result.unexpected]).toEqual([1, broken]);
  });

  it("says that stored overrides cannot be read, and leaves the spec", () => {
    const { spec, events, memory } = autoscale(input({ parallelismOverrides: { text: "'" } }));
    expect(spec.flinkConfiguration).toEqual({ x: "1" });
    expect(events[0]?.message).toMatch(/^The stored parallelismOverrides .* remove it from its ConfigMap/);
    expect(memory.counters.errors).toBe(1);
  });
});
