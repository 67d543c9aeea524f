import { expect, test } from "vitest";
import { actsOfNewSnapshots } from "./planOfSnapshot.ts";
import { workloadNamed } from "./workloads/all.ts";

test.each([
  ["snapshot-savepoint", 1],
  ["snapshot-checkpoint", 1],
  ["snapshot-of-one-path", 2],
  ["session-snapshot-savepoint", 1],
  ["session-snapshot-checkpoint", 1],
])("%s: each new FlinkStateSnapshot has the acts of its plan", async (name, count) => {
  const compared = await actsOfNewSnapshots(workloadNamed(name));
  expect(compared).toHaveLength(count);
  for (const { planned, acted } of compared) expect(acted).toEqual(planned);
});
