import type { Scenario, Step, View } from "../scenario.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { deleteJob, deployCluster, submitJobs } from "./session.ts";
import { healthy, remove, suspend } from "./steps.ts";

const savepointFirst = { "kubernetes.operator.job.savepoint-on-deletion": "true" };

/**
 * One that a JobManager took and forgot when it was started again lies around for good (Flink goes on from its newest
 * checkpoint): what counts is that the job's last run ended with a savepoint, and that this one is still there.
 */
const endedWithSavepoint = ({ world: { journal, storage } }: View): boolean => {
  const started = journal.of("job-started").at(-1)?.index ?? 0;
  const taken = journal.of("savepoint-completed").filter(({ stop, index }) => stop && index > started);
  return taken.length === 1 && storage.snapshots.some(({ path }) => path === taken[0]?.path);
};

const leavesSavepoint: Step = {
  ...remove,
  until: (view) => remove.until?.(view) === true && endedWithSavepoint(view),
};

const deleteOne = deleteJob("one");

export const workloads: readonly Scenario[] = [
  {
    name: "delete-with-savepoint",
    steps: [deployWith("last-state", savepointFirst), leavesSavepoint],
    ...healthy,
  },
  {
    name: "delete-with-savepoint-when-suspended",
    steps: [deployWith("savepoint", savepointFirst), suspend, leavesSavepoint],
    ...healthy,
  },
  {
    name: "delete-with-savepoint-in-the-middle-of-a-stop",
    steps: [
      deployWith("savepoint", savepointFirst),
      {
        name: "change the job's arguments, and do not wait",
        act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
        until: (view) => view.status?.jobStatus?.savepointInfo?.triggerId !== undefined,
      },
      leavesSavepoint,
    ],
    ...healthy,
  },
  {
    name: "session-job-deleted-with-savepoint",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }, savepointFirst),
      {
        ...deleteOne,
        until: (view) => deleteOne.until?.(view) === true && endedWithSavepoint(view),
        // Until the TaskManager that has nothing to do any more is gone, and that is seen.
        thenWaitMs: 90_000,
      },
    ],
    ...healthy,
  },
];
