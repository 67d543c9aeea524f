import { expect, test } from "vitest";
import { type Run, run } from "./harness.ts";
import { crash, plansOf } from "./planKinds.ts";
import { granted, unseen, used } from "./rights.ts";
import { workloads } from "./workloads/all.ts";

/** Rights of what is declared already and not acted on yet. One that is used has to leave this list. */
const awaited = [
  "list flink.apache.org/flinksessionjobs",
  "watch flink.apache.org/flinksessionjobs",
  "patch flink.apache.org/flinksessionjobs",
  "update flink.apache.org/flinksessionjobs/status",
];

const unused = (): string[] => [...granted].filter((grant) => !used.has(grant) && !unseen.has(grant)).sort();

/** Every run of the fault suite has the rights of the chart's role: what it lacks is answered with 403, and fails there. */
test("the operator uses each right of the chart's role, and no other", async () => {
  const undisturbed: Run[] = [];
  for (const { name: workload } of workloads) undisturbed.push(await run({ workload, seed: 1 }));
  // Some things are read only where an answer was lost.
  const disturbed = undisturbed.flatMap((each) => plansOf(crash, each));
  const ofSnapshots = disturbed.filter(({ workload }) => workload.includes("snapshot"));
  for (const plan of [...ofSnapshots, ...disturbed]) {
    if (unused().length <= awaited.length) break;
    await run(plan);
  }
  expect([...used].filter((grant) => !granted.has(grant))).toEqual([]);
  expect(unused()).toEqual(awaited.sort());
});
