import { expect, test } from "vitest";
import { Story } from "./bugs/story.ts";
import { deployCluster, editJob, sessionJobsRun, startsOf, submitJobs } from "./workloads/session.ts";
import { aWhile, healthy } from "./workloads/steps.ts";
import type { Fault } from "./world/network.ts";

const jarURI = "https://jars.example.com/job-2.jar";

/** Upgrades a session job to another jar; the operator meets the fault as it is about to write that it stops the job. */
async function upgradeAndMeet(fault: Fault) {
  let isMet = false;
  const fetched = () => story.world.journal.of("jar-fetched").filter(({ uri }) => uri === jarURI);
  const story: Story = new Story({
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
