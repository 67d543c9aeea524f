import { shardOf } from "../core/shardOf.ts";
import { createRecentMap } from "../runtime/recentMap.ts";
import type { OwnsNamespace } from "./stores.ts";

/** How many answers are remembered. */
const maxAnswers = 10_000;

/** The namespaces of one shard. */
export interface ShardNamespaces {
  /** Called once, before the first question. */
  begin(shard: number): void;
  readonly owns: OwnsNamespace;
}

/** Remembers the answer for each namespace: it is asked for each object that a watch delivers. */
export function createShardNamespaces(shards: number): ShardNamespaces {
  const answers = createRecentMap<boolean>(maxAnswers);
  let own: number | undefined;
  return {
    begin(shard) {
      own = shard;
    },
    owns(namespace) {
      if (own === undefined) return false;
      const known = answers.get(namespace);
      if (known !== undefined) return known;
      const answer = shardOf(namespace, shards) === own;
      answers.set(namespace, answer);
      return answer;
    },
  };
}
