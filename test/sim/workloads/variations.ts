/**
 * Workloads that are variations of others: on every commit one of sixteen of their plans is played, of all others each
 * one. `make sim-all` plays everything.
 */
export const variations: ReadonlySet<string> = new Set([
  "edit-ingress-while-suspended",
  "edit-what-needs-no-restart",
  "delete-with-savepoint-in-the-middle-of-a-stop",
  "delete-with-savepoint-when-suspended",
  "failed-edit",
  "failed-restart-stateless",
  "failed-restart-without-ha",
  "finish-shutdown",
  "healthy-watched",
  "jobmanager-out-of-memory",
  "midway-resume-edited-last-state",
  "midway-resume-suspended-last-state",
  "midway-resume-suspended-savepoint",
  "midway-suspend-resumed-savepoint",
  "midway-suspended-edited-last-state",
  "midway-suspended-edited-savepoint",
  "midway-upgrade-deleted-cancel",
  "midway-upgrade-deleted-last-state",
  "midway-upgrade-deleted-stateless",
  "midway-upgrade-edited-cancel",
  "midway-upgrade-edited-last-state",
  "midway-upgrade-edited-stateless",
  "midway-upgrade-suspended-cancel",
  "midway-upgrade-suspended-savepoint",
  "midway-upgrade-suspended-stateless",
  "rollback-accepted",
  "rollback-failed-job-last-state",
  "rollback-fixed-forward",
  "rollback-no-taskmanagers",
  "rollback-quota",
  "stable-after-checkpoint",
  "suspend-shutdown",
  "unhealthy-progress",
  "upgrade-old-checkpoint",
]);

const oneOf = process.env.SIM_ALL === "true" ? 1 : 16;

/** One of so many plans of a workload is played. */
export const thinning = (workload: string): number => (variations.has(workload) ? oneOf : 1);
