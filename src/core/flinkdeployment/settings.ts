/** The options that decisions depend on, read once per pass from a resource's observe configuration. */
export interface Settings {
  readonly reconcileIntervalMs: number;
  readonly progressCheckIntervalMs: number;
  /** How long a silent JobManager that was READY is given before it counts as not ready. */
  readonly clientTimeoutMs: number;
  readonly restPort: number;
  readonly highAvailability: boolean;
  readonly recoveryEnabled: boolean;
  readonly lastStateFallback: boolean;
  /** last-state upgrades of a job with HA metadata may cancel the job instead of only deleting its JobManager. */
  readonly jobCancel: boolean;
  /** Checkpoints outlive a cancelled job. */
  readonly checkpointsRetainedOnCancel: boolean;
  readonly savepointDirectory: string | undefined;
  readonly savepointFormat: "CANONICAL" | "NATIVE";
  readonly drainOnSavepoint: boolean;
  /** TaskManagers that the parallelism needs: parallelism / slots, rounded up. */
  readonly taskManagers: number;
  /** For clusterInfo: CPU cores and bytes of memory of the JobManagers and `taskManagers` TaskManagers. */
  totalCpu(taskManagers: number): string;
  totalMemory(taskManagers: number): string;
}
