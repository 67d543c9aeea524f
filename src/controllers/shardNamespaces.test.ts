import { expect, it } from "vitest";
import { createShardNamespaces } from "./shardNamespaces.ts";

const names = Array.from({ length: 50 }, (_, number) => `team-${number}`);

it("each namespace is of one shard, again and again", () => {
  const shards = [0, 1, 2].map((shard) => {
    const namespaces = createShardNamespaces(3);
    namespaces.begin(shard);
    return namespaces;
  });
  for (const name of [...names, ...names]) expect(shards.filter(({ owns }) => owns(name))).toHaveLength(1);
});

it("is of none before it is known which shard it is", () => {
  const namespaces = createShardNamespaces(2);
  expect(names.filter(namespaces.owns)).toEqual([]);
  namespaces.begin(1);
  expect(names.filter(namespaces.owns).length).toBeGreaterThan(10);
});
