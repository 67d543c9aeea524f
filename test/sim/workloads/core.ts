/**
 * One workload for each kind of thing that befalls a job: all their plans are played on every commit. The others are
 * variations; of these it is one plan of sixteen, and each one by `make sim-all`.
 */
export const core: ReadonlySet<string> = new Set([
  "first-deploy",
  "first-deploy-ha",
  "upgrade-stateless",
  "upgrade-savepoint",
  "upgrade-last-state",
  "upgrade-last-state-by-cancel",
  "midway-upgrade-edited-savepoint",
  "suspend-savepoint",
  "suspend-last-state",
  "redeploy-nonce",
  "recovery-from-snapshot-resource",
  "failed-restart",
  "unhealthy-restarts",
  "rollback-interrupted",
  "delete-running",
  "delete-suspended",
  "delete-never-started",
  "delete-with-savepoint",
]);

const oneOf = process.env.SIM_ALL === "true" ? 1 : 16;

/** One of so many plans of a workload is played. */
export const thinning = (workload: string): number => (core.has(workload) ? 1 : oneOf);
