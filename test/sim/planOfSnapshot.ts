import { resourceTypes } from "../../src/api/kubernetes.ts";
import { asFlinkStateSnapshot } from "../../src/api/v1beta1/flinkstatesnapshot.ts";
import { readNamespace } from "../../src/controllers/gatherOnce.ts";
import { gatherSnapshotOnce } from "../../src/controllers/gatherSnapshotOnce.ts";
import type { Plan } from "../../src/core/plan/plan.ts";
import { planOfSnapshot } from "../../src/core/plan/snapshot/plan.ts";
import { OperatorProcess } from "./operatorProcess.ts";
import type { Scenario } from "./scenario.ts";
import { readerOf, waitForStep } from "./seenStarts.ts";
import { namespace, World } from "./world/world.ts";

/** Of the FlinkStateSnapshot that a step has just created, which has no status yet. */
export async function planOfNewSnapshot(world: World): Promise<Plan | undefined> {
  const created = world.server
    .list(resourceTypes.flinkStateSnapshot, { namespace })
    .find(({ status }) => status === undefined);
  if (created === undefined) return undefined;
  const reader = readerOf(world);
  const view = await readNamespace(reader, namespace);
  const { start } = await gatherSnapshotOnce(reader, view, asFlinkStateSnapshot(created));
  return planOfSnapshot(start);
}

/** The acts by the plan of each FlinkStateSnapshot that a workload creates, and those that followed. */
export const actsOfNewSnapshots = async (workload: Scenario) => {
  const world = new World({ seed: 1 });
  new OperatorProcess(world, 1, 1, () => {});
  const compared: { planned: readonly string[]; acted: readonly string[] }[] = [];
  for (const step of workload.steps) {
    const from = world.journal.entries.length;
    step.act?.(world);
    const plan = await world.run(planOfNewSnapshot(world));
    await waitForStep(step, world);
    if (plan === undefined) continue;
    const acted = world.journal.entries.slice(from).flatMap(({ event }) => requests[event] ?? []);
    compared.push({ planned: plan.steps.map(({ what }) => what), acted });
  }
  return compared;
};

const requests: Readonly<Record<string, string>> = {
  "savepoint-requested": "take savepoint",
  "checkpoint-triggered": "take checkpoint",
};
