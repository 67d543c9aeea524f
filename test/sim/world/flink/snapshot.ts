/** A completed checkpoint or savepoint in the file system. */
export interface Snapshot {
  path: string;
  kind: "checkpoint" | "savepoint";
  jobId: string;
  /** The checkpoint id: increases within one job, and continues after the id of a restored snapshot. */
  id: number;
  /** The job's count at that time. */
  count: number;
  completedAt: number;
}
