/** What a run may never break, in the words that violations use. */
export const invariants: readonly { promise: string; meaning: string }[] = [
  {
    promise: "ends as fault-free",
    meaning:
      "the resource, its status, every object of its cluster, the running job and the savepoints are in the end what they " +
      "are when nothing goes wrong; ids, times and addresses aside",
  },
  {
    promise: "never from older state",
    meaning: "no stateful job starts from less than the newest snapshot that was ever completed",
  },
  {
    promise: "each act once",
    meaning:
      "jobs are started, stopped with a savepoint and cancelled, and Deployments created, as often as when nothing goes wrong",
  },
  { promise: "one job at a time", meaning: "no job starts while another one of the same resource runs" },
  {
    promise: "waits for no dead leader",
    meaning:
      "a JobManager that the operator launches leads at once, and does not wait for the lease of the one before",
  },
  {
    promise: "judged before touched",
    meaning: "a running job is not touched before the API server has judged the objects of its successor",
  },
  {
    promise: "keeps snapshots",
    meaning:
      "the operator deletes only what a FlinkStateSnapshot that is being deleted, or a history that became too long, lets go, " +
      "and nothing that a resource names or that is a job's newest",
  },
  { promise: "converges", meaning: "each step of the user comes to its end" },
  {
    promise: "few passes",
    meaning: "within a bounded number of decisions",
  },
  { promise: "few writes", meaning: "and of writes" },
  {
    promise: "silent at rest",
    meaning:
      "afterwards nothing is written, and the API server is asked for nothing, until something changes",
  },
  {
    promise: "no Warning, no error when healthy",
    meaning: "where only the operator itself was faulty, no user sees a Warning or an error at any moment",
  },
  { promise: "suspended stands still", meaning: "what is suspended is never said to run" },
  {
    promise: "says what runs",
    meaning:
      "a job is said to run only once its new JobManager has started it, and a generation to be observed only where " +
      "it is deployed, begun or refused",
  },
  { promise: "owners exist", meaning: "no object is owned by what never was" },
];
