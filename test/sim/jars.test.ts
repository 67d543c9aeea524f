import { expect, test } from "vitest";
import { ArtifactError } from "../../src/flink/artifacts/api.ts";
import { BugScenario } from "./bugs/bugScenario.ts";
import { deployCluster, editJob, sessionJobsRun, startsOf, submitJobs } from "./workloads/session.ts";
import { healthy, severalCheckpointsMs } from "./workloads/steps.ts";
import type { Fault } from "./world/network.ts";

const jarURI = "https://jars.example.com/job-2.jar";

/** Upgrades a session job to another jar; the fault hits the write that records the stop of the job. */
async function upgradeWithFault(fault: Fault) {
  let isInjected = false;
  const fetched = () => scenario.world.journal.of("jar-fetched").filter(({ uri }) => uri === jarURI);
  const scenario: BugScenario = new BugScenario({
    faults: ({ write }) => {
      if (write === undefined || isInjected || fetched().length === 0) return undefined;
      isInjected = true;
      return fault;
    },
  });
  await scenario.play(deployCluster(), submitJobs({ one: "savepoint" }), {
    name: "change the jar of one",
    act: (world) => editJob(world, "one", { job: { jarURI, args: ["--edition", "2"] } }),
    until: (view) => sessionJobsRun({ name: "one", edition: "2" })(view) && startsOf(view, "one") >= 2,
    thenWaitMs: severalCheckpointsMs,
  });
  scenario.expectInvariantsHold(healthy);
  const savepoints = scenario.count(({ event }) => event === "savepoint-completed");
  const fetchedBy = fetched().map(({ actor }) => actor);
  return { stops: scenario.stops, starts: scenario.starts, savepoints, fetchedBy };
}

test.each([
  ["between the fetch of the new jar and the stop", "crash-before"],
  ["after the stop of the job is recorded", "crash-after"],
] as const)("killed %s, the operator fetches the jar again and stops the job once", async (_, fault) => {
  expect(await upgradeWithFault(fault)).toEqual({
    stops: 1,
    savepoints: 1,
    starts: 2,
    // To check that it is available, the same by the successor, and to submit it.
    fetchedBy: ["operator#1", "operator#2", "operator#2"],
  });
});

test("a jar that has changed when it is submitted is refused, and the job's savepoint is kept for the right one", async () => {
  const scenario = new BugScenario();
  const refusal = `spec.job.jarURI ${jarURI} has another SHA-256 checksum`;
  const hasStopped = () => scenario.world.journal.of("savepoint-completed").some(({ stop }) => stop);
  const one = () => scenario.view.sessionJob("one")?.status;
  scenario.world.jarError = (uri) =>
    uri === jarURI && hasStopped() ? new ArtifactError("wrong-checksum", refusal) : undefined;
  await scenario.play(deployCluster(), submitJobs({ one: "savepoint" }), {
    name: "change the jar of one",
    act: (world) => editJob(world, "one", { job: { jarURI, args: ["--edition", "2"] } }),
    until: () => one()?.error?.includes(refusal) === true,
    thenWaitMs: 5 * 60_000,
  });
  expect(JSON.parse(one()?.error ?? "{}").message).toBe(`The job cannot be submitted: ${refusal}`);
  const [savepoint] = scenario.world.journal.of("savepoint-completed");
  expect(one()?.jobStatus?.upgradeSavepointPath).toBe(savepoint?.path);
  expect(scenario.starts).toBe(1);
  await scenario.play({
    name: "the right jar is available",
    act: (world) => {
      world.jarError = () => undefined;
    },
    until: sessionJobsRun({ name: "one", edition: "2" }),
  });
  expect(scenario.world.journal.of("job-started").at(-1)?.restored.from).toBe(savepoint?.path);
  expect(scenario.stops).toBe(1);
  scenario.expectInvariantsHold({ ...healthy, healthy: false });
});
