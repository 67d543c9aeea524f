import { expect, test } from "vitest";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { edit, resource, type } from "../workloads/resource.ts";
import {
  aWhile,
  deploy,
  deployWith,
  isRunning,
  resume,
  suspend,
  upgrade,
  withoutAvailability,
} from "../workloads/steps.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { namespace } from "../world/world.ts";
import { BugScenario } from "./bugScenario.ts";

// State that was lost, or could not be restored. Each name begins with where the bug was told.

test("FLINK-30527: a job suspended by last-state takes no other Flink version, and resumes with its state once that is taken back", async () => {
  const story = new BugScenario();
  await story.tell(deploy("last-state"), suspend, {
    name: "resume with another Flink version",
    act: (world) => edit(world, { flinkVersion: "v2_0", image: "flink:2.0", job: { state: "running" } }),
    until: () => story.error.includes("spec.flinkVersion"),
    thenWaitMs: aWhile,
  });
  expect(story.error).toMatch(/cannot change from v1_20 to v2_0 while the job is suspended by last-state/);
  expect(story.starts).toBe(1);
  await story.tell({
    name: "take the version back",
    act: (world) => edit(world, { flinkVersion: "v1_20", image: "flink:1.20" }),
    until: isRunning("--edition;1"),
  });
  story.expectPromisesKept();
});

for (const mode of ["savepoint", "last-state"] as const)
  test(`FLINK-35857, FKO#855: a failed job is restarted from its newest checkpoint (${mode})`, async () => {
    const story = new BugScenario();
    await story.tell(deployWith({ "kubernetes.operator.job.restart.failed": "true" }, mode), {
      name: "the job fails for good",
      act: () => story.view.job?.fail("java.lang.IllegalStateException: the disk is full"),
      until: (view) => story.starts > 1 && isRunning("--edition;1")(view),
    });
    expect(story.world.journal.of("job-started").at(-1)?.restored.count).toBeGreaterThan(0);
    story.expectPromisesKept();
  });

test("FLINK-39270: JobManagers that answer at the last moment, and late, cost no state", async () => {
  const story = new BugScenario({
    faults: ({ rest }) => (rest === undefined ? undefined : rest % 3 === 0 ? "overdue" : "slow"),
  });
  await story.tell(deploy("last-state"), upgrade);
  expect(story.starts).toBe(2);
  story.expectPromisesKept();
});

test("FLINK-38033, FKO#987: the savepoint of a suspension stays, however old it grows and however few are to be kept", async () => {
  const few = {
    "kubernetes.operator.savepoint.history.max.count": "1",
    "kubernetes.operator.savepoint.history.max.age": "1 min",
  };
  const story = new BugScenario();
  await story.tell(deployWith(few, "savepoint"), upgrade, suspend);
  await story.world.clock.runFor(20 * 60_000);
  await story.tell({ ...resume, until: isRunning("--edition;2") });
  story.expectPromisesKept();
});

test("FLINK-39043: a finished batch job takes the next spec", async () => {
  const story = new BugScenario();
  story.world.program = { ...unboundedProgram, finishesAfterMs: 20_000 };
  await story.tell(
    {
      ...deploy("stateless"),
      until: (view) => view.status?.jobStatus?.state === "FINISHED",
      thenWaitMs: aWhile,
    },
    {
      ...upgrade,
      act: (world) => {
        world.program = unboundedProgram;
        upgrade.act?.(world);
      },
    },
  );
  expect(story.starts).toBe(2);
});

const loseHaMetadata = (story: BugScenario) => ({
  name: "somebody deletes the HA ConfigMaps",
  act: () => {
    for (const { metadata } of story.haConfigMaps)
      story.world.server.delete("user", resourceTypes.configMap, namespace, metadata.name);
  },
  thenWaitMs: aWhile,
});

const resumeInVain = (story: BugScenario) => ({
  ...resume,
  until: () => story.error.includes("Manual restore required."),
  thenWaitMs: 5 * 60_000,
});

test("FKO#212 (FLINK-27572): without HA metadata nothing is launched by last-state, and a person is asked for", async () => {
  const story = new BugScenario();
  await story.tell(deploy("last-state"), suspend, loseHaMetadata(story), resumeInVain(story));
  expect(story.starts).toBe(1);
  expect(story.deployment).toBeUndefined();
});

test("FKO#464 (FLINK-30268): HA metadata that comes back is gone on from", async () => {
  const story = new BugScenario();
  await story.tell(deploy("last-state"), suspend);
  const kept = story.haConfigMaps;
  await story.tell(loseHaMetadata(story), resumeInVain(story), {
    name: "the ConfigMaps are put back",
    act: (world) => {
      for (const { metadata, data } of kept) {
        const { name, labels, annotations } = metadata;
        const copy = { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) };
        world.server.create("user", resourceTypes.configMap, { metadata: copy, data });
      }
    },
    until: isRunning("--edition;1"),
  });
  story.expectPromisesKept();
});

test("FKO#223: high availability is switched on and off again, and the state goes along", async () => {
  const story = new BugScenario();
  const switched = (on: boolean, edition: string) => ({
    name: `high availability ${on ? "on" : "off"}`,
    act: () =>
      edit(story.world, {
        flinkConfiguration: {
          "high-availability.type": on ? "kubernetes" : null,
          "high-availability.storageDir": on ? "file:///data/ha" : null,
        },
        job: { args: ["--edition", edition] },
      }),
    until: isRunning(`--edition;${edition}`),
    thenWaitMs: aWhile,
  });
  await story.tell(
    deploy("last-state", withoutAvailability),
    switched(true, "2"),
    switched(false, "3"),
    switched(true, "4"),
  );
  expect(story.starts).toBe(4);
  story.expectPromisesKept();
});

test("FKO#356 (FLINK-29100): a first deployment that never came up is replaced by the next spec, without a person", async () => {
  const story = new BugScenario();
  const mend = story.world.podFailures.inject({ component: "jobmanager" }, { kind: "ImagePullBackOff" });
  await story.tell(
    {
      name: "apply a resource that cannot come up",
      act: (world) => world.server.create("user", type, resource("last-state", { highAvailability: true })),
      until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
      thenWaitMs: aWhile,
    },
    {
      ...upgrade,
      act: (world) => {
        mend();
        upgrade.act?.(world);
      },
    },
  );
  story.expectPromisesKept();
});

const loseDeployment = (story: BugScenario) => ({
  name: "somebody deletes the JobManager's Deployment",
  act: () => story.world.server.delete("user", resourceTypes.deployment, namespace, "sample"),
  until: (view: BugScenario["view"]) => story.starts > 1 && isRunning("--edition;1")(view),
  thenWaitMs: aWhile,
});

test("FKO#465 (FLINK-30266): a last-state job that has no checkpoint yet is brought back when its JobManager is lost", async () => {
  const story = new BugScenario();
  await story.tell(
    deployWith({ "execution.checkpointing.interval": "10 h" }, "last-state"),
    loseDeployment(story),
  );
  expect(story.starts).toBe(2);
});

test("FKO#541 (FLINK-31277): a lost stateless job is brought back, though there is no HA metadata", async () => {
  const story = new BugScenario();
  await story.tell(deploy("stateless", withoutAvailability), loseDeployment(story));
  expect(story.starts).toBe(2);
});

test("FKO#557 (FLINK-31630): a last-state upgrade does not go back to a checkpoint that is too old, but takes a savepoint", async () => {
  const story = new BugScenario();
  const rare = {
    "execution.checkpointing.interval": "30 min",
    "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age": "1 min",
  };
  await story.tell({ ...deployWith(rare, "last-state"), thenWaitMs: 40 * 60_000 }, upgrade);
  expect(story.stops).toBe(1);
  expect(story.world.journal.of("job-started").at(-1)?.restored.by).toBe("savepoint-path");
  story.expectPromisesKept();
});
