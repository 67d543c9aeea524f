import { beforeEach, describe, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { KubeApi } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { createElector, type Elector } from "./elector.ts";
import { type LeaseSpec, specOf } from "./lease.ts";

const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const start = Date.UTC(2026, 0, 1);

/** The fate of one request. "lost": it takes effect, but its response is lost. "hang": it never gets a response. */
type Fault = "down" | "lost" | "hang" | "late" | undefined;

let clock: FakeClock;
/** The lease on the API server. */
let stored: KubeObject | undefined;
let version: number;
let contenders: Contender[];

beforeEach(() => {
  clock = fakeClock(start);
  stored = undefined;
  version = 0;
  contenders = [];
});

class Contender {
  readonly identity: string;
  readonly elector: Elector;
  readonly lost: string[] = [];
  readonly ending = new AbortController();
  requests = 0;
  led = 0;
  fault: () => Fault = () => undefined;
  readonly done: Promise<void>;

  /** `skewMs`: the error of its wall clock. `rate`: the speed of its monotonic clock. */
  constructor(
    identity: string,
    { skewMs = 0, rate = 1, random = (): number => 0.5, timersEarlyMs = 0 } = {},
  ) {
    this.identity = identity;
    this.elector = createElector({
      api: this.#api(),
      namespace: "ops",
      name: "lease",
      identity,
      timing,
      clock: {
        now: () => clock.now() + skewMs,
        after: (ms, run) => clock.after(Math.max(1, ms - timersEarlyMs), run),
      },
      monotonicNow: () => (clock.now() - start) * rate,
      onLeading: () => this.led++,
      onLost: (why) => this.lost.push(why),
      onError: () => {},
      random,
    });
    this.done = this.elector.run(this.ending.signal);
    contenders.push(this);
  }

  /** A killed process sends no more requests. */
  crash(): void {
    this.fault = () => "hang";
    this.ending.abort();
    contenders = contenders.filter((each) => each !== this);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.done;
    await this.elector.release();
  }

  #api(): Pick<KubeApi, "get" | "create" | "mergePatch"> {
    const ask = async <Answer>(act: () => Answer): Promise<Answer> => {
      this.requests += 1;
      const fault = this.fault();
      const broken = new KubeError(0, "Broken", "no answer");
      if (fault === "down") throw broken;
      if (fault === "hang") return new Promise<Answer>(() => {});
      if (fault === "late") await new Promise<void>((resolve) => clock.after(4_000, resolve));
      const answer = act();
      if (fault === "lost") throw broken;
      return answer;
    };
    return {
      get: (_, __, name) =>
        ask(() => {
          if (stored === undefined) throw new KubeError(404, "NotFound", `no ${name}`);
          return structuredClone(stored);
        }),
      create: (_, object) =>
        ask(() => {
          if (stored !== undefined) throw new KubeError(409, "AlreadyExists", "there is one");
          return save(object.metadata.name, object.spec as LeaseSpec);
        }),
      mergePatch: (_, __, name, patch) =>
        ask(() => {
          const { metadata, spec } = patch as KubeObject & { spec: LeaseSpec };
          if (stored === undefined) throw new KubeError(404, "NotFound", `no ${name}`);
          if (metadata.resourceVersion !== stored.metadata.resourceVersion)
            throw new KubeError(409, "Conflict", "it has changed");
          return save(name, { ...specOf(stored), ...spec });
        }),
    };
  }
}

function save(name: string, spec: LeaseSpec): KubeObject {
  version += 1;
  stored = { metadata: { name, namespace: "ops", resourceVersion: String(version) }, spec };
  return structuredClone(stored);
}

const leaders = () => contenders.filter(({ elector }) => elector.isLeading()).map(({ identity }) => identity);

/** Advances the time in small steps and checks that no two act at the same time. Returns the leaders. */
async function pass(ms: number): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let passed = 0; passed < ms; passed += 250) {
    await clock.advance(250);
    const now = leaders();
    for (const leader of now) seen.add(leader);
    expect(now.length, `${now.join(" and ")} at ${clock.now() - start} ms`).toBeLessThan(2);
  }
  return seen;
}

describe("one operator", () => {
  it("leads at once and renews every other second with one request", async () => {
    const a = new Contender("a");
    await clock.advance(0);
    expect(leaders()).toEqual(["a"]);
    const before = a.requests;
    await pass(60_000);
    expect(a.requests - before).toBe(30);
    expect(a.led).toBe(1);
  });

  it("keeps leading if the response to a renewal is lost", async () => {
    const a = new Contender("a");
    await pass(5_000);
    a.fault = () => "lost";
    await pass(2_000);
    a.fault = () => undefined;
    await pass(30_000);
    expect([leaders(), a.lost]).toEqual([["a"], []]);
  });

  it("survives one hung request", async () => {
    const a = new Contender("a");
    await pass(5_000);
    let hung = 0;
    a.fault = () => (hung++ === 0 ? "hang" : undefined);
    await pass(30_000);
    expect([leaders(), a.lost]).toEqual([["a"], []]);
  });

  it("stops acting ten seconds after its last renewal, whatever happens to its requests", async () => {
    const a = new Contender("a");
    await pass(4_000);
    a.fault = () => "hang";
    await clock.advance(9_900);
    expect(leaders()).toEqual(["a"]);
    await clock.advance(200);
    expect(leaders()).toEqual([]);
    expect(a.lost).toEqual(["the lease could not be renewed in time"]);
    await pass(5_000);
    await a.done;
  });

  it("counts the time from the request, not from the response", async () => {
    const a = new Contender("a");
    await pass(4_000);
    a.fault = () => "late";
    await clock.advance(3_000);
    a.fault = () => "hang";
    await clock.advance(8_900);
    expect(leaders()).toEqual(["a"]);
    await clock.advance(200);
    expect(leaders()).toEqual([]);
  });

  it("does not act after a long pause of the process", async () => {
    let asleepMs = 0;
    const elector = createElector({
      api: {
        get: notFound,
        create: async (_, object) => object,
        mergePatch: async () => ({ metadata: { name: "" } }),
      },
      namespace: "ops",
      name: "lease",
      identity: "a",
      timing,
      clock: { now: () => clock.now() + asleepMs, after: clock.after },
      // A clock that stopped meanwhile.
      monotonicNow: () => clock.now() - start,
      onLeading: () => {},
      onLost: () => {},
      onError: () => {},
    });
    const ending = new AbortController();
    void elector.run(ending.signal);
    await clock.advance(1_000);
    expect(elector.isLeading()).toBe(true);
    asleepMs = 60_000;
    expect(elector.isLeading()).toBe(false);
    ending.abort();
  });

  it("is told in time that it has lost the lease, also if its timers are early", async () => {
    const a = new Contender("a", { timersEarlyMs: 2 });
    await pass(2_500);
    a.fault = () => "hang";
    await clock.advance(9_600);
    expect([a.elector.isLeading(), a.lost]).toEqual([false, ["the lease could not be renewed in time"]]);
  });

  it("does not begin to lead with an answer that it reads after its machine has slept", async () => {
    let asleepMs = 0;
    let begun = 0;
    const elector = createElector({
      api: {
        get: notFound,
        async create(_, object) {
          asleepMs = 60_000;
          return object;
        },
        mergePatch: () => Promise.reject(new KubeError(409, "Conflict", "another has taken it")),
      },
      namespace: "ops",
      name: "lease",
      identity: "a",
      timing,
      clock: { now: () => clock.now() + asleepMs, after: clock.after },
      monotonicNow: () => clock.now() - start,
      onLeading: () => begun++,
      onLost: () => {},
      onError: () => {},
    });
    const ending = new AbortController();
    void elector.run(ending.signal);
    await clock.advance(1_000);
    expect([elector.isLeading(), begun]).toEqual([false, 0]);
    ending.abort();
  });
});

const notFound = () => Promise.reject(new KubeError(404, "NotFound", "no lease"));

describe("two operators", () => {
  it("the second waits, and takes over when the first has not renewed for the lease duration", async () => {
    const a = new Contender("a");
    await pass(1_000);
    const b = new Contender("b");
    await pass(30_000);
    expect(leaders()).toEqual(["a"]);
    a.crash();
    await pass(14_000);
    expect(leaders()).toEqual([]);
    await pass(5_000);
    expect([leaders(), b.led, specOf(stored as KubeObject).leaseTransitions]).toEqual([["b"], 1, 1]);
  });

  it("a clean stop releases the lease at once", async () => {
    const a = new Contender("a");
    await pass(1_000);
    new Contender("b");
    await pass(5_000);
    await a.stop();
    expect(specOf(stored as KubeObject).holderIdentity).toBe("");
    await pass(2_500);
    expect(leaders()).toEqual(["b"]);
  });

  it("one that has lost the lease does not release another's lease", async () => {
    const a = new Contender("a");
    await pass(1_000);
    save("lease", { holderIdentity: "b", leaseDurationSeconds: 15 });
    await a.stop();
    expect(specOf(stored as KubeObject).holderIdentity).toBe("b");
  });

  it("one that reads another holder stops acting at once", async () => {
    const a = new Contender("a");
    await pass(1_000);
    save("lease", { holderIdentity: "b", leaseDurationSeconds: 15 });
    await pass(4_000);
    expect([leaders(), a.lost]).toEqual([[], ["b has taken the lease"]]);
  });

  it("the next container of the same pod continues with the pod's lease", async () => {
    new Contender("a").crash();
    await pass(1_000);
    save("lease", { holderIdentity: "a", leaseDurationSeconds: 15 });
    new Contender("a");
    await pass(250);
    expect(leaders()).toEqual(["a"]);
  });
});

/** A small pseudo-random generator with a seed. */
function numbers(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

/** How the Java operator acquires a lease: by the holder's clock, any time after it has expired. */
function javaContends(identity: string, skewMs: number): () => boolean {
  let renewedAt = Number.NEGATIVE_INFINITY;
  const contend = () => {
    const now = clock.now() + skewMs;
    const { holderIdentity = "", renewTime = "" } = stored === undefined ? {} : specOf(stored);
    const isFree = holderIdentity === "" || now > Date.parse(renewTime) + timing.leaseDurationMs;
    if (holderIdentity === identity || isFree) {
      save("lease", {
        holderIdentity: identity,
        leaseDurationSeconds: 15,
        renewTime: new Date(now).toISOString(),
      });
      renewedAt = clock.now();
    }
    clock.after(timing.retryPeriodMs, contend);
  };
  contend();
  return () => clock.now() - renewedAt < timing.renewDeadlineMs;
}

describe("with random faults of requests and clocks", () => {
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1);

  it.each(seeds)("no two act at the same time, and in the end one does (seed %i)", async (seed) => {
    const random = numbers(seed);
    const contender = (identity: string) =>
      new Contender(identity, { skewMs: (random() - 0.5) * 600_000, rate: 0.9 + 0.2 * random(), random });
    let next = 0;
    for (let round = 0; round < 12; round++) {
      while (contenders.length < 2) contender(`pod-${next++}`);
      for (const each of contenders) {
        const share = [0, 0, 1, random()][Math.floor(4 * random())] ?? 0;
        const kinds: Fault[] = ["down", "lost", "hang", "late"];
        each.fault = () => (random() < share ? kinds[Math.floor(random() * kinds.length)] : undefined);
      }
      await pass(30_000 * random());
      const chosen = contenders[Math.floor(random() * 2)];
      if (random() < 0.2) chosen?.crash();
      // A process that has lost its lease ends.
      for (const each of contenders) if (each.lost.length > 0) each.crash();
    }
    for (const each of contenders) each.fault = () => undefined;
    contender("fresh");
    await pass(40_000);
    expect(leaders()).toHaveLength(1);
  });

  it.each([-4_000, 0, 4_000])("nor with a Java operator whose clock is %i ms off", async (skewMs) => {
    const ours = new Contender("ours");
    await pass(3_000);
    const javaActs = javaContends("java", skewMs);
    for (let second = 0; second < 60; second++) {
      if (second === 20) ours.fault = () => "down";
      await pass(1_000);
      expect(javaActs() && ours.elector.isLeading()).toBe(false);
    }
    expect([javaActs(), ours.lost.length]).toEqual([true, 1]);
  });
});
