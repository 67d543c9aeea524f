import { expect, test } from "vitest";
import { resource, type } from "../workloads/resource.ts";
import { deploy, deployWith, remove, severalCheckpointsMs } from "../workloads/steps.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { BugScenario } from "./bugScenario.ts";

// Resources that could not be deleted. Each name begins with the report of the bug.

const finished = {
  ...deploy("stateless"),
  until: (view: BugScenario["view"]) => view.status?.jobStatus?.state === "FINISHED",
  thenWaitMs: severalCheckpointsMs,
};

test("FLINK-37766, FKO#1101: a job that ended before it could be cancelled does not block the deletion", async () => {
  const scenario = new BugScenario({
    faults: ({ operation }) => (/^cancel /.test(operation) ? 409 : undefined),
  });
  await scenario.play(deploy("last-state"), remove);
  expect(scenario.view.leftovers).toEqual([]);
});

test("FLINK-29566, FKO#540: a failing cancel does not block the deletion", async () => {
  const scenario = new BugScenario({
    faults: ({ operation }) => (/^cancel /.test(operation) ? 503 : undefined),
  });
  await scenario.play(deploy("last-state"), remove);
  expect(scenario.view.leftovers).toEqual([]);
});

test("FLINK-31860: the finalizer is removed in a terminating namespace, where nothing can be created", async () => {
  let isTerminating = false;
  const scenario = new BugScenario({
    faults: ({ operation }) => (isTerminating && /^(create|apply) /.test(operation) ? 404 : undefined),
  });
  await scenario.play(deploy("last-state"), {
    ...remove,
    act: (world) => {
      isTerminating = true;
      remove.act?.(world);
    },
  });
  expect(scenario.view.resource).toBeUndefined();
});

test("lyft#13: no savepoint is taken of a finished job, and its resource is deleted", async () => {
  const scenario = new BugScenario();
  scenario.world.program = { ...unboundedProgram, finishesAfterMs: 20_000 };
  const deployment = deployWith({ "kubernetes.operator.job.savepoint-on-deletion": "true" }, "last-state");
  await scenario.play({ ...deployment, until: finished.until, thenWaitMs: severalCheckpointsMs }, remove);
  expect(scenario.stops).toBe(0);
});

for (const savepointFirst of ["true", "false"])
  test(`lyft#58: a JobManager that never started does not block the deletion (savepoint on deletion: ${savepointFirst})`, async () => {
    const scenario = new BugScenario();
    scenario.world.podFailures.inject({ component: "jobmanager" }, { kind: "CrashLoopBackOff" });
    const object = resource("last-state", { highAvailability: true });
    Object.assign((object.spec as { flinkConfiguration: object }).flinkConfiguration, {
      "kubernetes.operator.job.savepoint-on-deletion": savepointFirst,
    });
    await scenario.play(
      {
        name: "apply a resource whose JobManager crashes",
        act: (world) => world.server.create("user", type, object),
        until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
        thenWaitMs: severalCheckpointsMs,
      },
      remove,
    );
    expect(scenario.view.leftovers).toEqual([]);
  });
