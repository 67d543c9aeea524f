import { describe, expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Facts, PodFacts } from "../model/facts.ts";
import { anInput, aResource, aSpec, aStatus, flinkFacts, withJobSpec } from "../situation.fixture.ts";

const launched = withJobSpec({ args: ["new"] });
const pod = (more: Partial<PodFacts> = {}): PodFacts => ({
  name: "job-taskmanager-1-1",
  ip: undefined,
  ready: false,
  deleting: false,
  problem: undefined,
  ...more,
});

const seen = (tasks: Record<string, number>, now: number, facts: Partial<Facts> = {}) => {
  const status = aStatus(launched, { job: { state: "RUNNING" }, observedGeneration: 2, run: {} });
  const before = {
    ...status,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastStableSpec: aStatus(aSpec).reconciliationStatus?.lastStableSpec,
    },
  };
  const running = flinkFacts("RUNNING", {
    taskManagers: { at: 1, list: [{ id: "t", slots: 1, freeSlots: 0 }] },
  });
  const flink = { ...running, jobs: running.jobs?.map((job) => ({ ...job, tasks })) ?? [] };
  const { status: after } = decideFlinkDeployment(
    anInput(aResource(launched, before as typeof status), { flink, ...facts }, { now }),
  );
  const ready = after.conditions?.find(({ type }) => type === "Ready");
  return { after, ready };
};

describe("a job that Flink calls RUNNING", () => {
  test("is neither STABLE nor Ready before its tasks run, and has no state", () => {
    const { after, ready } = seen({ scheduled: 2, total: 2 }, 1_000);
    expect(after).toMatchObject({ lifecycleState: "DEPLOYED", jobStatus: { state: "RUNNING" }, run: {} });
    expect(after.run?.stateSince).toBeUndefined();
    expect(ready).toMatchObject({ status: "False", reason: "TasksStarting" });
    expect(ready?.message).toBe("Flink calls the job RUNNING, but its tasks do not run yet.");
  });

  test("is both once they do, and has state from then on", () => {
    const { after, ready } = seen({ running: 2, total: 2 }, 1_000);
    expect(after).toMatchObject({ lifecycleState: "STABLE", run: { stateSince: 1_000 } });
    expect(ready).toMatchObject({ status: "True", reason: "Running" });
  });

  test("says after a while what is missing: slots, and pods that no node takes", () => {
    const why = "0/1 nodes are available: 1 Insufficient memory.";
    const { ready } = seen({ running: 1, scheduled: 1, total: 2 }, 60_000, {
      taskManagerPods: [pod({ unschedulable: why }), pod({ unschedulable: "gone", deleting: true }), pod()],
    });
    expect(ready?.message).toBe(
      "Flink calls the job RUNNING, but its tasks do not run yet. 1 of 2 tasks run, 1 wait for slots; 1 TaskManagers are " +
        `registered, with 1 slots, 0 of them free. 1 TaskManager pod is pending: ${why}`,
    );
  });
});
