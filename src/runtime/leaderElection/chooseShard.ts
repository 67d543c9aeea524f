import { decideLease, type LeaseSituation, type LeaseView, specOf } from "./lease.ts";

/** The name of a shard's Lease. Operators with another number of shards contend for others. */
export const shardLeaseName = (leaseName: string, shard: number, shards: number): string =>
  `${leaseName}-${shard}-of-${shards}`;

/**
 * The holder of the Lease that all operators contend for, whatever their number of shards: those with the same number hold
 * it together. No pod has such a name.
 */
export const shardsIdentity = (shards: number): string => `${shards} shards`;

export interface ShardsSituation extends Omit<LeaseSituation, "view"> {
  /** The leases of all shards, in their order. */
  readonly views: readonly LeaseView[];
  /** The shard that is looked at first. */
  readonly first: number;
}

export interface ShardChoice {
  /** The shard whose lease to acquire. Undefined: all are held by others. */
  readonly shard: number | undefined;
  /** Shards whose leases are in our name, too: they must be released. */
  readonly surplus: readonly number[];
  /** The holders of the others. */
  readonly holders: readonly string[];
}

/**
 * Chooses one shard: one that is in our name already, since the former container of this pod held it or a write of ours took
 * effect late, else the first that is free.
 */
export function chooseShard({ views, first, ...situation }: ShardsSituation): ShardChoice {
  const holderOf = (shard: number): string => {
    const { lease } = views[shard] ?? {};
    return lease === undefined ? "" : (specOf(lease).holderIdentity ?? "");
  };
  const shards = views.map((_, index) => (first + index) % views.length);
  const ours = shards.filter((shard) => holderOf(shard) === situation.identity);
  const [shard, ...surplus] = ours;
  const free = shards.find((each) => {
    const view = views[each];
    return view !== undefined && decideLease({ ...situation, view }).kind !== "wait";
  });
  const holders = [...new Set(views.map((_, each) => holderOf(each)))].filter(
    (holder) => holder !== "" && holder !== situation.identity,
  );
  return { shard: shard ?? free, surplus, holders };
}
