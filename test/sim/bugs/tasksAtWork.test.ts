import { expect, test } from "vitest";
import { resource, type } from "../workloads/resource.ts";
import { deploy, isRunning, severalCheckpointsMs, upgrade } from "../workloads/steps.ts";
import { BugScenario } from "./bugScenario.ts";

test("a job that gets no TaskManagers is RUNNING as Flink says, neither STABLE nor Ready, and says what is missing", async () => {
  const scenario = new BugScenario();
  const room = scenario.world.podFailures.inject({ component: "taskmanager" }, { kind: "Unschedulable" });
  await scenario.play({
    name: "apply a resource whose TaskManagers no node takes",
    act: (world) => world.server.create("user", type, resource("last-state", { highAvailability: true })),
    until: (view) => view.status?.jobStatus?.state === "RUNNING",
    thenWaitMs: 5 * 60_000,
  });
  const { status } = scenario.view;
  expect(status).toMatchObject({ lifecycleState: "DEPLOYED", jobStatus: { state: "RUNNING" } });
  expect(status?.reconciliationStatus?.lastStableSpec).toBeUndefined();
  const ready = status?.conditions?.find((condition) => condition.type === "Ready");
  expect(ready).toMatchObject({ status: "False", reason: "TasksStarting" });
  expect(ready?.message).toContain("2 wait for slots");
  expect(ready?.message).toContain("2 TaskManager pods are pending: 0/1 nodes are available");
  await scenario.play({ name: "there is room", act: () => room(), until: isRunning("--edition;1") });
  scenario.expectInvariantsHold();
});

for (const flinkVersion of ["v1_20", "v2_3"] as const)
  test(`a last-state upgrade waits for no lease of the JobManager before (${flinkVersion})`, async () => {
    const scenario = new BugScenario();
    await scenario.play(
      {
        ...deploy("last-state"),
        act: (world) => {
          const asked = resource("last-state", { highAvailability: true });
          const image = flinkVersion === "v1_20" ? "flink:1.20" : "flink:2.3";
          Object.assign(asked.spec as object, { flinkVersion, image });
          world.server.create("user", type, asked);
        },
      },
      { ...upgrade, thenWaitMs: severalCheckpointsMs },
    );
    expect(scenario.world.journal.of("jobmanager-waits")).toEqual([]);
    scenario.expectInvariantsHold();
  });
