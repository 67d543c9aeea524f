import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import type { JobOverview, JobState, PollPlan, RestEndpoint } from "../api/flinkFacts.ts";
import { type FlinkRest, FlinkRestError } from "./api.ts";
import { createPoller, type Poller, type PollerOptions } from "./poller.ts";

const jobId = "1".repeat(32);
const overview = (state: JobState, lastModification = 5): JobOverview => ({
  id: jobId,
  name: "job",
  state,
  startTime: 1,
  endTime: -1,
  lastModification,
  tasks: { running: 1, total: 1 },
});
const snapshot = (id: number) => ({
  id,
  externalPath: `file:/cp/chk-${id}`,
  isSavepoint: false,
  discarded: false,
  timestamp: id,
  stateSize: 1,
});

/** Responses of a healthy JobManager. A test replaces some of them. */
const healthy: FlinkRest = {
  config: async () => ({ flinkVersion: "2.3.0", flinkRevision: "abc" }),
  jobs: async () => [overview("RUNNING")],
  checkpoints: async () => ({
    completedCount: 1,
    inProgressCount: 0,
    latestCompleted: snapshot(7),
    latestSavepoint: undefined,
    latestRestored: undefined,
  }),
  jobResult: async () => undefined,
  exceptions: async () => [],
  failedApplication: async () => undefined,
  metrics: async () => ({ restarts: 0, completedCheckpoints: 7 }),
  read: async () => ({ body: {} }),
  vertices: async () => [],
  resourceRequirements: async () => ({}),
  updateResourceRequirements: async () => {},
  overview: async () => {},
  taskManagers: async () => [{ id: "tm", slots: 2, freeSlots: 0 }],
  savepointStatus: async () => ({ state: "in-progress" }),
  stopWithSavepoint: async () => {},
  triggerSavepoint: async () => {},
  triggerCheckpoint: async () => {},
  checkpointStatus: async () => ({ state: "in-progress" }),
  checkpointPath: async () => undefined,
  disposeSavepoint: async () => "disposal",
  disposalStatus: async () => ({ state: "in-progress" }),
  cancel: async () => "accepted",
  uploadJar: async () => "jar",
  runJar: async () => "accepted",
  checkScript: async () => "{}",
  deleteJar: async () => {},
};

interface Call {
  what: string;
  host: string;
  at: number;
}

/** Records every call and the calls in flight, and responds after `latencyMs` of the fake clock. */
function recording(clock: FakeClock, rest: FlinkRest, latencyMs = 5) {
  const calls: Call[] = [];
  const inFlight = new Map<string, number>();
  let mostInFlightOfOne = 0;
  const wrapped = Object.fromEntries(
    Object.entries(rest).map(([what, method]) => [
      what,
      async (at: RestEndpoint, ...more: unknown[]) => {
        calls.push({ what, host: at.host, at: clock.now() });
        inFlight.set(at.host, (inFlight.get(at.host) ?? 0) + 1);
        mostInFlightOfOne = Math.max(mostInFlightOfOne, inFlight.get(at.host) ?? 0);
        try {
          await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
          return await (method as (...args: unknown[]) => Promise<unknown>)(at, ...more);
        } finally {
          inFlight.set(at.host, (inFlight.get(at.host) ?? 0) - 1);
        }
      },
    ]),
  ) as unknown as FlinkRest;
  return { calls, rest: wrapped, mostInFlightOfOne: () => mostInFlightOfOne };
}

const plan = (over: Partial<PollPlan> = {}): PollPlan => ({
  endpoint: { host: "jm", port: 8081 },
  deploymentUid: "uid-1",
  pace: "settled",
  intervalMs: 15_000,
  jobId,
  want: { config: true, taskManagers: true, checkpoints: true, exceptions: true },
  ...over,
});

function setUp(rest: Partial<FlinkRest> = {}, options: Partial<PollerOptions> = {}) {
  const clock = fakeClock();
  const recorder = recording(clock, { ...healthy, ...rest });
  const told: string[] = [];
  const poller = createDecidedPoller({
    rest: recorder.rest,
    clock,
    random: () => 0.5,
    onFacts: (key) => told.push(key),
    ...options,
  });
  return { clock, poller, told, ...recorder };
}

/** A poller whose owner decides on each change at once, with the same plan. */
function createDecidedPoller(options: PollerOptions): Poller {
  const plans = new Map<string, PollPlan | undefined>();
  const poller = createPoller({
    ...options,
    onFacts(key) {
      options.onFacts(key);
      queueMicrotask(() => poller.plan(key, plans.get(key)));
    },
  });
  const plan: Poller["plan"] = (key, planned) => {
    plans.set(key, planned);
    poller.plan(key, planned);
  };
  return { ...poller, plan };
}

const refused = () => Promise.reject(new FlinkRestError(0, "refused", "ECONNREFUSED"));
const never = () => new Promise<never>(() => {});

describe("a settled cluster", () => {
  it("has all facts at once, and then reports nothing while nothing changes", async () => {
    const { clock, poller, told } = setUp();
    poller.plan("a", plan());
    await clock.advance(1_000);
    expect(poller.facts("a")).toMatchObject({
      deploymentUid: "uid-1",
      reachability: "ok",
      consecutiveFailures: 0,
      config: { flinkVersion: "2.3.0" },
      jobs: [{ state: "RUNNING" }],
      checkpoints: { jobId, statistics: { latestCompleted: { id: 7 } } },
      taskManagers: { list: [{ slots: 2 }] },
    });
    told.length = 0;
    await clock.advance(600_000);
    expect(told).toEqual([]);
  });

  it.each([15_000, 60_000])(
    "costs at most five calls in any minute at an interval of %i ms",
    async (intervalMs) => {
      const { clock, poller, calls } = setUp();
      poller.plan("a", plan({ intervalMs }));
      await clock.advance(60_000);
      const since = calls.length;
      await clock.advance(3_600_000);
      const times = calls.slice(since).map(({ at }) => at);
      for (const start of times) {
        expect(times.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(5);
      }
      const auxiliary = new Set(calls.slice(since).map(({ what }) => what));
      expect(auxiliary).toEqual(new Set(["jobs", "taskManagers", "checkpoints"]));
    },
  );

  it("asks for the checkpoints of a session job again, however often its cluster is asked for TaskManagers", async () => {
    const { clock, poller, calls } = setUp();
    const endpoint = { host: "session", port: 8081 };
    poller.plan("session", plan({ endpoint, jobId: undefined, want: { taskManagers: true } }));
    poller.plan("job", plan({ endpoint, want: { checkpoints: true } }));
    await clock.advance(60_000);
    calls.length = 0;
    await clock.advance(1_200_000);
    const times = (what: string) => calls.filter((call) => call.what === what).length;
    expect(times("checkpoints")).toBeGreaterThanOrEqual(4);
    expect(times("taskManagers") + times("checkpoints")).toBeLessThanOrEqual(20);
  });

  it("without a job of its own is asked for its TaskManagers every minute, one with a job more rarely", async () => {
    const { clock, poller, calls } = setUp();
    const want = { taskManagers: true };
    poller.plan("session", plan({ endpoint: { host: "session", port: 8081 }, jobId: undefined, want }));
    poller.plan("application", plan({ want }));
    await clock.advance(60_000);
    calls.length = 0;
    await clock.advance(1_200_000);
    const asked = (of: string) =>
      calls.filter(({ what, host }) => what === "taskManagers" && host === of).length;
    expect(asked("session")).toBeGreaterThanOrEqual(18);
    expect(asked("jm")).toBeLessThanOrEqual(8);
  });

  it("is asked together with others, whenever each of them began", async () => {
    const { clock, poller, calls } = setUp({}, { random: Math.random });
    for (let i = 0; i < 100; i++) {
      poller.plan(`${i}`, plan({ endpoint: { host: `jm-${i}`, port: 8081 } }));
      await clock.advance(37);
    }
    await clock.advance(60_000);
    calls.length = 0;
    await clock.advance(60_000);
    expect(calls.length).toBeGreaterThan(350);
    // Four times a second at most, and what two parts of one JobManager that are due together need more.
    expect(new Set(calls.map(({ at }) => at)).size).toBeLessThan(300);
  });

  it("gets one request for exceptions if the job has changed between two overviews", async () => {
    let modified = 5;
    const { clock, poller, calls } = setUp({ jobs: async () => [overview("RUNNING", modified)] });
    poller.plan("a", plan());
    await clock.advance(20_000);
    expect(calls.map(({ what }) => what)).not.toContain("exceptions");
    modified = 6;
    calls.length = 0;
    await clock.advance(600_000);
    expect(calls.filter(({ what }) => what === "exceptions")).toHaveLength(1);
  });
});

describe("a job that Flink lists as CANCELED", () => {
  const failure = { className: "a.B", stackTrace: "a.B: the main method failed" };
  const facts = async (over: Partial<FlinkRest>, want: PollPlan["want"] = { application: true }) => {
    const { clock, poller, calls } = setUp({ jobs: async () => [overview("CANCELED")], ...over });
    poller.plan("a", plan({ want }));
    await clock.advance(1_000);
    const { jobs, jobResult, reachability } = poller.facts("a") ?? {};
    return { state: jobs?.[0]?.state, jobResult, reachability, asked: calls.map(({ what }) => what) };
  };

  it("has failed if its application has", async () => {
    expect(await facts({ failedApplication: async () => ({ failure }) })).toMatchObject({
      state: "FAILED",
      jobResult: { jobId, result: { status: "FAILED", failure } },
    });
  });

  it("has not ended while its application fails", async () => {
    expect(await facts({ failedApplication: async () => ({}) })).toMatchObject({ state: "CANCELLING" });
  });

  it("was cancelled if no application has failed, or Flink does not tell", async () => {
    const refuses = () => Promise.reject(new FlinkRestError(404, "answered", "Not found."));
    for (const failedApplication of [async () => undefined, refuses])
      expect(await facts({ failedApplication })).toMatchObject({ state: "CANCELED", reachability: "ok" });
  });

  it("is asked for only where there are applications", async () => {
    expect((await facts({}, {})).asked).not.toContain("failedApplication");
    expect((await facts({ jobs: healthy.jobs })).asked).not.toContain("failedApplication");
  });
});

describe("the exceptions of a job", () => {
  it("are requested when the job is first observed, if it has changed recently", async () => {
    const asked = async (lastModification: number) => {
      const { clock, poller, calls } = setUp({ jobs: async () => [overview("RUNNING", lastModification)] });
      poller.plan("a", plan());
      await clock.advance(60_000);
      return calls.some(({ what }) => what === "exceptions");
    };
    const { clock } = setUp();
    expect(await asked(clock.now() - 60_000)).toBe(true);
    expect(await asked(clock.now() - 3_600_000)).toBe(false);
  });

  it("are requested for a job that changes faster than Flink's cache, and after its last change", async () => {
    let modified = 5;
    const { clock, poller, calls } = setUp({ jobs: async () => [overview("RUNNING", modified)] });
    poller.plan("a", plan({ pace: "quick" }));
    await clock.advance(2_000);
    for (let more = 0; more < 20; more++) {
      modified += 1;
      await clock.advance(1_000);
    }
    const meanwhile = calls.filter(({ what }) => what === "exceptions").length;
    expect(meanwhile).toBeGreaterThanOrEqual(4);
    const changedAt = clock.now() - 1_000;
    await clock.advance(10_000);
    expect(calls.filter(({ what }) => what === "exceptions").at(-1)?.at).toBeGreaterThan(changedAt + 3_000);
  });
});

describe("a cluster in transition", () => {
  it("is polled several times per second", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan({ pace: "quick", want: {} }));
    await clock.advance(10_000);
    expect(calls.length).toBeGreaterThanOrEqual(20);
    expect(calls.length).toBeLessThanOrEqual(27);
  });

  it("is polled ever less while a change waits to be decided on, and again at once after that", async () => {
    const clock = fakeClock();
    const { rest, calls } = recording(clock, healthy);
    const poller = createPoller({ rest, clock, random: () => 0, onFacts: () => {} });
    const quick = plan({ pace: "quick", want: {} });
    poller.plan("a", quick);
    await clock.advance(60_000);
    const waits = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0));
    const doubled = [400, 400, 800, 1_600, 3_200, 6_400, 12_800];
    for (const [index, ms] of doubled.entries()) expect(Math.abs((waits[index] ?? 0) - ms)).toBeLessThan(300);
    expect(Math.max(...waits)).toBeLessThanOrEqual(15_250);
    const before = calls.length;
    poller.plan("a", quick);
    await clock.advance(2_000);
    expect(calls.length - before).toBeGreaterThanOrEqual(5);
  });

  it("is reported as soon as its state changes", async () => {
    let state: JobState = "RUNNING";
    const { clock, poller, told } = setUp({ jobs: async () => [overview(state)] });
    poller.plan("a", plan({ pace: "quick", want: {} }));
    await clock.advance(5_000);
    told.length = 0;
    state = "CANCELED";
    await clock.advance(500);
    expect(told).toEqual(["a"]);
  });

  it("is polled for a savepoint until that has ended", async () => {
    const states = ["unknown", "in-progress", "in-progress"] as const;
    let asked = 0;
    const { clock, poller, calls, told } = setUp({
      savepointStatus: async () => {
        const state = states[asked];
        asked += 1;
        return state === undefined ? { state: "completed", location: "file:/sp" } : { state };
      },
    });
    poller.plan("a", plan({ pace: "quick", want: { savepoint: { jobId, triggerId: "t" } } }));
    await clock.advance(10_000);
    expect(poller.facts("a")?.savepoint?.status).toEqual({ state: "completed", location: "file:/sp" });
    expect(calls.filter(({ what }) => what === "savepointStatus")).toHaveLength(4);
    // Reachable, unknown, in progress, completed.
    expect(told).toHaveLength(4);
  });

  it("drops the savepoint of another trigger, also if its response is in flight", async () => {
    const { clock, poller } = setUp({
      savepointStatus: async () => ({ state: "completed", location: "file:/sp" }),
    });
    const wanting = (triggerId: string) => plan({ pace: "quick", want: { savepoint: { jobId, triggerId } } });
    poller.plan("a", wanting("t1"));
    await clock.advance(8);
    poller.plan("a", wanting("t2"));
    await clock.advance(4);
    expect(poller.facts("a")?.savepoint).toBeUndefined();
    await clock.advance(1_000);
    expect(poller.facts("a")?.savepoint?.triggerId).toBe("t2");
  });

  it("is polled quickly as soon as its plan says so", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan({ intervalMs: 600_000, want: {} }));
    await clock.advance(5_000);
    poller.plan("a", plan({ pace: "quick", want: {} }));
    const since = calls.length;
    await clock.advance(500);
    expect(calls.length).toBeGreaterThan(since);
  });
});

describe("a job's metrics", () => {
  const watched = () => plan({ want: { taskManagers: true, checkpoints: true, metrics: true } });

  it("are requested once a minute in addition, and only if the plan requests them", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", watched());
    poller.plan("b", plan({ endpoint: { host: "other", port: 8081 } }));
    await clock.advance(60_000);
    calls.length = 0;
    await clock.advance(600_000);
    const asked = calls.filter(({ what }) => what === "metrics");
    expect(asked.length).toBeGreaterThanOrEqual(9);
    expect(asked.length).toBeLessThanOrEqual(10);
    expect(asked.every(({ host }) => host === "jm")).toBe(true);
    // The other parts keep their turns.
    expect(
      calls.filter(({ what, host }) => what === "checkpoints" && host === "jm").length,
    ).toBeGreaterThanOrEqual(2);
  });

  it("keep the previous number of restarts, and until when it was observed", async () => {
    let restarts: number | undefined;
    const { clock, poller, told } = setUp({ metrics: async () => ({ restarts, completedCheckpoints: 1 }) });
    poller.plan("a", watched());
    await clock.advance(70_000);
    expect(poller.facts("a")?.metrics?.restarts).toBeUndefined();
    restarts = 2;
    await clock.advance(130_000);
    const before = poller.facts("a")?.metrics;
    expect(before).toMatchObject({ restarts: 2, before: undefined });
    told.length = 0;
    restarts = 5;
    await clock.advance(70_000);
    expect(told).toEqual(["a"]);
    expect(poller.facts("a")?.metrics).toMatchObject({
      restarts: 5,
      before: { at: before?.at, restarts: 2 },
    });
    // An empty response after a failed collection by Flink: the known values stay.
    restarts = undefined;
    await clock.advance(70_000);
    expect(poller.facts("a")?.metrics).toMatchObject({ restarts: 5 });
  });

  it("are requested soon after a restart of the job", async () => {
    let modified = 5;
    const { clock, poller, calls } = setUp({ jobs: async () => [overview("RUNNING", modified)] });
    poller.plan("a", watched());
    await clock.advance(65_000);
    calls.length = 0;
    modified = 6;
    await clock.advance(30_000);
    expect(calls.filter(({ what }) => what === "metrics")).toHaveLength(1);
  });
});

describe("the checkpoints of a job that ends", () => {
  /** Flink's cached responses, which are up to `cacheMs` old. */
  function cachingFlink(cacheMs: number) {
    let ended = false;
    let endedAt = Infinity;
    const clock = fakeClock();
    const recorder = recording(clock, {
      ...healthy,
      jobs: async () => [overview(ended ? "CANCELED" : "RUNNING", ended ? 6 : 5)],
      checkpoints: async () => ({
        completedCount: 1,
        inProgressCount: 0,
        latestCompleted: snapshot(clock.now() < endedAt + cacheMs ? 7 : 8),
        latestSavepoint: undefined,
        latestRestored: undefined,
      }),
    });
    const poller = createDecidedPoller({ rest: recorder.rest, clock, onFacts: () => {} });
    const end = () => {
      ended = true;
      endedAt = clock.now();
    };
    return { clock, poller, end, calls: recorder.calls };
  }

  it.each(["quick", "settled"] as const)("are never those of Flink's cache (%s)", async (pace) => {
    const { clock, poller, end } = cachingFlink(3_000);
    poller.plan("a", plan({ pace }));
    await clock.advance(60_000);
    expect(poller.facts("a")?.checkpoints?.statistics?.latestCompleted?.id).toBe(7);
    end();
    let known = 0;
    for (let i = 0; i < 800; i += 1) {
      await clock.advance(100);
      const facts = poller.facts("a");
      if (facts?.jobs?.[0]?.state === "CANCELED") {
        const newest = facts.checkpoints?.statistics?.latestCompleted?.id;
        expect(newest ?? 8).toBe(8);
        known += newest === undefined ? 0 : 1;
      }
    }
    expect(known).toBeGreaterThan(100);
  });

  it("are requested once, after the cache time of the plan", async () => {
    const { clock, poller, end, calls } = cachingFlink(20_000);
    poller.plan("a", plan({ pace: "quick", cacheMs: 20_000 }));
    await clock.advance(1_000);
    end();
    await clock.advance(20_000);
    expect(poller.facts("a")?.checkpoints).toBeUndefined();
    calls.length = 0;
    await clock.advance(60_000);
    expect(poller.facts("a")?.checkpoints?.statistics?.latestCompleted?.id).toBe(8);
    expect(calls.filter(({ what }) => what === "checkpoints")).toHaveLength(1);
  });

  it("are requested after the cache time also if the plan names the job only after its end", async () => {
    const { clock, poller, end } = cachingFlink(3_000);
    poller.plan("a", plan({ pace: "quick", jobId: undefined }));
    await clock.advance(1_000);
    end();
    await clock.advance(500);
    poller.plan("a", plan({ pace: "quick" }));
    for (let i = 0; i < 200; i += 1) {
      await clock.advance(5);
      expect(poller.facts("a")?.checkpoints).toBeUndefined();
    }
    await clock.advance(5_000);
    expect(poller.facts("a")?.checkpoints?.statistics?.latestCompleted?.id).toBe(8);
  });
});

describe("the checkpoints that a decision waits for", () => {
  const wanting = (freshCheckpoints: boolean) =>
    plan({
      pace: freshCheckpoints ? "quick" : "settled",
      want: { checkpoints: true, ...(freshCheckpoints ? { freshCheckpoints } : {}) },
    });
  const ageOf = ({ poller, clock }: ReturnType<typeof setUp>) =>
    clock.now() - (poller.facts("a")?.checkpoints?.asOf ?? Number.NaN);

  it("may be what a predecessor asked for, when they are first told: Flink's cache is waited out once", async () => {
    const given = setUp();
    given.poller.plan("a", wanting(true));
    await given.clock.advance(3_200);
    expect(ageOf(given)).toBeGreaterThan(3_000);
    given.told.length = 0;
    await given.clock.advance(200);
    expect(ageOf(given)).toBeLessThan(200);
    expect(given.told).toEqual(["a"]);
    expect(given.poller.facts("a")?.checkpoints?.isRequested).toBe(true);
  });

  it("are had with one call of a job at rest, which nobody has asked about lately", async () => {
    const given = setUp();
    given.poller.plan("a", wanting(false));
    await given.clock.advance(600_000);
    const before = given.calls.length;
    given.poller.plan("a", wanting(true));
    await given.clock.advance(50);
    expect(ageOf(given)).toBeLessThanOrEqual(50);
    expect(given.calls.slice(before).filter(({ what }) => what === "checkpoints")).toHaveLength(1);
  });

  it("are not what was asked for any more once nothing waits for them", async () => {
    const given = setUp();
    given.poller.plan("a", wanting(true));
    await given.clock.advance(4_000);
    given.poller.plan("a", wanting(false));
    expect(given.poller.facts("a")?.checkpoints?.isRequested).toBe(false);
  });
});

describe("pollNow", () => {
  it("sends a request at once, whose response is dated after the call", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan({ want: {} }));
    await clock.advance(5_000);
    const poked = clock.now();
    poller.pollNow("a");
    await clock.advance(50);
    expect(calls.at(-1)).toMatchObject({ what: "jobs", at: poked });
    expect(poller.facts("a")?.jobsAt).toBeGreaterThanOrEqual(poked);
  });

  it("asks for a part of a settled cluster, too, once", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan({ pace: "settled", want: { checkpoints: true } }));
    await clock.advance(5_000);
    const poked = clock.now();
    poller.pollNow("a", "checkpoints");
    await clock.advance(5_000);
    expect(calls.filter(({ what, at }) => what === "checkpoints" && at >= poked)).toHaveLength(1);
  });

  it("forgets the parallelism, which the request before it may have changed", async () => {
    const { clock, poller, calls } = setUp();
    const wanted = plan({ pace: "quick", want: { parallelism: true } });
    poller.plan("a", wanted);
    await clock.advance(1_000);
    expect(poller.facts("a")?.parallelism).toMatchObject({ requirements: {} });
    const poked = clock.now();
    poller.pollNow("a");
    expect(poller.facts("a")?.parallelism).toBeUndefined();
    await clock.advance(100);
    expect(poller.facts("a")?.parallelism?.at).toBeGreaterThanOrEqual(poked);
    poller.plan("a", plan({ pace: "quick", want: {} }));
    expect(poller.facts("a")?.parallelism).toBeUndefined();
    const asked = calls.length;
    await clock.advance(2_000);
    expect(calls.slice(asked).map(({ what }) => what)).not.toContain("resourceRequirements");
  });

  it("takes no answer about the parallelism that was asked for before it", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan({ pace: "quick", want: { parallelism: true } }));
    while (!calls.some(({ what }) => what === "resourceRequirements")) await clock.advance(1);
    const poked = clock.now() + 1;
    await clock.advance(1);
    poller.pollNow("a");
    while (calls.filter(({ what }) => what === "resourceRequirements").length < 2) {
      expect(poller.facts("a")?.parallelism).toBeUndefined();
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(poller.facts("a")?.parallelism?.at).toBeGreaterThanOrEqual(poked);
  });

  it("sends another request if an older one is in flight", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan({ want: {} }));
    await clock.advance(2);
    poller.pollNow("a");
    await clock.advance(200);
    expect(calls.map(({ what }) => what)).toEqual(["jobs", "jobs"]);
  });

  it("limits the rate of requests", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan({ want: {} }));
    for (let i = 0; i < 1_000; i += 1) {
      await clock.advance(1);
      poller.pollNow("a");
    }
    expect(calls.length).toBeLessThanOrEqual(12);
  });

  it("ends the delay of a failing JobManager", async () => {
    let up = false;
    const { clock, poller } = setUp({ jobs: () => (up ? healthy.jobs({ host: "", port: 0 }) : refused()) });
    poller.plan("a", plan({ pace: "quick", want: {} }));
    await clock.advance(3_600_000);
    up = true;
    poller.pollNow("a");
    await clock.advance(120);
    expect(poller.facts("a")?.reachability).toBe("ok");
  });
});

describe("a JobManager that starts", () => {
  it("is observed within about a second of being ready, and never counts as failing", async () => {
    let up = false;
    const { clock, poller, told } = setUp({
      jobs: () => (up ? healthy.jobs({ host: "", port: 0 }) : refused()),
    });
    poller.plan("a", plan({ pace: "quick", want: {} }));
    await clock.advance(20_000);
    expect(poller.facts("a")).toMatchObject({ reachability: "never", lastFailure: { kind: "refused" } });
    expect(told).toEqual(["a"]);
    up = true;
    await clock.advance(1_200);
    expect(poller.facts("a")).toMatchObject({ reachability: "ok", consecutiveFailures: 0 });
    expect(poller.facts("a")?.lastFailure).toBeUndefined();
  });

  it("is polled less and less often if it never becomes ready", async () => {
    const { clock, poller, calls } = setUp({ jobs: refused });
    poller.plan("a", plan({ pace: "quick", want: {} }));
    await clock.advance(3_600_000);
    const since = calls.length;
    await clock.advance(600_000);
    expect(calls.length - since).toBeLessThanOrEqual(20);
  });
});

describe("a job that does not exist yet", () => {
  it("is not polled: the JobManager would log each request as an error", async () => {
    let jobs: JobOverview[] = [];
    const { clock, poller, calls } = setUp({ jobs: async () => jobs });
    const asked = () => new Set(calls.map(({ what }) => what));
    poller.plan("a", plan({ pace: "quick" }));
    await clock.advance(5_000);
    jobs = [overview("INITIALIZING")];
    await clock.advance(5_000);
    expect(asked()).toEqual(new Set(["jobs", "config"]));
    jobs = [overview("CREATED")];
    await clock.advance(5_000);
    expect(asked()).toEqual(
      new Set(["jobs", "config", "checkpoints", "overview", "taskManagers", "exceptions"]),
    );
  });
});

describe("the TaskManagers", () => {
  it("are requested after the ResourceManager is available, which is checked once", async () => {
    let up = true;
    let available = false;
    const { clock, poller, calls } = setUp({
      jobs: () => (up ? healthy.jobs({ host: "", port: 0 }) : refused()),
      overview: () => (available ? Promise.resolve() : refused()),
    });
    const requests = (what: string) => calls.filter((call) => call.what === what).length;
    poller.plan("a", plan({ pace: "quick" }));
    await clock.advance(10_000);
    expect(requests("overview")).toBeGreaterThan(1);
    expect(requests("taskManagers")).toBe(0);
    available = true;
    await clock.advance(60_000);
    const before = requests("overview");
    expect(requests("taskManagers")).toBeGreaterThan(5);
    await clock.advance(60_000);
    expect(requests("overview")).toBe(before);
    // The JobManager was restarted.
    up = false;
    await clock.advance(10_000);
    up = true;
    await clock.advance(30_000);
    expect(requests("overview")).toBe(before + 1);
  });
});

describe("a cluster that fails", () => {
  it("is reported with the time of the first failure, and again when it has recovered", async () => {
    let up = true;
    const { clock, poller, told } = setUp({
      jobs: () => (up ? healthy.jobs({ host: "", port: 0 }) : refused()),
    });
    poller.plan("a", plan({ want: {} }));
    await clock.advance(1_000);
    up = false;
    await clock.advance(30_000);
    const facts = poller.facts("a");
    expect(facts).toMatchObject({ reachability: "failing", jobs: [{ state: "RUNNING" }] });
    expect(facts?.failingSince).toBeLessThan(facts?.lastFailure?.at ?? 0);
    up = true;
    await clock.advance(30_000);
    expect(told).toEqual(["a", "a", "a"]);
    expect(poller.facts("a")?.failingSince).toBeUndefined();
  });

  it("keeps the last good value of a part that fails alone, and reports the failure", async () => {
    let fail = false;
    const { clock, poller } = setUp({
      checkpoints: (at, id) =>
        fail
          ? Promise.reject(new FlinkRestError(500, "answered", "HTTP 500: a.B: no"))
          : healthy.checkpoints(at, id),
    });
    poller.plan("a", plan({ pace: "quick" }));
    await clock.advance(5_000);
    fail = true;
    await clock.advance(5_000);
    expect(poller.facts("a")).toMatchObject({
      reachability: "ok",
      checkpoints: { statistics: { completedCount: 1 } },
      partFailures: { checkpoints: { kind: "answered", status: 500, message: "HTTP 500: a.B: no" } },
    });
    fail = false;
    await clock.advance(5_000);
    expect(poller.facts("a")?.partFailures).toBeUndefined();
  });

  it("is another cluster with another uid: all old facts are dropped, also a response in flight", async () => {
    const { clock, poller } = setUp();
    poller.plan("a", plan());
    await clock.advance(1_000);
    poller.pollNow("a");
    await clock.advance(1);
    poller.plan("a", plan({ deploymentUid: "uid-2", endpoint: { host: "other", port: 1 } }));
    expect(poller.facts("a")).toEqual({
      deploymentUid: "uid-2",
      observedAt: 0,
      reachability: "never",
      consecutiveFailures: 0,
    });
    poller.plan("a", undefined);
    await clock.advance(60_000);
    expect(poller.facts("a")).toBeUndefined();
    expect(poller.counts()).toMatchObject({ clusters: 0, inFlight: 0, waiting: 0 });
  });
});

describe("JobManagers that hang", () => {
  it("do not delay the others, however many they are", async () => {
    const { clock, poller, calls } = setUp(
      { jobs: (at) => (at.host.startsWith("hung") ? never() : healthy.jobs(at)) },
      { maxInFlight: 16 },
    );
    for (let i = 0; i < 120; i += 1) {
      poller.plan(`hung-${i}`, plan({ endpoint: { host: `hung-${i}`, port: 1 }, want: {}, pace: "quick" }));
    }
    for (let i = 0; i < 60; i += 1) {
      poller.plan(`well-${i}`, plan({ endpoint: { host: `well-${i}`, port: 1 }, want: {} }));
    }
    await clock.advance(180_000);
    for (let i = 0; i < 60; i += 1) {
      const times = calls.filter(({ host }) => host === `well-${i}`).map(({ at }) => at);
      const longest = Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
      expect(longest).toBeLessThan(17_000);
      expect(times.length).toBeGreaterThan(10);
    }
    expect(poller.facts("hung-0")).toMatchObject({ lastFailure: { kind: "timeout" } });
    expect(poller.facts("well-0")?.consecutiveFailures).toBe(0);
  });

  it("and answer again are polled as before", async () => {
    let hangs = true;
    const { clock, poller } = setUp({ jobs: (at) => (hangs ? never() : healthy.jobs(at)) });
    poller.plan("a", plan());
    await clock.advance(60_000);
    expect(poller.counts()).toMatchObject({ silent: 1, failing: 1 });
    hangs = false;
    await clock.advance(60_000);
    expect(poller.counts()).toMatchObject({ silent: 0, failing: 0 });
  });

  it("queue separately from the others even if events call pollNow for them", async () => {
    const { clock, poller, calls } = setUp(
      { jobs: (at) => (at.host.startsWith("hung") ? never() : healthy.jobs(at)) },
      { maxInFlight: 4 },
    );
    for (let i = 0; i < 400; i += 1) {
      poller.plan(`hung-${i}`, plan({ endpoint: { host: `hung-${i}`, port: 1 }, want: {} }));
    }
    await clock.advance(60_000);
    poller.plan("well", plan({ endpoint: { host: "well", port: 1 }, want: {}, pace: "quick" }));
    calls.length = 0;
    for (let second = 0; second < 30; second += 1) {
      for (let i = 0; i < 400; i += 1) {
        poller.pollNow(`hung-${i}`);
      }
      await clock.advance(1_000);
    }
    expect(calls.filter(({ host }) => host === "well").length).toBeGreaterThan(60);
  });

  it("are polled less and less often, with one request at a time", async () => {
    const { clock, poller, calls, mostInFlightOfOne } = setUp({ jobs: never });
    poller.plan("a", plan({ pace: "quick" }));
    await clock.advance(600_000);
    expect(new Set(calls.map(({ what }) => what))).toEqual(new Set(["jobs"]));
    const gaps = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0));
    expect(gaps.at(-1)).toBeGreaterThan(40_000);
    expect(gaps.at(-1)).toBeLessThan(46_000);
    // The fake never times out: one call is left behind at each deadline.
    expect(mostInFlightOfOne()).toBe(calls.length);
  });
});

describe("with random plans and responses", () => {
  it("a JobManager has one call in flight, and the facts are those of the plan", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("pollNow" as const), key: fc.nat(2) }),
      fc.record({ do: fc.constant("forget" as const), key: fc.nat(2) }),
      fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 7, 300, 5_000, 70_000) }),
      fc.record({
        do: fc.constant("plan" as const),
        key: fc.nat(2),
        uid: fc.nat(1),
        job: fc.nat(1),
        pace: fc.constantFrom("quick" as const, "settled" as const),
        want: fc.record({
          config: fc.boolean(),
          taskManagers: fc.boolean(),
          checkpoints: fc.boolean(),
          jobResult: fc.boolean(),
          exceptions: fc.boolean(),
          savepoint: fc.constantFrom(undefined, { jobId, triggerId: "t1" }, { jobId, triggerId: "t2" }),
        }),
      }),
      fc.record({ do: fc.constant("answers" as const), how: fc.constantFrom("well", "refuse", "break") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        let how = "well";
        let serial = 0;
        const fickle = Object.fromEntries(
          Object.entries(healthy).map(([what, method]) => [
            what,
            (...args: unknown[]) =>
              how === "refuse"
                ? refused()
                : how === "break"
                  ? Promise.reject(new TypeError("not even a FlinkRestError"))
                  : (method as (...all: unknown[]) => unknown)(...args),
          ]),
        ) as unknown as FlinkRest;
        const { clock, poller, mostInFlightOfOne } = setUp(fickle);
        const plans = new Map<string, PollPlan>();
        for (const each of steps) {
          if (each.do === "wait") {
            await clock.advance(each.ms);
          } else if (each.do === "answers") {
            how = each.how;
          } else if (each.do === "pollNow") {
            poller.pollNow(String(each.key));
          } else if (each.do === "forget") {
            plans.delete(String(each.key));
            poller.plan(String(each.key), undefined);
          } else {
            // Another uid is another JobManager, so it has another address.
            const before = plans.get(String(each.key));
            const same = before?.deploymentUid.startsWith(`${each.uid}-`) ? before : undefined;
            const name = same?.deploymentUid ?? `${each.uid}-${each.key}-${serial++}`;
            const next = plan({
              deploymentUid: name,
              endpoint: { host: name, port: 1 },
              jobId: `job-${each.job}`,
              pace: each.pace,
              want: each.want,
            });
            plans.set(String(each.key), next);
            poller.plan(String(each.key), next);
          }
          for (const key of ["0", "1", "2"]) {
            const facts = poller.facts(key);
            const wanted = plans.get(key);
            expect(facts?.deploymentUid).toBe(wanted?.deploymentUid);
            expect(facts?.checkpoints?.jobId ?? wanted?.jobId).toBe(wanted?.jobId);
            expect(facts?.savepoint?.triggerId ?? wanted?.want.savepoint?.triggerId).toBe(
              wanted?.want.savepoint?.triggerId,
            );
          }
        }
        expect(mostInFlightOfOne()).toBeLessThanOrEqual(1);
        poller.stop();
        await clock.advance(20_000);
        expect(poller.counts()).toEqual({
          clusters: 0,
          failing: 0,
          inFlight: 0,
          waiting: 0,
          silent: 0,
          lagMs: 0,
          entries: 0,
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe("followed operations", () => {
  const savepoint = (triggerId: string) => ({ kind: "savepoint", jobId, triggerId }) as const;

  it("are reported to their owner, and are not polled after their end", async () => {
    const done = new Set<string>();
    const operations: string[] = [];
    const { clock, poller, calls } = setUp(
      {
        savepointStatus: async (_, __, trigger) =>
          done.has(trigger) ? { state: "completed", location: `file:/${trigger}` } : { state: "in-progress" },
      },
      { onOperation: (owner) => operations.push(owner) },
    );
    poller.plan("a", plan());
    poller.follow("a", "one", savepoint("1"));
    poller.follow("a", "two", savepoint("2"));
    await clock.advance(2_000);
    expect(operations.splice(0)).toEqual(["one", "two"]);
    done.add("2");
    await clock.advance(2_000);
    expect(operations.splice(0)).toEqual(["two"]);
    expect(poller.followed("two")?.answer?.status).toEqual({ state: "completed", location: "file:/2" });
    done.add("1");
    await clock.advance(2_000);
    const asked = () => calls.filter(({ what }) => what === "savepointStatus").length;
    const before = asked();
    await clock.advance(600_000);
    expect(asked()).toBe(before);
  });

  it("are polled less and less often", async () => {
    const { clock, poller, calls } = setUp();
    poller.plan("a", plan());
    poller.follow("a", "one", savepoint("1"));
    await clock.advance(600_000);
    const asked = calls.filter(({ what }) => what === "savepointStatus");
    expect(asked.length).toBeLessThan(250);
    poller.follow("a", "one", undefined);
    expect(poller.followed("one")).toBeUndefined();
    await clock.advance(60_000);
    expect(calls.filter(({ what }) => what === "savepointStatus").length).toBe(asked.length);
  });

  it("wait for a cluster without a plan, and are polled again at another cluster of the same name", async () => {
    const { clock, poller } = setUp({ savepointStatus: async () => ({ state: "unknown" }) });
    poller.follow("a", "one", savepoint("1"));
    await clock.advance(1_000);
    expect(poller.followed("one")?.answer).toBeUndefined();
    poller.plan("a", plan());
    await clock.advance(1_000);
    expect(poller.followed("one")?.answer?.status.state).toBe("unknown");
    poller.plan("a", plan({ deploymentUid: "another" }));
    expect(poller.followed("one")?.answer).toBeUndefined();
    await clock.advance(1_000);
    expect(poller.followed("one")?.answer?.status.state).toBe("unknown");
  });

  it("leave no entries, whether the cluster or the follower is removed first", async () => {
    const { clock, poller } = setUp();
    for (const name of ["a", "b", "c"]) {
      poller.plan(name, plan({ deploymentUid: name }));
      poller.follow(name, `${name}/1`, savepoint("1"));
      poller.follow(name, `${name}/2`, savepoint("2"));
    }
    await clock.advance(1_000);
    for (const name of ["a", "b", "c"]) {
      poller.follow(name, `${name}/1`, undefined);
      if (name !== "b") poller.plan(name, undefined);
      poller.follow("", `${name}/2`, undefined);
      poller.plan(name, undefined);
    }
    poller.follow("never", "one", undefined);
    await clock.advance(10_000);
    expect(poller.counts().entries).toBe(0);
  });

  it("a checkpoint's path is requested until Flink returns it", async () => {
    let told = false;
    const { clock, poller, calls } = setUp({
      checkpointStatus: async () => ({ state: "completed", checkpointId: 8 }),
      checkpointPath: async (_, __, id) => (told ? `file:/chk-${id}` : undefined),
    });
    poller.plan("a", plan());
    poller.follow("a", "one", { kind: "checkpoint", jobId, triggerId: "1" });
    await clock.advance(3_000);
    expect(poller.followed("one")?.answer?.status).toEqual({ state: "completed", location: undefined });
    expect(calls.filter(({ what }) => what === "checkpointPath")).toEqual([]);
    await clock.advance(3_000);
    expect(calls.filter(({ what }) => what === "checkpointPath").length).toBeGreaterThan(1);
    told = true;
    await clock.advance(2_000);
    expect(poller.followed("one")?.answer?.status).toEqual({ state: "completed", location: "file:/chk-8" });
  });

  it("a failed request is retried, and does not make the cluster unreachable", async () => {
    let fails = true;
    const { clock, poller } = setUp({
      disposalStatus: async () => (fails ? refused() : { state: "completed" }),
    });
    poller.plan("a", plan());
    poller.follow("a", "one", { kind: "disposal", triggerId: "1", path: "file:/sp" });
    await clock.advance(5_000);
    expect(poller.facts("a")?.reachability).toBe("ok");
    fails = false;
    await clock.advance(5_000);
    expect(poller.followed("one")?.answer?.status).toEqual({ state: "completed", location: undefined });
  });
});

describe("many session jobs on one JobManager", () => {
  const ids = Array.from({ length: 100 }, (_, index) => String(index).padStart(32, "0"));
  const all = () => ids.map((id) => ({ ...overview("RUNNING"), id }));
  const planAll = ({ poller }: ReturnType<typeof setUp>) => {
    for (const id of ids) poller.plan(id, plan({ jobId: id, onlyJob: true, intervalMs: 60_000 }));
  };

  it("share one overview per interval, and cost few other requests", async () => {
    const given = setUp({ jobs: async () => all() });
    planAll(given);
    await given.clock.advance(60_000);
    const since = given.calls.length;
    await given.clock.advance(600_000);
    const calls = given.calls.slice(since).map(({ what }) => what);
    expect(calls.filter((what) => what === "jobs").length).toBeLessThanOrEqual(10);
    expect(calls.length).toBeLessThanOrEqual(20);
    expect(given.mostInFlightOfOne()).toBe(1);
  });

  it("are notified of their own job only, and all of them of the JobManager", async () => {
    let jobs = all();
    const given = setUp({ jobs: async () => jobs });
    planAll(given);
    await given.clock.advance(60_000);
    given.told.length = 0;
    jobs = jobs.map((job, index) => (index === 7 ? { ...job, state: "RESTARTING" as const } : job));
    given.poller.pollNow(ids[0] ?? "");
    await given.clock.advance(1_000);
    expect([...new Set(given.told)]).toEqual([ids[7]]);
    expect(given.poller.facts(ids[3] ?? "")?.jobs).toHaveLength(100);
    expect(given.poller.counts().clusters).toBe(1);
  });

  it("get their turn while the plan of another job keeps the JobManager busy", async () => {
    const given = setUp({ jobs: async () => all() });
    const checkpointsOf: string[] = [];
    given.rest.checkpoints = async (_at, id) => {
      checkpointsOf.push(id);
      return healthy.checkpoints(_at, id);
    };
    const [busy = "", atRest = ""] = ids;
    given.poller.plan(atRest, plan({ jobId: atRest, onlyJob: true, intervalMs: 60_000 }));
    await given.clock.advance(60_000);
    given.poller.plan(busy, plan({ jobId: busy, onlyJob: true, pace: "quick" }));
    checkpointsOf.length = 0;
    await given.clock.advance(300_000);
    expect(checkpointsOf.filter((id) => id === atRest).length).toBeGreaterThanOrEqual(1);
  });
});
