import { expect, test } from "vitest";
import { run } from "./harness.ts";
import { granted, unseen, used } from "./rights.ts";
import { workloads } from "./workloads/all.ts";

/** Rights of what is declared already and not acted on yet. One that is used has to leave this list. */
const awaited = [
  "list flink.apache.org/flinksessionjobs",
  "watch flink.apache.org/flinksessionjobs",
  "patch flink.apache.org/flinksessionjobs",
  "update flink.apache.org/flinksessionjobs/status",
];

/** Read only where an answer was lost: in the fault suite's other tests. */
const afterLoss = ["get /events", "get apps/deployments", "get flink.apache.org/flinkstatesnapshots"];

/** Every run of the fault suite has the rights of the chart's role: what it lacks is answered with 403, and fails there. */
test("the operator uses each right of the chart's role, and no other", async () => {
  for (const { name: workload } of workloads) await run({ workload, seed: 1 });
  expect([...used].filter((grant) => !granted.has(grant))).toEqual([]);
  const unused = [...granted].filter(
    (grant) => !used.has(grant) && !unseen.has(grant) && !afterLoss.includes(grant),
  );
  expect(unused.sort()).toEqual(awaited.sort());
});
