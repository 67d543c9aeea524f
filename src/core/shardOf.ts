import { createHash } from "node:crypto";

/**
 * The shard that acts for a namespace, of so many, from 0: the first 32 bits of the SHA-256 of its name, modulo their number.
 * It must never change: operators of two versions that divide the namespaces differently would act beside each other.
 */
export const shardOf = (namespace: string, shards: number): number =>
  createHash("sha256").update(namespace).digest().readUInt32BE(0) % shards;
