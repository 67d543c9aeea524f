import { expect, test } from "vitest";
import { resource, type } from "../workloads/resource.ts";
import { deploy, deployWith, upgrade, withoutHa } from "../workloads/steps.ts";
import { BugScenario } from "./bugScenario.ts";

// JobManagers that hang, crash or cannot be reached. Each name begins with the report of the bug.

test("FLINK-41311: a JobManager that accepts connections and answers nothing is never reported as ready", async () => {
  const scenario = new BugScenario({ faults: ({ rest }) => (rest === undefined ? undefined : "silent") });
  await scenario.play({
    name: "apply the resource",
    act: (world) => world.server.create("user", type, resource("last-state", { highAvailability: true })),
    thenWaitMs: 10 * 60_000,
  });
  expect(scenario.view.status?.jobManagerDeploymentStatus).not.toBe("READY");
  expect(scenario.view.status?.lifecycleState).not.toBe("STABLE");
});

test("FLINK-41311: a JobManager that was ready and hangs is reported", async () => {
  let hangs = false;
  const scenario = new BugScenario({
    faults: ({ rest }) => (rest !== undefined && hangs ? "silent" : undefined),
  });
  await scenario.play(deploy("last-state"), {
    name: "the JobManager hangs",
    act: () => {
      hangs = true;
    },
    until: (view) => view.status?.jobManagerDeploymentStatus !== "READY",
  });
  expect(scenario.view.status?.jobManagerDeploymentStatus).toBe("DEPLOYED_NOT_READY");
});

test("FLINK-41375: a JobManager that is OOMKilled again and again is reported as an error, in one event and not in one for each back-off", async () => {
  const scenario = new BugScenario();
  scenario.world.podFailures.inject({ component: "jobmanager" }, { kind: "OOMKilled", afterMs: 2_000 });
  await scenario.play({
    name: "apply a resource with too little memory",
    act: (world) => world.server.create("user", type, resource("last-state", { highAvailability: true })),
    until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
    thenWaitMs: 30 * 60_000,
  });
  expect(scenario.view.status?.jobManagerDeploymentStatus).toBe("ERROR");
  expect(scenario.error).toContain("OOMKilled");
  expect(scenario.warnings).toHaveLength(1);
});

test("FKO#1202: a JobManager that cannot be reached is not deleted where its state would go with it", async () => {
  let unreachable = false;
  const scenario = new BugScenario({
    faults: ({ rest }) => (rest !== undefined && unreachable ? "silent" : undefined),
  });
  await scenario.play(deploy("savepoint", withoutHa), {
    ...upgrade,
    act: (world) => {
      unreachable = true;
      upgrade.act?.(world);
    },
    until: () => true,
    thenWaitMs: 15 * 60_000,
  });
  expect(scenario.deployment?.metadata.deletionTimestamp).toBeUndefined();
  expect(scenario.view.job?.working).toBe(true);
  await scenario.play({
    ...upgrade,
    name: "it can be reached again",
    act: () => {
      unreachable = false;
    },
  });
  scenario.expectInvariantsHold();
});

test("FLINK-38077: only a JobManager that is ready gets a request to cancel its job", async () => {
  let hangs = false;
  const requests: string[] = [];
  const scenario = new BugScenario({
    faults: ({ rest, operation }) => {
      if (rest === undefined || !hangs) return undefined;
      requests.push(operation);
      return "silent";
    },
  });
  const jobCancel = { "kubernetes.operator.job.upgrade.last-state.job-cancel.enabled": "true" };
  await scenario.play(
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
      until: () => scenario.starts === 2,
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
  expect(requests).not.toEqual([]);
  expect(requests.filter((operation) => operation.startsWith("cancel"))).toEqual([]);
  scenario.expectInvariantsHold();
});
