import { expect, test } from "vitest";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { edit, resource, type } from "../workloads/resource.ts";
import {
  deploy,
  deployWith,
  isRunning,
  resume,
  severalCheckpointsMs,
  suspend,
  upgrade,
  withoutHa,
} from "../workloads/steps.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace } from "../world/world.ts";
import { BugScenario } from "./bugScenario.ts";

// State that was lost, or could not be restored. Each name begins with the report of the bug.

test("FLINK-30527: the Flink version of a job suspended by last-state cannot change, and the job resumes with its state once the change is reverted", async () => {
  const scenario = new BugScenario();
  await scenario.play(deploy("last-state"), suspend, {
    name: "resume with another Flink version",
    act: (world) => edit(world, { flinkVersion: "v2_0", image: "flink:2.0", job: { state: "running" } }),
    until: () => scenario.error.includes("spec.flinkVersion"),
    thenWaitMs: severalCheckpointsMs,
  });
  expect(scenario.error).toMatch(/cannot change from v1_20 to v2_0 while the job is suspended by last-state/);
  expect(scenario.starts).toBe(1);
  await scenario.play({
    name: "revert the version",
    act: (world) => edit(world, { flinkVersion: "v1_20", image: "flink:1.20" }),
    until: isRunning("--edition;1"),
  });
  scenario.expectInvariantsHold();
});

for (const mode of ["savepoint", "last-state"] as const)
  test(`FLINK-35857, FKO#855: a failed job is restarted from its newest checkpoint (${mode})`, async () => {
    const scenario = new BugScenario();
    await scenario.play(deployWith({ "kubernetes.operator.job.restart.failed": "true" }, mode), {
      name: "the job fails for good",
      act: () => scenario.view.job?.fail("java.lang.IllegalStateException: the disk is full"),
      until: (view) => scenario.starts > 1 && isRunning("--edition;1")(view),
    });
    expect(scenario.world.journal.of("job-started").at(-1)?.restored.count).toBeGreaterThan(0);
    scenario.expectInvariantsHold();
  });

test("FLINK-39270: responses of JobManagers at or after the deadline cause no loss of state", async () => {
  const scenario = new BugScenario({
    faults: ({ rest }) => (rest === undefined ? undefined : rest % 3 === 0 ? "overdue" : "slow"),
  });
  await scenario.play(deploy("last-state"), upgrade);
  expect(scenario.starts).toBe(2);
  scenario.expectInvariantsHold();
});

test("FLINK-38033, FKO#987: the savepoint of a suspension is kept, whatever the limits of age and count", async () => {
  const few = {
    "kubernetes.operator.savepoint.history.max.count": "1",
    "kubernetes.operator.savepoint.history.max.age": "1 min",
  };
  const scenario = new BugScenario();
  await scenario.play(deployWith(few, "savepoint"), upgrade, suspend);
  await scenario.world.clock.runFor(20 * 60_000);
  await scenario.play({ ...resume, until: isRunning("--edition;2") });
  scenario.expectInvariantsHold();
});

test("FLINK-39043: a finished batch job takes the next spec", async () => {
  const scenario = new BugScenario();
  scenario.world.program = { ...unboundedProgram, finishesAfterMs: 20_000 };
  await scenario.play(
    {
      ...deploy("stateless"),
      until: (view) => view.status?.jobStatus?.state === "FINISHED",
      thenWaitMs: severalCheckpointsMs,
    },
    {
      ...upgrade,
      act: (world) => {
        world.program = unboundedProgram;
        upgrade.act?.(world);
      },
    },
  );
  expect(scenario.starts).toBe(2);
});

const loseHaMetadata = (scenario: BugScenario) => ({
  name: "delete the HA ConfigMaps by hand",
  act: () => {
    for (const { metadata } of scenario.haConfigMaps)
      scenario.world.server.delete("user", resourceTypes.configMap, namespace, metadata.name);
  },
  thenWaitMs: severalCheckpointsMs,
});

const resumeWithoutState = (scenario: BugScenario) => ({
  ...resume,
  until: () => scenario.error.includes("Manual restore required."),
  thenWaitMs: 5 * 60_000,
});

test("FKO#212 (FLINK-27572): without HA metadata nothing is launched by last-state, and a manual restore is required", async () => {
  const scenario = new BugScenario();
  await scenario.play(deploy("last-state"), suspend, loseHaMetadata(scenario), resumeWithoutState(scenario));
  expect(scenario.starts).toBe(1);
  expect(scenario.deployment).toBeUndefined();
});

test("FKO#464 (FLINK-30268): a job is restored from HA metadata that reappears", async () => {
  const scenario = new BugScenario();
  await scenario.play(deploy("last-state"), suspend);
  const saved = scenario.haConfigMaps;
  await scenario.play(loseHaMetadata(scenario), resumeWithoutState(scenario), {
    name: "the ConfigMaps are restored",
    act: (world) => {
      for (const { metadata, data } of saved) {
        const { name, labels, annotations } = metadata;
        const copy = { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) };
        world.server.create("user", resourceTypes.configMap, { metadata: copy, data });
      }
    },
    until: isRunning("--edition;1"),
  });
  scenario.expectInvariantsHold();
});

test("FKO#223: high availability is switched on and off again, and the state is kept", async () => {
  const scenario = new BugScenario();
  const switched = (on: boolean, edition: string) => ({
    name: `high availability ${on ? "on" : "off"}`,
    act: () =>
      edit(scenario.world, {
        flinkConfiguration: {
          "high-availability.type": on ? "kubernetes" : null,
          "high-availability.storageDir": on ? "file:///data/ha" : null,
        },
        job: { args: ["--edition", edition] },
      }),
    until: isRunning(`--edition;${edition}`),
    thenWaitMs: severalCheckpointsMs,
  });
  await scenario.play(
    deploy("last-state", withoutHa),
    switched(true, "2"),
    switched(false, "3"),
    switched(true, "4"),
  );
  expect(scenario.starts).toBe(4);
  scenario.expectInvariantsHold();
});

test("FKO#356 (FLINK-29100): a first deployment that never came up is replaced by the next spec, without manual steps", async () => {
  const scenario = new BugScenario();
  const fixImage = scenario.world.podFailures.inject(
    { component: "jobmanager" },
    { kind: "ImagePullBackOff" },
  );
  await scenario.play(
    {
      name: "apply a resource that cannot come up",
      act: (world) => world.server.create("user", type, resource("last-state", { highAvailability: true })),
      until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
      thenWaitMs: severalCheckpointsMs,
    },
    {
      ...upgrade,
      act: (world) => {
        fixImage();
        upgrade.act?.(world);
      },
    },
  );
  scenario.expectInvariantsHold();
});

const loseDeployment = (scenario: BugScenario) => ({
  name: "delete the JobManager's Deployment by hand",
  act: () => scenario.world.server.delete("user", resourceTypes.deployment, namespace, "sample"),
  until: (view: BugScenario["view"]) => scenario.starts > 1 && isRunning("--edition;1")(view),
  thenWaitMs: severalCheckpointsMs,
});

test("FKO#465 (FLINK-30266): a last-state job that has no checkpoint yet is started again when its JobManager is lost", async () => {
  const scenario = new BugScenario();
  await scenario.play(
    deployWith({ "execution.checkpointing.interval": "10 h" }, "last-state"),
    loseDeployment(scenario),
  );
  expect(scenario.starts).toBe(2);
});

test("FKO#541 (FLINK-31277): a lost stateless job is started again, without HA metadata", async () => {
  const scenario = new BugScenario();
  await scenario.play(deploy("stateless", withoutHa), loseDeployment(scenario));
  expect(scenario.starts).toBe(2);
});

test("FKO#557 (FLINK-31630): a last-state upgrade does not go back to a checkpoint that is too old, but takes a savepoint", async () => {
  const scenario = new BugScenario();
  const rare = {
    "execution.checkpointing.interval": "30 min",
    "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age": "1 min",
  };
  await scenario.play({ ...deployWith(rare, "last-state"), thenWaitMs: 40 * 60_000 }, upgrade);
  expect(scenario.stops).toBe(1);
  expect(scenario.world.journal.of("job-started").at(-1)?.restored.by).toBe("savepoint-path");
  scenario.expectInvariantsHold();
});
