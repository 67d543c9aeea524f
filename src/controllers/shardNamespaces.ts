import { shardOf } from "../core/shardOf.ts";
import type { OwnsNamespace } from "./stores.ts";

/** The namespaces of one shard. */
export interface ShardNamespaces {
  /** Called once, before the first question. */
  begin(shard: number): void;
  readonly owns: OwnsNamespace;
}

/** Remembers the answer for each namespace: it is asked for each object that a watch delivers. */
export function createShardNamespaces(shards: number): ShardNamespaces {
  const answers = new Map<string, boolean>();
  let own: number | undefined;
  return {
    begin(shard) {
      own = shard;
    },
    owns(namespace) {
      if (own === undefined) return false;
      const answer = answers.get(namespace) ?? shardOf(namespace, shards) === own;
      answers.set(namespace, answer);
      return answer;
    },
  };
}
