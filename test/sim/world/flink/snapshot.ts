/** A completed checkpoint or savepoint, as it lies in the file system. */
export interface Snapshot {
  path: string;
  kind: "checkpoint" | "savepoint";
  jobId: string;
  /** The checkpoint id: rises with time within one job, and goes on where a restored one left off. */
  id: number;
  /** How far the job had come. */
  count: number;
  completedAt: number;
}
