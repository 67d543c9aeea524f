import { expect, test } from "vitest";
import { resource, type } from "../workloads/resource.ts";
import { aWhile, deploy, deployWith, remove } from "../workloads/steps.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { BugScenario } from "./bugScenario.ts";

// Resources that could not be deleted. Each name begins with where the bug was told.

const finished = {
  ...deploy("stateless"),
  until: (view: BugScenario["view"]) => view.status?.jobStatus?.state === "FINISHED",
  thenWaitMs: aWhile,
};

test("FLINK-37766, FKO#1101: a job that ended before it could be cancelled lets its resource go", async () => {
  const story = new BugScenario({ faults: ({ what }) => (/^cancel /.test(what) ? 409 : undefined) });
  await story.tell(deploy("last-state"), remove);
  expect(story.view.leftovers).toEqual([]);
});

test("FLINK-29566, FKO#540: a cancel that fails holds no deletion up", async () => {
  const story = new BugScenario({ faults: ({ what }) => (/^cancel /.test(what) ? 503 : undefined) });
  await story.tell(deploy("last-state"), remove);
  expect(story.view.leftovers).toEqual([]);
});

test("FLINK-31860: in a namespace that goes, where nothing can be created any more, the finalizer goes too", async () => {
  let goes = false;
  const story = new BugScenario({
    faults: ({ what }) => (goes && /^(create|apply) /.test(what) ? 404 : undefined),
  });
  await story.tell(deploy("last-state"), {
    ...remove,
    act: (world) => {
      goes = true;
      remove.act?.(world);
    },
  });
  expect(story.view.resource).toBeUndefined();
});

test("lyft#13: a job that has finished takes no savepoint any more, and its resource is deleted", async () => {
  const story = new BugScenario();
  story.world.program = { ...unboundedProgram, finishesAfterMs: 20_000 };
  const asked = deployWith({ "kubernetes.operator.job.savepoint-on-deletion": "true" }, "last-state");
  await story.tell({ ...asked, until: finished.until, thenWaitMs: aWhile }, remove);
  expect(story.stops).toBe(0);
});

for (const savepointFirst of ["true", "false"])
  test(`lyft#58: a JobManager that never came up lets its resource go (savepoint on deletion: ${savepointFirst})`, async () => {
    const story = new BugScenario();
    story.world.podFailures.inject({ component: "jobmanager" }, { kind: "CrashLoopBackOff" });
    const asked = resource("last-state", { highAvailability: true });
    Object.assign((asked.spec as { flinkConfiguration: object }).flinkConfiguration, {
      "kubernetes.operator.job.savepoint-on-deletion": savepointFirst,
    });
    await story.tell(
      {
        name: "apply a resource whose JobManager crashes",
        act: (world) => world.server.create("user", type, asked),
        until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
        thenWaitMs: aWhile,
      },
      remove,
    );
    expect(story.view.leftovers).toEqual([]);
  });
