import { expect, it } from "vitest";
import { shardOf } from "./shardOf.ts";

// `printf %s NAMESPACE | sha256sum | cut -c1-8` is the number in hexadecimal. A change of these is no refactoring: see there.
it.each([
  ["default", 0x37a8eec1, 1, 0, 1],
  ["flink", 0x7f025323, 1, 1, 3],
  ["team-a", 0x96c2886c, 0, 0, 12],
  ["team-b", 0xe618ceaa, 0, 0, 10],
  ["team-c", 0xef804858, 0, 2, 8],
  ["", 0xe3b0c442, 0, 2, 2],
])("%s is always of the same shard", (namespace, hash, ofTwo, ofThree, ofSixteen) => {
  expect([1, 2, 3, 16].map((shards) => shardOf(namespace, shards))).toEqual([0, ofTwo, ofThree, ofSixteen]);
  expect([2, 3, 16].map((shards) => hash % shards)).toEqual([ofTwo, ofThree, ofSixteen]);
});

it("numbered namespaces are spread evenly", () => {
  for (const shards of [2, 3, 4, 16]) {
    const counts = Array.from({ length: shards }, () => 0);
    for (let number = 0; number < 1_600; number++) {
      const shard = shardOf(`team-${number}`, shards);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) {
      expect(count).toBeGreaterThan((0.7 * 1_600) / shards);
      expect(count).toBeLessThan((1.3 * 1_600) / shards);
    }
  }
});
