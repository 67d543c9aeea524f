import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fakeClock.ts";
import type { PollPlan } from "../api/flinkFacts.ts";
import { type FlinkRest, FlinkRestError } from "./api.ts";
import type { CollectedAnswers, Collection } from "./pollCollection.ts";
import { createPoller } from "./poller.ts";

const jobId = "1".repeat(32);
const plan: PollPlan = {
  endpoint: { host: "jm", port: 8081 },
  deploymentUid: "uid-1",
  pace: "settled",
  intervalMs: 15_000,
  jobId,
  want: {},
};

/** First `/a`, then two paths that its answer names. */
const collection = (over: Partial<Collection> = {}): Collection => ({
  jobId,
  intervalMs: 60_000,
  plan(answers: CollectedAnswers) {
    const wanted = answers.has("/a") ? ["/a", "/b", "/c"] : ["/a"];
    return { next: wanted.filter((path) => !answers.has(path)), isCold: false };
  },
  ...over,
});

function setUp(read: (path: string) => Promise<unknown> = async (path) => ({ path })) {
  const clock = fakeClock();
  const asked: { path: string; at: number }[] = [];
  const collected: number[] = [];
  const errors: string[] = [];
  let inFlight = 0;
  let state = "RUNNING";
  const during = async <T>(answer: () => Promise<T>): Promise<T> => {
    inFlight += 1;
    expect(inFlight).toBe(1);
    await new Promise<void>((resolve) => clock.after(5, resolve));
    return answer().finally(() => {
      inFlight -= 1;
    });
  };
  const rest = {
    jobs: () =>
      during(async () => [
        {
          id: jobId,
          name: "j",
          state,
          startTime: 1,
          endTime: -1,
          lastModification: 1,
          tasks: { running: 1 },
        },
      ]),
    read: (_: unknown, path: string) => {
      asked.push({ path, at: clock.now() });
      return during(() => read(path).then((body) => ({ body })));
    },
  } as unknown as FlinkRest;
  const poller = createPoller({
    rest,
    clock,
    random: () => 0,
    onFacts: (key) => queueMicrotask(() => poller.plan(key, plan)),
    onCollected: () => collected.push(clock.now()),
    onError: (key, error) => errors.push(`${key}: ${error}`),
  });
  const setState = (next: string) => {
    state = next;
  };
  return { clock, poller, asked, collected, errors, setState };
}

const paths = (asked: readonly { path: string }[]) => asked.map(({ path }) => path);

describe("a collection", () => {
  it("asks path after path, tells once that all are answered, and begins anew at its interval", async () => {
    const { clock, poller, asked, collected } = setUp();
    const start = clock.now();
    poller.plan("a", plan);
    poller.collect("a", collection());
    await clock.advance(59_000);
    expect(paths(asked)).toEqual(["/a", "/b", "/c"]);
    expect(collected).toHaveLength(1);
    const answers = poller.takeCollected("a", jobId);
    expect(answers?.get("/b")).toEqual({ body: { path: "/b" } });
    expect(poller.takeCollected("a", jobId)).toBeUndefined();
    // Not when they are taken, nearly a minute later.
    expect(poller.collectedAt("a", "autoscaler")).toBeLessThan(start + 30_000);
    await clock.advance(3_000);
    expect(paths(asked).slice(3)).toEqual(["/a", "/b", "/c"]);
    expect((asked[3]?.at ?? 0) - start).toBeGreaterThanOrEqual(60_000);
  });

  it("plans once for all paths that do not depend on each other", async () => {
    const { clock, poller, asked } = setUp();
    let plans = 0;
    const { plan: planned } = collection();
    const counted = (answers: CollectedAnswers) => {
      plans++;
      return planned(answers);
    };
    poller.plan("a", plan);
    poller.collect("a", collection({ plan: counted }));
    await clock.advance(30_000);
    expect([paths(asked), plans]).toEqual([["/a", "/b", "/c"], 3]);
  });

  it("goes on when the same one is asked for again, and ends when none is", async () => {
    const { clock, poller, asked } = setUp();
    poller.plan("a", plan);
    for (let second = 0; second < 30; second++) {
      poller.collect("a", collection());
      await clock.advance(1_000);
    }
    expect(asked).toHaveLength(3);
    poller.collect("a", undefined);
    await clock.advance(200_000);
    expect(asked).toHaveLength(3);
    poller.plan("a", undefined);
    expect(poller.counts().entries).toBe(0);
  });

  it("has no answers for another job", async () => {
    const { clock, poller } = setUp();
    poller.plan("a", plan);
    poller.collect("a", collection());
    await clock.advance(1_000);
    expect(poller.takeCollected("a", "2".repeat(32))).toBeUndefined();
    poller.collect("a", collection({ jobId: "2".repeat(32) }));
    expect(poller.takeCollected("a", jobId)).toBeUndefined();
  });

  it("has the message of an error that Flink answers with", async () => {
    const { clock, poller } = setUp(() =>
      Promise.reject(new FlinkRestError(404, "answered", "Job not found")),
    );
    poller.plan("a", plan);
    poller.collect(
      "a",
      collection({ plan: (answers) => ({ next: answers.has("/a") ? [] : ["/a"], isCold: false }) }),
    );
    await clock.advance(1_000);
    expect(poller.takeCollected("a", jobId)).toEqual(new Map([["/a", { error: "Job not found" }]]));
  });

  it("gives a round up that is not answered, and tries again at its interval", async () => {
    const { clock, poller, asked, collected } = setUp((path) =>
      path === "/b" ? Promise.reject(new FlinkRestError(0, "timeout", "no answer")) : Promise.resolve({}),
    );
    poller.plan("a", plan);
    poller.collect("a", collection());
    await clock.advance(59_000);
    expect(paths(asked)).toEqual(["/a", "/b"]);
    await clock.advance(10_000);
    expect(paths(asked)).toEqual(["/a", "/b", "/a", "/b"]);
    expect(collected).toEqual([]);
  });

  it("whose plan does not understand an answer ends its round, and polling goes on", async () => {
    const { clock, poller, asked, errors } = setUp();
    const confused = (answers: CollectedAnswers) => {
      if (answers.has("/a")) throw new TypeError("not iterable");
      return { next: ["/a"], isCold: false };
    };
    poller.plan("a", plan);
    poller.collect("a", collection({ plan: confused }));
    await clock.advance(59_000);
    expect(paths(asked)).toEqual(["/a"]);
    expect(errors).toEqual(["a: TypeError: not iterable"]);
    const before = poller.facts("a")?.observedAt ?? 0;
    poller.collect("a", collection());
    await clock.advance(10_000);
    expect(paths(asked)).toEqual(["/a", "/a", "/b", "/c"]);
    await clock.advance(20_000);
    expect(poller.facts("a")?.observedAt).toBeGreaterThan(before);
  });

  it("asks once more where Flink has not collected the metrics yet", async () => {
    const { clock, poller, asked, collected } = setUp();
    poller.plan("a", plan);
    poller.collect(
      "a",
      collection({ plan: (answers) => ({ next: answers.has("/a") ? [] : ["/a"], isCold: true }) }),
    );
    await clock.advance(30_000);
    expect(paths(asked)).toEqual(["/a", "/a"]);
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect(collected).toHaveLength(1);
  });

  it("begins anew at another JobManager", async () => {
    const { clock, poller } = setUp();
    poller.plan("a", plan);
    poller.collect("a", collection());
    await clock.advance(1_000);
    poller.plan("a", { ...plan, deploymentUid: "uid-2" });
    expect(poller.takeCollected("a", jobId)).toBeUndefined();
  });

  it("waits until the JobManager knows the job", async () => {
    const { clock, poller, asked, setState } = setUp();
    setState("INITIALIZING");
    poller.plan("a", plan);
    poller.collect("a", collection());
    await clock.advance(10_000);
    expect(asked).toEqual([]);
    setState("RUNNING");
    await clock.advance(20_000);
    expect(asked).toHaveLength(3);
  });
});

it("keeps collections of different purposes apart, with one request in flight", async () => {
  const { poller, clock } = setUp();
  poller.plan("ns/app", plan);
  poller.collect("ns/app", collection());
  poller.collect("ns/app", collection({ intervalMs: 15_000 }), "verification");
  await clock.advance(5_000);

  expect([...(poller.takeCollected("ns/app", jobId) ?? new Map()).keys()]).toEqual(["/a", "/b", "/c"]);
  poller.collect("ns/app", undefined, "verification");
  expect(poller.takeCollected("ns/app", jobId, "verification")).toBeUndefined();
  await clock.advance(70_000);
  expect(poller.takeCollected("ns/app", jobId)).toBeDefined();
});
