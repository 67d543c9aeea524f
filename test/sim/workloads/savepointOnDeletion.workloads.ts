import type { Scenario, Step, View } from "../scenario.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { deleteJob, deployCluster, submitJobs } from "./session.ts";
import { healthy, isInProgress, remove, suspend } from "./steps.ts";

const savepointOnDeletion = { "kubernetes.operator.job.savepoint-on-deletion": "true" };

/**
 * The last run of the job ended with a savepoint that still exists. A JobManager that restarts loses the savepoints that
 * it took (Flink continues from the newest checkpoint); those are never deleted and are not counted.
 */
const endedWithSavepoint = ({ world: { journal, storage } }: View): boolean => {
  const started = journal.of("job-started").at(-1)?.index ?? 0;
  const taken = journal.of("savepoint-completed").filter(({ stop, index }) => stop && index > started);
  return taken.length === 1 && storage.snapshots.some(({ path }) => path === taken[0]?.path);
};

const deleteWithSavepoint: Step = {
  ...remove,
  until: (view) => remove.until?.(view) === true && endedWithSavepoint(view),
};

/** A job that was taken down by last-state does not run, and needs no savepoint: its newest checkpoint stays. */
const leftCheckpoint = ({ world: { journal, storage } }: View): boolean => {
  const newest = journal.of("checkpoint-completed").at(-1);
  return (
    !journal.of("savepoint-requested").some(({ stop }) => stop) &&
    journal.of("job-ended").length === 0 &&
    storage.snapshots.some(({ path }) => path === newest?.path)
  );
};

const deleteStopped: Step = {
  ...remove,
  until: (view) => remove.until?.(view) === true && (endedWithSavepoint(view) || leftCheckpoint(view)),
};

const deleteOne = deleteJob("one");

export const workloads: readonly Scenario[] = [
  {
    name: "delete-with-savepoint",
    steps: [deployWith("last-state", savepointOnDeletion), deleteWithSavepoint],
    ...healthy,
  },
  {
    name: "delete-with-savepoint-when-suspended",
    steps: [deployWith("savepoint", savepointOnDeletion), suspend, deleteStopped],
    ...healthy,
  },
  {
    name: "delete-with-savepoint-in-the-middle-of-a-stop",
    steps: [
      deployWith("savepoint", savepointOnDeletion),
      {
        name: "change the job's arguments, without waiting",
        act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
        until: isInProgress,
      },
      deleteStopped,
    ],
    ...healthy,
  },
  {
    name: "session-job-deleted-with-savepoint",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint" }, savepointOnDeletion),
      {
        ...deleteOne,
        until: (view) => deleteOne.until?.(view) === true && endedWithSavepoint(view),
        // Until the idle TaskManager has ended and the operator has observed that.
        thenWaitMs: 90_000,
      },
    ],
    ...healthy,
  },
];
