import { describe, expect, it } from "vitest";
import type { JobOverview } from "../api/flinkFacts.ts";
import { vertexId } from "../core/autoscaler/job.fixture.ts";
import { autoscalerWorld, completed, decided, jobId, runningJob } from "./flink.fixture.ts";
import { createJob, type JobContext } from "./job.ts";

const bounds = (first: number, second: number) => ({
  [vertexId(0)]: { parallelism: { lowerBound: 1, upperBound: first } },
  [vertexId(1)]: { parallelism: { lowerBound: 1, upperBound: second } },
});

/** A job that a cycle before has decided on. */
async function decidedJob(
  parallelism = 3,
  change: (context: JobContext) => Partial<JobContext> = () => ({}),
) {
  const world = autoscalerWorld();
  await world.context.store.write(jobId, decided(parallelism));
  const job = createJob(jobId, { ...world.context, ...change(world.context) });
  const cycle = async (overview: JobOverview = runningJob) => {
    const done = job.cycle(overview);
    done.catch(() => {});
    await world.clock.advance(10_000);
    await done;
  };
  const told = () => world.lines.map(({ msg }) => msg);
  return { ...world, job, cycle, told };
}

describe("a job with a stored parallelism", () => {
  it("gets it once, and again if somebody else changes it", async () => {
    const { cycle, flink, events } = await decidedJob();
    await cycle();
    await cycle();
    expect(flink.puts).toEqual([bounds(1, 3)]);
    expect(events).toEqual([
      {
        type: "Normal",
        reason: "Scaling",
        message: expect.stringContaining(
          `In-place scaling triggered, the new requirements is {${vertexId(0)}=JobVertexResourceRequirements{parallelism=Parallelism{lowerBound=1, upperBound=1}}`,
        ),
      },
    ]);
    flink.requirements = bounds(1, 1);
    await cycle();
    expect(flink.puts).toHaveLength(2);
  });

  it("gets it once where the answer is lost", async () => {
    const { cycle, flink } = await decidedJob();
    flink.losesAnswers = true;
    await expect(cycle()).rejects.toThrow("no answer within 10000 ms");
    flink.losesAnswers = false;
    await cycle();
    expect(flink.puts).toHaveLength(1);
  });

  it("gets it from another process after a crash before the request", async () => {
    const { context, flink } = await decidedJob();
    const next = createJob(jobId, context);
    await next.cycle(runningJob);
    expect(flink.puts).toEqual([bounds(1, 3)]);
  });

  it("is left alone while the state cannot be stored", async () => {
    let isBroken = true;
    const { cycle, flink } = await decidedJob(3, ({ store }) => ({
      store: {
        ...store,
        write: async (...args) => {
          if (isBroken) throw new Error("the database is gone");
          await store.write(...args);
        },
      },
    }));
    await expect(cycle()).rejects.toThrow("the database is gone");
    expect(flink.puts).toEqual([]);
    isBroken = false;
    await cycle();
    expect(flink.puts).toHaveLength(1);
  });

  it("is told of once where the scheduler cannot change it", async () => {
    for (const change of [
      (flink: ReturnType<typeof autoscalerWorld>["flink"]) => delete flink.config["jobmanager.scheduler"],
      (flink: ReturnType<typeof autoscalerWorld>["flink"]) => (flink.requirements = undefined),
    ]) {
      const { cycle, flink, told } = await decidedJob();
      change(flink);
      await cycle();
      await cycle();
      expect(flink.puts).toEqual([]);
      expect(told()).toEqual([expect.stringContaining("its cluster needs jobmanager.scheduler: adaptive")]);
    }
  });

  it("is left alone in reactive mode, where Flink refuses any change", async () => {
    const { cycle, flink } = await decidedJob();
    flink.config["scheduler-mode"] = "reactive";
    await cycle();
    expect(flink.puts).toEqual([]);
  });

  it("gets it once the entry that could not be read is mended in the store", async () => {
    const { cycle, flink, events, context } = await decidedJob();
    await context.store.write(jobId, { parallelismOverrides: { text: "what?" } });
    await cycle();
    expect(flink.puts).toEqual([]);
    expect(events).toMatchObject([
      { reason: "AutoscalerError", message: expect.stringContaining("its row") },
    ]);
    await context.store.write(jobId, decided(3));
    await cycle();
    expect(flink.puts).toHaveLength(1);
  });

  it("says once that a plugin of the Java autoscaler in its options has no effect", async () => {
    const { cycle, flink, told } = await decidedJob();
    const key = "job.autoscaler.metrics.custom-evaluator.mine.class";
    flink.config[key] = "org.example.Mine";
    await cycle();
    await cycle();
    expect(told()).toEqual([`${key} has no effect: it names a plugin of the Java autoscaler`]);
    expect(flink.puts).toHaveLength(1);
  });

  it("is not restarted from nothing, nor under a savepoint", async () => {
    const { cycle, flink, told } = await decidedJob();
    const none = {
      completedCount: 0,
      inProgressCount: 0,
      latestCompleted: undefined,
      latestSavepoint: undefined,
      latestRestored: undefined,
    };
    flink.checkpoints = none;
    await cycle();
    flink.checkpoints = { ...none, latestSavepoint: completed };
    await cycle();
    flink.checkpoints = { ...none, latestCompleted: completed, savepointSince: 1 };
    await cycle();
    expect(flink.puts).toEqual([]);
    expect(told()).toEqual([
      expect.stringContaining("once the job has a checkpoint"),
      expect.stringContaining("once the savepoint"),
    ]);
    flink.checkpoints = { ...none, latestCompleted: completed };
    await cycle();
    expect(flink.puts).toHaveLength(1);
  });

  it.each([
    ["no checkpointing", undefined, 1_000],
    ["no periodic checkpoints", { completedCount: 0 }, 2 ** 63],
  ])("gets it with %s, where nothing is kept anyway", async (_, checkpoints, interval) => {
    const { cycle, flink } = await decidedJob();
    flink.checkpoints = checkpoints as typeof flink.checkpoints;
    flink.checkpointInterval = interval;
    await cycle();
    expect(flink.puts).toHaveLength(1);
  });

  it.each([
    [200, "is 200, and it can have 128 at most"],
    [0, "is 0: it must be a whole number of 1 or more"],
  ])("of %d does not get what Flink may not survive", async (parallelism, message) => {
    const { cycle, flink, events } = await decidedJob(parallelism);
    await cycle();
    expect(flink.puts).toEqual([]);
    expect(events).toMatchObject([{ reason: "AutoscalerError", message: expect.stringContaining(message) }]);
  });

  it("keeps what it has and loses its state once it is not autoscaled", async () => {
    const { cycle, flink, context } = await decidedJob();
    flink.config["job.autoscaler.enabled"] = "false";
    await cycle();
    expect(await context.store.read(jobId)).toEqual({});
    expect(flink.puts).toEqual([]);
    expect(flink.reads).toEqual([`/jobs/${jobId}/jobmanager/config`]);
  });

  it("is left alone with impossible options", async () => {
    const { cycle, flink, events } = await decidedJob();
    flink.config["job.autoscaler.utilization.target"] = "7";
    await cycle();
    expect(events).toMatchObject([
      { type: "Warning", reason: "AutoScaler Options Validation", intervalMs: 1_800_000 },
    ]);
    expect(flink.puts).toEqual([]);
  });

  it.each<Partial<JobOverview>>([{ state: "FINISHED" }, { tasks: { running: 1, deploying: 1, total: 2 } }])(
    "is not asked about while it is %j",
    async (overview) => {
      const { cycle, flink } = await decidedJob();
      await cycle({ ...runningJob, ...overview });
      expect(flink.reads).toEqual([]);
    },
  );

  it("gets nothing any more once the process ends", async () => {
    const { cycle, flink, stop } = await decidedJob();
    stop();
    await cycle();
    expect(flink.puts).toEqual([]);
  });
});
