/**
 * One workload for each kind of event in the life of a job. The others are variations of these, and their plans run less
 * often (test/sim/turns.ts).
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
  "blue-green-savepoint",
]);
