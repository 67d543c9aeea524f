import type { FlinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { resource } from "./resource.ts";
import { deployCluster, editJob, sessionJobsRun, submitJobs } from "./session.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

/** Changes in place of jobs that share a JobManager. */

const highAvailability = { highAvailability: true };
const { flinkConfiguration } = resource("stateless", highAvailability).spec as FlinkDeploymentSpec;
const deployAdaptive = deployCluster(highAvailability, {
  flinkConfiguration: { ...flinkConfiguration, "jobmanager.scheduler": "adaptive" },
});

/** Each with its own parallelism. */
const runWith =
  (one: number, two: number) =>
  (view: View): boolean =>
    sessionJobsRun({ name: "one", edition: "1" }, { name: "two", edition: "1" })(view) &&
    (
      [
        ["one", one],
        ["two", two],
      ] as const
    ).every(
      ([name, parallelism]) =>
        view.sessionJobParallelism(name) === parallelism &&
        view.sessionJob(name)?.status?.rescale === undefined,
    );

const change = (one: number, two: number): Step => ({
  name: `change the parallelism of one to ${one}, and of two to ${two}`,
  act(world) {
    editJob(world, "one", { job: { parallelism: one } });
    editJob(world, "two", { job: { parallelism: two } });
  },
  until: runWith(one, two),
  thenWaitMs: severalCheckpointsMs,
});

const jobs = submitJobs({ one: "savepoint", two: "last-state" });

export const workloads: readonly Scenario[] = [
  {
    name: "rescale-session-job",
    steps: [deployAdaptive, jobs, change(3, 1), change(2, 1)],
    ...healthy,
    untouched: ["two"],
  },
  { name: "rescale-session-jobs", steps: [deployAdaptive, jobs, change(3, 2)], ...healthy },
];
