import { beforeEach, describe, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import { type LeaseServer, leaseServer } from "../../../test/support/leaseServer.ts";
import { specOf } from "./lease.ts";
import { createShardElector, type ShardElector } from "./shardElector.ts";

const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const start = Date.UTC(2026, 0, 1);

let clock: FakeClock;
let server: LeaseServer;

beforeEach(() => {
  clock = fakeClock(start);
  server = leaseServer();
});

interface Process {
  readonly elector: ShardElector;
  readonly began: number[];
  readonly lost: string[];
  readonly waitedFor: string[];
  readonly errors: unknown[];
  cut: boolean;
  stop(): Promise<void>;
  crash(): void;
}

/** `random` 0: it looks at shard 0 first. */
function begin(identity: string, shards: number, random = 0): Process {
  const ending = new AbortController();
  const api = server.api(identity);
  const ask = <Answer>(act: () => Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (self.cut) return;
      clock.after(5, () => act().then(resolve, reject));
    });
  const elector = createShardElector({
    api: {
      get: (...args) => ask(() => api.get(...args)),
      create: (...args) => ask(() => api.create(...args)),
      mergePatch: (...args) => ask(() => api.mergePatch(...args)),
    },
    namespace: "ops",
    name: "lease",
    shards,
    identity,
    timing,
    clock,
    monotonicNow: () => clock.now() - start,
    onLeading: (shard) => self.began.push(shard),
    onLost: (why) => self.lost.push(why),
    onWaiting: (holder) => self.waitedFor.push(holder),
    onError: (error) => self.errors.push(error),
    random: () => random,
  });
  let done: Promise<void>;
  const self: Process = {
    elector,
    began: [],
    lost: [],
    waitedFor: [],
    errors: [],
    cut: false,
    async stop() {
      ending.abort();
      await Promise.all([done, clock.advance(200)]);
      await Promise.all([elector.release(), clock.advance(200)]);
    },
    crash() {
      self.cut = true;
      ending.abort();
    },
  };
  done = elector.run(ending.signal);
  return self;
}

const holder = (name: string): string | undefined => {
  const lease = server.lease(name);
  return lease && specOf(lease).holderIdentity;
};
const acting = (...processes: Process[]) => processes.map(({ elector }) => elector.shard);

describe("with one shard", () => {
  it("the lease is that of any other version", async () => {
    const a = begin("a", 1);
    await clock.advance(100);
    expect([acting(a), a.began, server.names(), holder("lease")]).toEqual([[0], [0], ["lease"], "a"]);
    await a.stop();
    expect([acting(a), holder("lease")]).toEqual([[undefined], ""]);
  });
});

describe("with three shards", () => {
  it("three processes that begin together act for one each, and a fourth stands by", async () => {
    const all = ["a", "b", "c", "d"].map((identity) => begin(identity, 3));
    await clock.advance(3_000);
    expect(
      acting(...all)
        .filter((shard) => shard !== undefined)
        .sort(),
    ).toEqual([0, 1, 2]);
    expect(server.names()).toEqual(["lease", "lease-0-of-3", "lease-1-of-3", "lease-2-of-3"]);
    expect(holder("lease")).toBe("3 shards");
    const standby = all.find(({ elector }) => elector.shard === undefined);
    expect(standby?.waitedFor.at(-1)?.split(", ")).toHaveLength(3);
    await clock.advance(120_000);
    expect(all.flatMap(({ lost, errors }) => [...lost, ...errors])).toEqual([]);
    expect(all.flatMap(({ began }) => began).sort()).toEqual([0, 1, 2]);
  });

  it("a standby takes over the shard of one that crashed within the lease's time, and no other", async () => {
    const [a, b, c] = [begin("a", 2), begin("b", 2, 0.6), begin("c", 2)];
    await clock.advance(5_000);
    expect(acting(a, b, c)).toEqual([0, 1, undefined]);
    b.crash();
    await clock.advance(12_000);
    expect(acting(a, c)).toEqual([0, undefined]);
    await clock.advance(6_000);
    expect([acting(a, c), c.began]).toEqual([[0, 1], [1]]);
  });

  it("a standby takes over at once from one that ends in order", async () => {
    const [a, b, c] = [begin("a", 2), begin("b", 2, 0.6), begin("c", 2)];
    await clock.advance(5_000);
    await b.stop();
    await clock.advance(2_500);
    expect([acting(a, c), holder("lease")]).toEqual([[0, 1], "2 shards"]);
  });

  it("the next container of a pod goes on with the pod's shard, and gives a second one back", async () => {
    server.put("lease-0-of-3", { holderIdentity: "a", leaseDurationSeconds: 15 });
    server.put("lease-2-of-3", { holderIdentity: "a", leaseDurationSeconds: 15 });
    const a = begin("a", 3, 0.5);
    await clock.advance(1_000);
    expect([acting(a), holder("lease-2-of-3"), holder("lease-0-of-3")]).toEqual([[2], "a", ""]);
  });

  it("one that loses its shard acts no more, and does not wait for another", async () => {
    const a = begin("a", 2);
    await clock.advance(1_000);
    server.put("lease-0-of-2", { holderIdentity: "b", leaseDurationSeconds: 15 });
    await clock.advance(4_000);
    expect([acting(a), a.lost]).toEqual([[undefined], ["b has taken the lease"]]);
    await clock.advance(60_000);
    expect([a.began, holder("lease-1-of-2")]).toEqual([[0], undefined]);
  });

  it("one that cannot renew the lease of all shards acts no more", async () => {
    const a = begin("a", 2);
    await clock.advance(1_000);
    server.put("lease", { holderIdentity: "someone", leaseDurationSeconds: 15 });
    await clock.advance(4_000);
    expect([acting(a), a.lost]).toEqual([[undefined], ["someone has taken the lease"]]);
  });

  it("all that hold the lease of all shards renew it, also if they all write at the same moment", async () => {
    const all = Array.from({ length: 8 }, (_, index) => begin(`pod-${index}`, 8, index / 8));
    await clock.advance(2_000);
    expect(acting(...all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await clock.advance(300_000);
    expect(all.flatMap(({ lost }) => lost)).toEqual([]);
  });
});

describe("while the number of shards changes", () => {
  it("from 1 to 3: nobody acts beside the one, and all as soon as it has ended", async () => {
    const old = begin("old", 1);
    await clock.advance(1_000);
    const fresh = [0, 0.4, 0.8].map((random, index) => begin(`new-${index}`, 3, random));
    await clock.advance(60_000);
    expect([acting(old, ...fresh), fresh[0]?.waitedFor]).toEqual([
      [0, undefined, undefined, undefined],
      ["old"],
    ]);
    await old.stop();
    await clock.advance(2_600);
    expect(acting(...fresh)).toEqual([0, 1, 2]);
  });

  it("from 1 to 3, and the one crashes: after its lease's time", async () => {
    const old = begin("old", 1);
    await clock.advance(1_000);
    const fresh = [0, 0.4, 0.8].map((random, index) => begin(`new-${index}`, 3, random));
    await clock.advance(5_000);
    old.crash();
    await clock.advance(12_000);
    expect(acting(...fresh)).toEqual([undefined, undefined, undefined]);
    await clock.advance(6_000);
    expect(acting(...fresh)).toEqual([0, 1, 2]);
  });

  it("from 3 to 2, in order: not before the last of the three has ended, and then at once", async () => {
    const old = [0, 0.4, 0.8].map((random, index) => begin(`old-${index}`, 3, random));
    await clock.advance(3_000);
    const fresh = [0, 0.5].map((random, index) => begin(`new-${index}`, 2, random));
    for (const each of old) {
      await clock.advance(20_000);
      expect(acting(...fresh)).toEqual([undefined, undefined]);
      await each.stop();
    }
    expect(holder("lease")).toBe("");
    await clock.advance(2_600);
    expect([acting(...fresh), holder("lease")]).toEqual([[0, 1], "2 shards"]);
  });

  it("from 3 to 2, and the last of the three crashes: after the lease's time", async () => {
    const old = [0, 0.4, 0.8].map((random, index) => begin(`old-${index}`, 3, random));
    await clock.advance(3_000);
    const fresh = [0, 0.5].map((random, index) => begin(`new-${index}`, 2, random));
    await clock.advance(3_000);
    old[1]?.crash();
    await old[0]?.stop();
    await old[2]?.stop();
    // The one that crashed may still act, as far as the others know.
    expect(holder("lease")).toBe("3 shards");
    await clock.advance(10_000);
    expect(acting(...fresh)).toEqual([undefined, undefined]);
    await clock.advance(8_000);
    expect(acting(...fresh)).toEqual([0, 1]);
  });

  it("two numbers at the same time: only one of them acts", async () => {
    const all = [begin("a", 2), begin("b", 3), begin("c", 2, 0.5), begin("d", 3, 0.5)];
    await clock.advance(60_000);
    expect(acting(...all)).toEqual([0, undefined, 1, undefined]);
  });
});
