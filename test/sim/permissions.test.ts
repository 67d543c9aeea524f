import { expect, test } from "vitest";
import { faultFreeRunOf } from "./families.ts";
import { granted, unseen, used } from "./permissions.ts";
import { workloads } from "./workloads/all.ts";

/** Read only where an answer was lost: in the fault suite's other tests. */
const afterLoss = ["get /events", "get apps/deployments", "get flink.apache.org/flinkstatesnapshots"];

/** Every run of the fault suite has the rights of the chart's role: what it lacks is answered with 403, and fails there. */
test("the operator uses each right of the chart's role, and no other", async () => {
  for (const { name: workload } of workloads) await faultFreeRunOf(workload);
  expect([...used].filter((grant) => !granted.has(grant))).toEqual([]);
  const unused = [...granted].filter(
    (grant) => !used.has(grant) && !unseen.has(grant) && !afterLoss.includes(grant),
  );
  expect(unused).toEqual([]);
});
