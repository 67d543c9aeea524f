import { expect, it } from "vitest";
import { autoscalerWorld, decided, jobId, runningJob } from "./flink.fixture.ts";
import { createLoop } from "./loop.ts";

it("says once that Flink does not answer, and once that it does", async () => {
  const { context, flink, lines } = autoscalerWorld();
  flink.jobs = [];
  const loop = createLoop(context);
  expect(loop.health()).toEqual({ live: true, ready: false, problems: [] });
  flink.isDown = true;
  for (let round = 0; round < 3; round++) await loop.round();
  expect(loop.health()).toEqual({
    live: true,
    ready: false,
    problems: ["Flink at flink:8081: connect ECONNREFUSED"],
  });
  flink.isDown = false;
  for (let round = 0; round < 3; round++) await loop.round();
  expect(loop.health()).toEqual({ live: true, ready: true, problems: [] });
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ["warn", "connect ECONNREFUSED"],
    ["info", "It works again"],
  ]);
});

it("looks at no more jobs at a time than it may", async () => {
  const { context, flink } = autoscalerWorld();
  flink.config = {};
  flink.jobs = Array.from({ length: 7 }, (_, at) => ({ ...runningJob, id: String(at).padStart(32, "0") }));
  await createLoop(context).round();
  expect(flink.reads).toHaveLength(7);
  expect(flink.mostAtOnce).toBe(2);
});

it("forgets a job that is gone, but not what a JobManager that has just started does not list yet", async () => {
  const { context, flink, clock } = autoscalerWorld();
  await context.store.write(jobId, decided(3));
  const loop = createLoop(context);
  flink.jobs = [{ ...runningJob, state: "FINISHED" }];
  await loop.round();
  flink.jobs = [];
  await loop.round();
  await clock.advance(50_000);
  await loop.round();
  expect(Object.keys(await context.store.read(jobId))).toHaveLength(1);
  await clock.advance(10_000);
  await loop.round();
  expect(await context.store.read(jobId)).toEqual({});
});

it("forgets what failed of a job that is gone", async () => {
  const { context, flink, clock, lines } = autoscalerWorld();
  const loop = createLoop({
    ...context,
    rest: { ...context.rest, read: () => Promise.reject(new Error("what?")) },
  });
  await loop.round();
  expect(loop.health().problems).toEqual([`job ${jobId}: what?`]);
  flink.jobs = [];
  await loop.round();
  await clock.advance(60_000);
  await loop.round();
  expect(loop.health().problems).toEqual([]);
  expect(lines.map(({ msg }) => msg)).toEqual(["what?"]);
});

it("goes on at its interval until it is ended, and is not live once it is stuck", async () => {
  const { context, flink, clock, stop } = autoscalerWorld();
  let rounds = 0;
  flink.jobs = [];
  const { jobs } = context.rest;
  const counted: typeof jobs = (...args) => {
    rounds++;
    return jobs(...args);
  };
  const rest = { ...context.rest, jobs: counted };
  const loop = createLoop({ ...context, rest });
  const running = loop.run();
  for (let step = 0; step < 3; step++) await clock.advance(10_000);
  expect(rounds).toBe(4);
  stop();
  await running;
  await clock.advance(700_000);
  expect(loop.health().live).toBe(false);
});
