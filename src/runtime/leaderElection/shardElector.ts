import { sleep } from "../clock.ts";
import { chooseShard, shardLeaseName, shardsIdentity } from "./chooseShard.ts";
import { createElector, type Elector, type ElectorOptions } from "./elector.ts";
import { type LeaseView, releasedLease, specOf, viewOf } from "./lease.ts";
import { createLeaseRequests } from "./leaseRequests.ts";

export interface ShardElectorOptions
  extends Omit<ElectorOptions, "onLeading" | "known" | "isShared" | "mayRelease"> {
  /** The number of shards. */
  readonly shards: number;
  /** Called at most once, when this process may act for a shard. */
  onLeading(shard: number): void;
}

export interface ShardElector extends Elector {
  /** The shard that this process acts for at this moment, from 0. */
  readonly shard: number | undefined;
}

/**
 * Leader election among operators that divide the namespaces (docs/adr/0023-shards.md). A process acts while it holds two
 * leases: that of one shard, which makes it the only one of this shard, and `name`, which those with the same number of shards
 * hold together, so that nobody acts who divides the namespaces in another way. With one shard there is only `name`, held
 * as by any other version of the operator.
 */
export function createShardElector(options: ShardElectorOptions): ShardElector {
  return options.shards === 1 ? createSingle(options) : createOneOfSeveral(options);
}

function createSingle({ onLeading, ...options }: ShardElectorOptions): ShardElector {
  const elector = createElector({ ...options, onLeading: () => onLeading(0) });
  return {
    ...elector,
    get shard() {
      return elector.isLeading() ? 0 : undefined;
    },
  };
}

function createOneOfSeveral(options: ShardElectorOptions): ShardElector {
  const { name, shards, identity, timing, clock, monotonicNow, random = Math.random } = options;
  const names = Array.from({ length: shards }, (_, shard) => shardLeaseName(name, shard, shards));
  const requests = names.map((each) => createLeaseRequests({ ...options, name: each }));
  const views: (LeaseView | undefined)[] = names.map(() => undefined);
  let waitingFor = "";
  /** The shard whose lease is held, or is being acquired. */
  let chosen: { readonly shard: number; readonly elector: Elector } | undefined;
  let group: Elector | undefined;
  let groupDone: Promise<void> | undefined;
  let isLost = false;
  const ended = new AbortController();

  const isLeading = (): boolean =>
    !isLost && chosen?.elector.isLeading() === true && group?.isLeading() === true;

  function lose(why: string): void {
    if (isLost) return;
    isLost = true;
    ended.abort();
    options.onLost(why);
  }

  const readAll = (): Promise<LeaseView[]> =>
    Promise.all(
      requests.map(async ({ read }, shard) => {
        const view = viewOf(await read(), views[shard], monotonicNow());
        views[shard] = view;
        return view;
      }),
    );

  async function choose(): Promise<number | undefined> {
    const { shard, surplus, holders } = chooseShard({
      identity,
      timing,
      views: await readAll(),
      steadyNow: monotonicNow(),
      wallNow: clock.now(),
      first: Math.floor(random() * shards),
    });
    for (const each of surplus) await giveBack(each);
    const all = holders.join(", ");
    if (shard === undefined && all !== waitingFor) options.onWaiting?.(all);
    waitingFor = all;
    return shard;
  }

  async function giveBack(shard: number): Promise<void> {
    const view = views[shard];
    if (view !== undefined) await requests[shard]?.write(view, releasedLease(clock.now()));
  }

  /** Resolves when another process has the shard, when this one has lost it, or at the end. */
  async function lead(shard: number, signal: AbortSignal): Promise<void> {
    const passed = new AbortController();
    const elector = createElector({
      ...options,
      name: names[shard] ?? name,
      known: views[shard],
      onLeading: () => join(signal),
      onLost: lose,
      onWaiting: () => passed.abort(),
    });
    chosen = { shard, elector };
    await elector.run(AbortSignal.any([signal, passed.signal]));
    if (passed.signal.aborted) chosen = undefined;
    await groupDone;
  }

  /** Begins to hold the lease of all shards with the others. */
  function join(signal: AbortSignal): void {
    group = createElector({
      ...options,
      identity: shardsIdentity(shards),
      isShared: true,
      mayRelease: allAreFree,
      onLeading: begin,
      onLost: lose,
    });
    groupDone = group.run(signal);
  }

  function begin(): void {
    if (isLeading() && chosen !== undefined) options.onLeading(chosen.shard);
    else lose("the lease of the shard could not be renewed in time");
  }

  /** Whether nobody acts for any shard: who does has the shard's lease in its name. */
  const allAreFree = async (): Promise<boolean> =>
    (await readAll()).every(({ lease }) => lease === undefined || !specOf(lease).holderIdentity);

  return {
    isLeading,
    get shard() {
      return isLeading() ? chosen?.shard : undefined;
    },
    async run(signal) {
      const ending = AbortSignal.any([signal, ended.signal]);
      while (!ending.aborted) {
        const shard = await choose().catch((error: unknown) => void options.onError(error));
        // Whoever was overtaken looks for another one at once.
        if (typeof shard === "number") await lead(shard, ending);
        else await sleep(clock, timing.retryPeriodMs * (1 + 0.2 * random()), ending);
      }
    },
    async release() {
      await chosen?.elector.release();
      await group?.release();
    },
  };
}
