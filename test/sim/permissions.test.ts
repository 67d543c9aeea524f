import { expect, test } from "vitest";
import { faultFreeRunOf } from "./families.ts";
import { granted, notExercised, used } from "./permissions.ts";
import { workloads } from "./workloads/all.ts";

/** The operator reads these only after a lost response, which happens in other tests of the fault suite. */
const usedAfterLostResponse = [
  "get /events",
  "get apps/deployments",
  "get flink.apache.org/flinkstatesnapshots",
];

/** Every run of the fault suite has the permissions of the chart's role: a missing one is answered with 403, and the run fails. */
test("the operator uses each permission of the chart's role, and no other", async () => {
  for (const { name: workload } of workloads) await faultFreeRunOf(workload);
  expect([...used].filter((grant) => !granted.has(grant))).toEqual([]);
  const unused = [...granted].filter(
    (grant) => !used.has(grant) && !notExercised.has(grant) && !usedAfterLostResponse.includes(grant),
  );
  expect(unused).toEqual([]);
});
