import { expect, test } from "vitest";
import { resource, type } from "../workloads/resource.ts";
import { deploy, deployWith, upgrade, withoutAvailability } from "../workloads/steps.ts";
import { BugScenario } from "./bugScenario.ts";

// JobManagers that stall or fool the operator. Each name begins with where the bug was told.

test("FLINK-41311: a JobManager that takes connections and answers nothing is never called ready", async () => {
  const story = new BugScenario({ faults: ({ rest }) => (rest === undefined ? undefined : "silent") });
  await story.tell({
    name: "apply the resource",
    act: (world) => world.server.create("user", type, resource("last-state", { highAvailability: true })),
    thenWaitMs: 10 * 60_000,
  });
  expect(story.view.status?.jobManagerDeploymentStatus).not.toBe("READY");
  expect(story.view.status?.lifecycleState).not.toBe("STABLE");
});

test("FLINK-41311: one that was ready and hangs is told of", async () => {
  let hangs = false;
  const story = new BugScenario({
    faults: ({ rest }) => (rest !== undefined && hangs ? "silent" : undefined),
  });
  await story.tell(deploy("last-state"), {
    name: "the JobManager hangs",
    act: () => {
      hangs = true;
    },
    until: (view) => view.status?.jobManagerDeploymentStatus !== "READY",
  });
  expect(story.view.status?.jobManagerDeploymentStatus).toBe("DEPLOYED_NOT_READY");
});

test("FLINK-41375: a JobManager that is OOMKilled again and again is in error, in one event and not in one for each back-off", async () => {
  const story = new BugScenario();
  story.world.podFailures.inject({ component: "jobmanager" }, { kind: "OOMKilled", afterMs: 2_000 });
  await story.tell({
    name: "apply a resource with too little memory",
    act: (world) => world.server.create("user", type, resource("last-state", { highAvailability: true })),
    until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
    thenWaitMs: 30 * 60_000,
  });
  expect(story.view.status?.jobManagerDeploymentStatus).toBe("ERROR");
  expect(story.error).toContain("OOMKilled");
  expect(story.warnings).toHaveLength(1);
});

test("FKO#1202: a JobManager that cannot be reached is not deleted where its state would go with it", async () => {
  let unreachable = false;
  const story = new BugScenario({
    faults: ({ rest }) => (rest !== undefined && unreachable ? "silent" : undefined),
  });
  await story.tell(deploy("savepoint", withoutAvailability), {
    ...upgrade,
    act: (world) => {
      unreachable = true;
      upgrade.act?.(world);
    },
    until: () => true,
    thenWaitMs: 15 * 60_000,
  });
  expect(story.deployment?.metadata.deletionTimestamp).toBeUndefined();
  expect(story.view.job?.working).toBe(true);
  await story.tell({
    ...upgrade,
    name: "it can be reached again",
    act: () => {
      unreachable = false;
    },
  });
  story.expectPromisesKept();
});

test("FLINK-38077: only a JobManager that is ready is asked to cancel its job", async () => {
  let hangs = false;
  const asked: string[] = [];
  const story = new BugScenario({
    faults: ({ rest, what }) => {
      if (rest === undefined || !hangs) return undefined;
      asked.push(what);
      return "silent";
    },
  });
  const jobCancel = { "kubernetes.operator.job.upgrade.last-state.job-cancel.enabled": "true" };
  await story.tell(
    deployWith(jobCancel, "last-state"),
    {
      name: "the JobManager hangs",
      act: () => {
        hangs = true;
      },
      until: (view) => view.status?.jobManagerDeploymentStatus !== "READY",
    },
    {
      ...upgrade,
      until: () => story.starts === 2,
      thenWaitMs: 0,
    },
    {
      name: "the new one answers",
      act: () => {
        hangs = false;
      },
      until: upgrade.until ?? (() => false),
    },
  );
  expect(asked).not.toEqual([]);
  expect(asked.filter((what) => what.startsWith("cancel"))).toEqual([]);
  story.expectPromisesKept();
});
