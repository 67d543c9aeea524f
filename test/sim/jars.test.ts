import { expect, test } from "vitest";
import { ArtifactError } from "../../src/flink/artifacts/api.ts";
import { BugScenario } from "./bugs/bugScenario.ts";
import { deployCluster, editJob, sessionJobsRun, startsOf, submitJobs } from "./workloads/session.ts";
import { aWhile, healthy } from "./workloads/steps.ts";
import type { Fault } from "./world/network.ts";

const jarURI = "https://jars.example.com/job-2.jar";

/** Upgrades a session job to another jar; the operator meets the fault as it is about to write that it stops the job. */
async function upgradeAndMeet(fault: Fault) {
  let isMet = false;
  const fetched = () => story.world.journal.of("jar-fetched").filter(({ uri }) => uri === jarURI);
  const story: BugScenario = new BugScenario({
    faults: ({ write }) => {
      if (write === undefined || isMet || fetched().length === 0) return undefined;
      isMet = true;
      return fault;
    },
  });
  await story.tell(deployCluster(), submitJobs({ one: "savepoint" }), {
    name: "change the jar of one",
    act: (world) => editJob(world, "one", { job: { jarURI, args: ["--edition", "2"] } }),
    until: (view) => sessionJobsRun({ name: "one", edition: "2" })(view) && startsOf(view, "one") >= 2,
    thenWaitMs: aWhile,
  });
  story.expectPromisesKept(healthy);
  const savepoints = story.count(({ event }) => event === "savepoint-completed");
  const fetchedBy = fetched().map(({ actor }) => actor);
  return { stops: story.stops, starts: story.starts, savepoints, fetchedBy };
}

test.each([
  ["between the fetch of the new jar and the stop", "crash-before"],
  ["once it is written that the job stops for it", "crash-after"],
] as const)("killed %s, the operator fetches the jar again and stops the job once", async (_, fault) => {
  expect(await upgradeAndMeet(fault)).toEqual({
    stops: 1,
    savepoints: 1,
    starts: 2,
    // To know that it can be had, again by the successor, and to be submitted.
    fetchedBy: ["operator#1", "operator#2", "operator#2"],
  });
});

test("a jar that is another one by the time it is submitted is refused, and the job's state waits for the right one", async () => {
  const story = new BugScenario();
  const refusal = `spec.job.jarURI ${jarURI} has another SHA-256 checksum`;
  const hasStopped = () => story.world.journal.of("savepoint-completed").some(({ stop }) => stop);
  const one = () => story.view.sessionJob("one")?.status;
  story.world.jarRefused = (uri) =>
    uri === jarURI && hasStopped() ? new ArtifactError("wrong-checksum", refusal) : undefined;
  await story.tell(deployCluster(), submitJobs({ one: "savepoint" }), {
    name: "change the jar of one",
    act: (world) => editJob(world, "one", { job: { jarURI, args: ["--edition", "2"] } }),
    until: () => one()?.error?.includes(refusal) === true,
    thenWaitMs: 5 * 60_000,
  });
  expect(JSON.parse(one()?.error ?? "{}").message).toBe(`The job cannot be submitted: ${refusal}`);
  const [savepoint] = story.world.journal.of("savepoint-completed");
  expect(one()?.jobStatus?.upgradeSavepointPath).toBe(savepoint?.path);
  expect(story.starts).toBe(1);
  await story.tell({
    name: "the right jar is there",
    act: (world) => {
      world.jarRefused = () => undefined;
    },
    until: sessionJobsRun({ name: "one", edition: "2" }),
  });
  expect(story.world.journal.of("job-started").at(-1)?.restored.from).toBe(savepoint?.path);
  expect(story.stops).toBe(1);
  story.expectPromisesKept({ ...healthy, healthy: false });
});
