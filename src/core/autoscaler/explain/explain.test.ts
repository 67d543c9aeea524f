import { describe, expect, it } from "vitest";
import { answersOf, autoscalerOf, type JobVertex, vertexId } from "../job.fixture.ts";
import { EXPLAINED_VERTICES, explainCycle } from "./explainCycle.ts";
import { withExplanation } from "./explainedStatus.ts";

const minute = 60_000;

/** The explanation of the first decision, after a window of two minutes. */
function explained(
  vertices: readonly JobVertex[],
  entries: Readonly<Record<string, string>> = {},
  minutes = 3,
) {
  const autoscaler = autoscalerOf(entries);
  const results = Array.from({ length: minutes }, (_, at) =>
    autoscaler.cycle((at + 1) * minute, answersOf(vertices, 0, (at + 1) * 60)),
  );
  const last = results.at(-1);
  return last === undefined ? undefined : explainCycle(last, autoscaler.config);
}

const source: JobVertex = { parallelism: 2, rate: 1_000, busyMsPerSecond: 700 };
const busy: JobVertex = { parallelism: 2, rate: 1_000, busyMsPerSecond: 1_000, maxParallelism: 64 };
const idle: JobVertex = { parallelism: 8, rate: 1_000, busyMsPerSecond: 50 };
const strict = { "job.autoscaler.utilization.max": "0.8" };

describe("the explanation of a cycle", () => {
  it("is the chain from what was measured to what was decided", () => {
    const { outcome, message, vertices = [] } = explained([source, busy], strict) ?? {};
    expect([outcome, message]).toEqual(["Scaled", "The parallelism is changed: 2 to 3, 2 to 4."]);
    expect(
      vertices.map(({ id, parallelism, target, outcome: each }) => [id, parallelism, target, each]),
    ).toEqual([
      [vertexId(1), 2, 4, "Scaled"],
      [vertexId(0), 2, 3, "Scaled"],
    ]);
    expect(vertices[0]?.chain).toEqual([
      "measured: busy 100 % of the time",
      "evaluated: 1000 records/s arrive, and 0 to catch up; 2 subtasks could process 1000",
      "target: 1595 records/s for a utilization of 0.7: 1.595 times as much, 4 subtasks",
      "decided: 2 -> 4",
    ]);
  });

  it("is absent before the window is full", () => {
    expect(explained([source, busy], strict, 2)).toBeUndefined();
  });

  it.each<[string, readonly JobVertex[], Record<string, string>, string, string, RegExp]>([
    [
      "scaling is switched off",
      [source, busy],
      { ...strict, "job.autoscaler.scaling.enabled": "false" },
      "Blocked",
      "Recommended",
      /^stopped: 2 -> 4 is recommended\. Scaling execution disabled by config job\.autoscaler\.scaling\.enabled:false\.$/,
    ],
    [
      "a quota is reached",
      [source, busy],
      { ...strict, "job.autoscaler.quota.cpu": "1" },
      "Blocked",
      "Recommended",
      /^stopped: 2 -> 4 is recommended\. Resource usage is above the allowed limit/,
    ],
    [
      "a scale-down waits",
      [source, idle],
      { "job.autoscaler.scale-down.interval": "1 h", "job.autoscaler.utilization.min": "0.5" },
      "Balanced",
      "Waits",
      /^stopped: a scale-down waits for job\.autoscaler\.scale-down\.interval, until 1970-01-01T01:03:00\.000Z$/,
    ],
    [
      "a limit allows no more",
      [source, busy],
      { ...strict, "job.autoscaler.vertex.max-parallelism": "2" },
      "Balanced",
      "Limited",
      /^stopped: job\.autoscaler\.vertex\.min-parallelism, .*max-parallelism or its maximum parallelism allow no other$/,
    ],
    [
      "the vertex is excluded",
      [source, busy],
      { ...strict, "job.autoscaler.vertex.exclude.ids": vertexId(1) },
      "Balanced",
      "Excluded",
      /^stopped: it is left alone, because job\.autoscaler\.vertex\.exclude\.ids names it$/,
    ],
    [
      "its load is not known",
      [source, { ...busy, busyMsPerSecond: Number.NaN }],
      strict,
      "Balanced",
      "Excluded",
      /^stopped: it is left alone, because Flink does not say how busy it is$/,
    ],
    [
      "the heap is full",
      [source, busy],
      { ...strict, "job.autoscaler.memory.heap-usage.threshold": "0.5" },
      "MemoryPressure",
      "Kept",
      /^stopped: Heap Usage 1\.0 is above the allowed limit/,
    ],
    [
      "everything is within its bounds",
      [source, { ...busy, busyMsPerSecond: 800 }],
      {},
      "Balanced",
      "Kept",
      /^stopped: its rate is within the bounds 1000 and 2667 records\/s/,
    ],
  ])("says that %s", (_, vertices, entries, outcome, outcomeOfVertex, last) => {
    const cycle = explained(vertices, entries);
    const vertex = cycle?.vertices.find(({ id }) => id === vertexId(1));
    expect([cycle?.outcome, vertex?.outcome]).toEqual([outcome, outcomeOfVertex]);
    expect(vertex?.chain.at(-1)).toMatch(last);
  });

  it("says what failed, without secrets", () => {
    const autoscaler = autoscalerOf();
    const answers = answersOf([source, busy], 0, 60);
    const error = `no answer password=hunter2 ${"x".repeat(2_000)}`;
    const failed = autoscaler.cycle(minute, { ...answers, taskManagerMetrics: () => ({ error }) });
    const { outcome, message = "" } = explainCycle(failed, autoscaler.config) ?? {};
    expect(outcome).toBe("Failed");
    expect(message).toMatch(/^no answer password=/);
    expect(message).not.toContain("hunter2");
    expect(message.length).toBeLessThanOrEqual(500);
  });
});

describe("the explanation in the status", () => {
  const first = explained([source, busy]);
  if (first === undefined) throw new Error("no explanation");

  it("stays as it is while the same comes out, whatever the numbers", () => {
    const before = withExplanation(undefined, first, 1_000);
    const again = explained([
      { ...source, rate: 1_010 },
      { ...busy, rate: 1_010 },
    ]);
    if (again === undefined) throw new Error("no explanation");
    expect(again.vertices[0]?.chain).not.toEqual(first.vertices[0]?.chain);
    expect(withExplanation(before, again, 2_000)).toBe(before);
    expect(before.time).toBe("1970-01-01T00:00:01.000Z");
  });

  it.each<[string, Record<string, string>]>([
    ["the outcome", strict],
    ["the outcome of a vertex", { "job.autoscaler.vertex.exclude.ids": vertexId(1) }],
  ])("is written anew with %s", (_, entries) => {
    const before = withExplanation(undefined, first, 1_000);
    const next = explained([source, busy], entries);
    if (next === undefined) throw new Error("no explanation");
    expect(withExplanation(before, next, 2_000).time).toBe("1970-01-01T00:00:02.000Z");
  });

  it("has the busiest vertices of a large job, and the number of the others", () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ ...source, busyMsPerSecond: 500 + at }));
    const large = explained(many);
    if (large === undefined) throw new Error("no explanation");
    const status = withExplanation(undefined, large, 0);
    expect(status.vertices).toHaveLength(EXPLAINED_VERTICES);
    expect(status.vertices?.[0]?.id).toBe(vertexId(29));
    expect(status.vertices?.every(({ chain }) => chain?.length === 4)).toBe(true);
    expect(status.moreVertices).toBe(20);
    expect(withExplanation(status, large, 1)).toBe(status);
  });
});
