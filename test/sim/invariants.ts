/** What must hold in every run. Violations refer to these names. */
export const invariants: readonly { name: string; description: string }[] = [
  {
    name: "same end state",
    description:
      "at the end, the resource, its status, every object of its cluster, the running job and the savepoints are the same " +
      "as in the fault-free run, except ids, times and addresses",
  },
  {
    name: "never restored from older state",
    description: "no stateful job starts from state older than the newest completed snapshot",
  },
  {
    name: "each action once",
    description:
      "jobs are started, stopped with a savepoint and cancelled, Deployments are created, and savepoints are disposed of, " +
      "as often as in the fault-free run",
  },
  {
    name: "other jobs untouched",
    description:
      "where the user changes one job of a session cluster, the others keep their ids and are neither stopped nor started again",
  },
  { name: "one job at a time", description: "no job starts while another job of the same resource runs" },
  {
    name: "waits for no dead leader",
    description:
      "a JobManager that the operator launches leads at once, and does not wait for the lease of the one before",
  },
  {
    name: "dry run before stop",
    description:
      "a running job is not stopped before the API server has accepted the objects of its successor in a dry run",
  },
  {
    name: "keeps snapshots",
    description:
      "the operator deletes a snapshot only because its FlinkStateSnapshot is being deleted or the history is full, and " +
      "never one that a resource refers to or that is the newest of its job",
  },
  { name: "converges", description: "each step of the user reaches its condition" },
  {
    name: "deletion leaves nothing",
    description:
      "a deletion in the middle of a workload ends, and no object and no running job of what was deleted is left",
  },
  {
    name: "deletion begins nothing",
    description:
      "once the operator has seen the deletion, it creates no object, starts no job and triggers no other savepoint",
  },
  {
    name: "savepoint on deletion",
    description: "a job that ran and is to be deleted with a savepoint ends with one, which still exists",
  },
  {
    name: "bounded reconciles",
    description:
      "the number of reconciles is bounded: by that of the fault-free run, and in every run for each resource and step, and " +
      "per hour at the end, also where a resource stops for good",
  },
  {
    name: "bounded writes",
    description: "the same holds for the number of writes, of statuses and Events in particular",
  },
  {
    name: "events are not repeated",
    description:
      "of each step, what happens to a resource is one Event, Normal or Warning, whatever numbers, ids and times are in its " +
      "message, and its count grows only with what happens to the job or its cluster",
  },
  {
    name: "acts at once",
    description:
      "where nothing is delayed, each edit, nonces included, leads to a first act within 300 ms, and to the first request " +
      "or write of another object within 3.5 s, or the status says what is waited for",
  },
  {
    name: "periodic snapshots on the grid",
    description:
      "each due time of a periodic schedule, an interval or cron, has one snapshot while the job runs; of those that passed " +
      "while it did not run, at most the newest has one",
  },
  {
    name: "disposes once",
    description:
      "each savepoint is disposed of by one request, and none is left behind whose data was to be deleted",
  },
  {
    name: "forgets what is gone",
    description: "when all resources have gone, the operator keeps nothing in memory for them",
  },
  {
    name: "no calls at rest",
    description:
      "after that, the operator writes nothing and does not call the API server until something changes",
  },
  {
    name: "no Warning, no error when healthy",
    description: "where only the operator has faults, no user sees a Warning or an error at any moment",
  },
  {
    name: "suspended not reported as running",
    description: "the status of a suspended job is never RUNNING",
  },
  {
    name: "status matches the job",
    description:
      "a job is reported as RUNNING only after its new JobManager has started it, and a generation as observed only when " +
      "it is deployed, in progress or refused",
  },
  {
    name: "as recorded",
    description:
      "without a fault, each step takes the recorded time, does what is recorded as often as recorded, and writes objects with the " +
      "recorded content (`test/sim/recorded`): what is wrong in that run too is not found by a comparison with it",
  },
  { name: "owners exist", description: "no object has an owner that never existed" },
];
