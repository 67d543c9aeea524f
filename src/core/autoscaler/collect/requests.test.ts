import { describe, expect, it } from "vitest";
import { goldenNames, readGolden } from "../../../../test/support/golden.ts";
import { noMemory } from "../cycle.ts";
import { autoscalerOf } from "../job.fixture.ts";
import type { Answer, JobDetails } from "./answers.ts";
import { type AnswersByPath, answersFrom, planRequests, type Remembered } from "./requests.ts";

interface Recorded {
  readonly name: string;
  readonly path: string;
  readonly body: readonly { readonly id: string }[];
}

const jobId = "0942ae2857ad4f4bb589334e564826b6";
const [source, sink] = ["f362c87ffabe89c8a91fa7d0a523ba6c", "b71731f1c0df9c3076c4a455334d0ad6"];

const details: JobDetails = {
  timestamps: { RUNNING: 1 },
  vertices: [source, sink].map((id) => ({
    id,
    parallelism: 2,
    maxParallelism: 128,
    status: "RUNNING",
    metrics: { "read-records": 10, "write-records": 10, "accumulated-busy-time": 5 },
  })),
  plan: { nodes: [{ id: source }, { id: sink, inputs: [{ id: source, ship_strategy: "HASH" }] }] },
};

/** A recorded JobManager, which answers to the first requests for metrics with empty lists. */
function jobManager(version: string, job = details) {
  const recordings = readGolden<Recorded[]>(`flink/metrics/${version}.json`);
  const requests: string[] = [];
  const bodyOf = (name: string, state: "cold" | "warm") =>
    recordings.find((each) => each.name === `${state}-${name}`)?.body ?? [];
  const answer = (path: string, state: "cold" | "warm"): unknown => {
    const [resource = "", query = ""] = path.split("?");
    const names = decodeURIComponent(/^get=([^&]*)/.exec(query)?.[1] ?? "").split(",");
    if (resource === `/jobs/${jobId}`) return job;
    if (resource.startsWith("/jobmanager")) {
      return bodyOf("jm", state).filter(({ id }) => names.includes(id));
    }
    if (resource.startsWith("/taskmanagers"))
      return bodyOf(names.length === 5 ? "tm-agg-gc" : "tm-agg", state);
    const vertex = resource.includes(source) ? "vertex0" : "vertex1";
    return query === ""
      ? bodyOf(`${vertex}-agg-names`, state)
      : bodyOf(`${vertex}-agg-values`, state).filter(({ id }) => names.includes(id));
  };
  return {
    requests,
    /** Asks until nothing is left to ask. */
    collect(memory: Remembered, state: "cold" | "warm"): { answers: AnswersByPath; isCold: boolean } {
      const answers = new Map<string, Answer<unknown>>();
      requests.length = 0;
      for (;;) {
        const plan = planRequests(jobId, memory, answers);
        if (plan.next.length === 0) return { answers, isCold: plan.isCold };
        for (const path of plan.next) {
          requests.push(path);
          answers.set(path, { body: answer(path, state) });
        }
      }
    },
  };
}

const kinds = (paths: readonly string[]): string[] =>
  paths.map((path) =>
    path
      .replace(`/jobs/${jobId}`, "job")
      .replace(source, "source")
      .replace(sink, "sink")
      .replace(/\?get=[^&]*/, "?"),
  );

describe.each(goldenNames("flink/metrics"))("the requests of a cycle, to Flink %s", (version) => {
  const hasGc = readGolden<Recorded[]>(`flink/metrics/${version}.json`).some(
    ({ name, body }) => name === "warm-tm-agg-gc" && body.length > 0,
  );

  it("understands the first empty answers", () => {
    expect(jobManager(version).collect(noMemory, "cold").isCold).toBe(true);
    expect(jobManager(version).collect(noMemory, "warm").isCold).toBe(false);
  });

  it("are the fewest, and fewer once the names are known", () => {
    const flink = jobManager(version);
    const autoscaler = autoscalerOf();
    const first = flink.collect(noMemory, "warm");
    const asked = kinds(flink.requests);
    expect(asked).toEqual([
      "job",
      "job/vertices/source/subtasks/metrics",
      "job/vertices/sink/subtasks/metrics",
      "/jobmanager/metrics?",
      "/taskmanagers/metrics?&agg=min,max,avg",
      "job/vertices/source/subtasks/metrics?",
      "job/vertices/sink/subtasks/metrics?",
      ...(hasGc ? [] : ["/taskmanagers/metrics?&agg=min,max,avg"]),
    ]);
    const { memory } = autoscaler.cycle(60_000, answersFrom(jobId, first.answers));
    expect(memory.metrics.hasNoGc).toBe(!hasGc);
    const second = flink.collect(memory, "warm");
    expect(kinds(flink.requests)).toEqual([
      "job",
      "job/vertices/source/subtasks/metrics",
      "job/vertices/sink/subtasks/metrics?",
      "/jobmanager/metrics?",
      "/taskmanagers/metrics?&agg=min,max,avg",
      "job/vertices/source/subtasks/metrics?",
    ]);
    expect(autoscaler.cycle(120_000, answersFrom(jobId, second.answers)).events).toEqual([]);
  });

  it("are all of them again once the job has been restarted, as by a change in place", () => {
    const autoscaler = autoscalerOf();
    const before = jobManager(version).collect(noMemory, "warm");
    const { memory } = autoscaler.cycle(60_000, answersFrom(jobId, before.answers));
    const flink = jobManager(version, { ...details, timestamps: { RUNNING: 90_000 } });
    const after = flink.collect(memory, "warm");
    expect(kinds(flink.requests)).toContain("job/vertices/sink/subtasks/metrics");
    const cycle = autoscaler.cycle(120_000, answersFrom(jobId, after.answers));
    expect(cycle.events).toEqual([]);
    expect(cycle.memory.samples?.size).toBe(1);
  });

  it("give all that a cycle reads", () => {
    const { answers } = jobManager(version).collect(noMemory, "warm");
    const { memory, events } = autoscalerOf().cycle(60_000, answersFrom(jobId, answers));
    expect(events).toEqual([]);
    const [sample] = memory.samples?.values() ?? [];
    expect(sample?.vertices.get(source)).toMatchObject({ NUM_RECORDS_OUT: 10, LAG: 0 });
    expect(sample?.vertices.get(sink)?.NUM_RECORDS_IN_PER_SECOND).toBeGreaterThan(0);
    expect(sample?.global.NUM_TASK_SLOTS_USED).toBe(2);
    expect(sample?.global.HEAP_MEMORY_USED).toBeGreaterThan(0);
    expect(sample?.global.GC_PRESSURE !== undefined).toBe(hasGc);
  });
});

describe("requests", () => {
  it("end where Flink answers with an error, which the cycle reports", () => {
    const answers = new Map<string, Answer<unknown>>([[`/jobs/${jobId}`, { error: "no such job" }]]);
    expect(planRequests(jobId, noMemory, answers).next).toEqual([]);
    expect(autoscalerOf().cycle(60_000, answersFrom(jobId, answers)).events[0]?.message).toBe("no such job");
  });

  it.each([
    [{}, "has no timestamps"],
    [null, "has no timestamps"],
    [{ ...details, plan: undefined }, "has no plan"],
  ])("end where the answer about the job is incomplete: %#", (body, what) => {
    const answers = new Map<string, Answer<unknown>>([[`/jobs/${jobId}`, { body }]]);
    planRequests(jobId, noMemory, answers);
    const { events, unexpected } = autoscalerOf().cycle(60_000, answersFrom(jobId, answers));
    expect(events.map(({ message }) => message)).toEqual([`Flink's answer about the job ${what}.`]);
    expect(unexpected).toBeUndefined();
  });

  it.each([
    [{ ...details, vertices: {} }, "vertices or a plan of another form"],
    [{ ...details, vertices: [null] }, "no metrics of vertex undefined"],
    [{ ...details, plan: { nodes: {} } }, "vertices or a plan of another form"],
    [{ ...details, plan: { nodes: [null] } }, "vertices or a plan of another form"],
    [{ ...details, plan: { nodes: [{ id: sink, inputs: [null] }] } }, "vertices or a plan of another form"],
    [
      { ...details, plan: { nodes: [{ id: sink, inputs: [{ id: source, ship_strategy: null }] }] } },
      "vertices or a plan of another form",
    ],
  ])("end where the answer about the job has another form: %#", (body, what) => {
    const answers = new Map<string, Answer<unknown>>([[`/jobs/${jobId}`, { body }]]);
    planRequests(jobId, noMemory, answers);
    const { events, unexpected } = autoscalerOf().cycle(60_000, answersFrom(jobId, answers));
    expect(events.map(({ message }) => message)).toEqual([`Flink's answer about the job has ${what}.`]);
    expect(unexpected).toBeUndefined();
  });

  it.each([{ errors: [] }, [null], [{ value: "1" }]])("say which answer is no list: %j", (body) => {
    const answers = new Map(jobManager("2.3.0").collect(noMemory, "warm").answers);
    for (const path of answers.keys()) {
      if (path.endsWith(jobId)) continue;
      const others = new Map(answers).set(path, { body });
      planRequests(jobId, noMemory, others);
      const { events, unexpected } = autoscalerOf().cycle(60_000, answersFrom(jobId, others));
      expect(events.map(({ message }) => message)).toEqual([`Flink's answer to ${path} is no list.`]);
      expect(unexpected).toBeUndefined();
    }
  });

  it("list all names again when other vertices run than before", () => {
    const vertices = details.vertices.map((vertex, at) =>
      at === 0 ? { ...vertex, status: "FINISHED" } : vertex,
    );
    const autoscaler = autoscalerOf();
    const first = jobManager("2.3.0").collect(noMemory, "warm");
    const { memory } = autoscaler.cycle(60_000, answersFrom(jobId, first.answers));
    const flink = jobManager("2.3.0", { ...details, vertices });
    const second = flink.collect(memory, "warm");
    expect(kinds(flink.requests)).toContain("job/vertices/sink/subtasks/metrics");
    expect(autoscaler.cycle(120_000, answersFrom(jobId, second.answers)).events).toEqual([]);
  });

  it.each([
    ["RUNNING", [`Could not find required metric SOURCE_TASK_NUM_RECORDS_IN_PER_SEC for ${source}`]],
    ["INITIALIZING", []],
  ])(
    "find the source %s without the metrics of its operators, which the cycle reports: %j",
    (status, errors) => {
      const vertices = details.vertices.map((vertex) => ({ ...vertex, status }));
      const { answers } = jobManager("2.3.0", { ...details, vertices }).collect(noMemory, "warm");
      const withoutOperators = new Map(
        [...answers].map(([path, answer]) => {
          const body = "body" in answer && Array.isArray(answer.body) ? answer.body : undefined;
          const tasks = body?.filter(({ id }) => !id.startsWith("Source__"));
          return [path, tasks === undefined ? answer : { body: tasks }];
        }),
      );
      // Beyond the time in which nothing is evaluated.
      const { events } = autoscalerOf().cycle(600_000, answersFrom(jobId, withoutOperators));
      expect(events.map(({ message }) => message)).toEqual(errors);
    },
  );

  it("are none for a vertex that has finished", () => {
    const vertices = details.vertices.map((vertex, at) =>
      at === 0 ? { ...vertex, status: "FINISHED" } : vertex,
    );
    const flink = jobManager("2.3.0", { ...details, vertices });
    const { answers } = flink.collect(noMemory, "warm");
    expect(kinds(flink.requests).join()).not.toContain("source");
    expect(autoscalerOf().cycle(60_000, answersFrom(jobId, answers)).events).toEqual([]);
  });
});
