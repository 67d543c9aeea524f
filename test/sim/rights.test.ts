import { expect, test } from "vitest";
import { type Run, run } from "./harness.ts";
import { crash, plansOf } from "./planKinds.ts";
import { granted, unseen, used } from "./rights.ts";
import { workloads } from "./workloads/all.ts";

const unused = (): string[] => [...granted].filter((grant) => !used.has(grant) && !unseen.has(grant)).sort();

/** Every run of the fault suite has the rights of the chart's role: what it lacks is answered with 403, and fails there. */
test("the operator uses each right of the chart's role, and no other", async () => {
  const undisturbed: Run[] = [];
  for (const { name: workload } of workloads) undisturbed.push(await run({ workload, seed: 1 }));
  // Some things are read only where an answer was lost.
  const disturbed = undisturbed.flatMap((each) => plansOf(crash, each));
  const ofSnapshots = disturbed.filter(({ workload }) => workload.includes("snapshot"));
  for (const plan of [...ofSnapshots, ...disturbed]) {
    if (unused().length === 0) break;
    await run(plan);
  }
  expect([...used].filter((grant) => !granted.has(grant))).toEqual([]);
  expect(unused()).toEqual([]);
});
