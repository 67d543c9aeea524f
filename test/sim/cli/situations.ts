/** Situations that the command line is shown in: a workload of the simulation, up to one of its steps. */
export interface Situation {
  /** The name of its golden file. */
  name: string;
  workload: string;
  /** How many of its steps have been done. */
  steps: number;
  /** The resource that is asked for. Absent: that of every workload. */
  resource?: string;
  /** The next step is an edit, or a new FlinkStateSnapshot, which is planned. */
  plansNextStep?: true;
}

export const situations: readonly Situation[] = [
  { name: "running-savepoint", workload: "upgrade-savepoint", steps: 1, plansNextStep: true },
  { name: "running-last-state", workload: "upgrade-last-state", steps: 1, plansNextStep: true },
  { name: "running-stateless", workload: "upgrade-stateless", steps: 1, plansNextStep: true },
  { name: "running-without-ha", workload: "upgrade-last-state-by-cancel", steps: 1, plansNextStep: true },
  { name: "upgraded-once", workload: "redeploy-nonce", steps: 2, plansNextStep: true },
  { name: "old-checkpoint", workload: "upgrade-old-checkpoint", steps: 1, plansNextStep: true },
  { name: "next-flink-version", workload: "flink-version-last-state", steps: 1, plansNextStep: true },
  { name: "to-be-suspended", workload: "suspend-savepoint", steps: 1, plansNextStep: true },
  { name: "suspended", workload: "suspend-savepoint", steps: 2, plansNextStep: true },
  { name: "ingress", workload: "edit-ingress", steps: 1, plansNextStep: true },
  { name: "no-restart", workload: "edit-what-needs-no-restart", steps: 1, plansNextStep: true },
  { name: "reactive", workload: "standalone-reactive", steps: 1, plansNextStep: true },
  { name: "session-cluster", workload: "session-cluster-upgrade", steps: 2, plansNextStep: true },
  {
    name: "session-job",
    workload: "session-upgrade-savepoint",
    steps: 2,
    resource: "one",
    plansNextStep: true,
  },
  {
    name: "session-job-missing-jar",
    workload: "session-missing-jar-savepoint",
    steps: 4,
    resource: "one",
    plansNextStep: true,
  },
  { name: "refused-edit", workload: "stopped-refused-edit", steps: 1, plansNextStep: true },
  { name: "refused-edit-made", workload: "stopped-refused-edit", steps: 2 },
  { name: "manual-restore", workload: "upgrade-last-state-ended", steps: 3, plansNextStep: true },
  { name: "failed-job", workload: "stopped-failed-job", steps: 2 },
  { name: "finished-job", workload: "finish-edit", steps: 2, plansNextStep: true },
  { name: "quota", workload: "stopped-by-quota", steps: 1 },
  { name: "rolled-back", workload: "rollback-fixed-forward", steps: 2, plansNextStep: true },
  { name: "silent-jobmanager", workload: "silent-jobmanager-edited", steps: 2, plansNextStep: true },
  { name: "no-taskmanagers", workload: "session-rollback-no-slots", steps: 3, resource: "one" },
  { name: "new-savepoint", workload: "snapshot-savepoint", steps: 1, plansNextStep: true },
  { name: "new-checkpoint", workload: "snapshot-checkpoint", steps: 1, plansNextStep: true },
  { name: "savepoint-taken-over", workload: "snapshot-of-one-path", steps: 3, plansNextStep: true },
  {
    name: "savepoint-of-session-job",
    workload: "session-snapshot-savepoint",
    steps: 2,
    resource: "one",
    plansNextStep: true,
  },
  { name: "job-of-no-cluster", workload: "stopped-without-cluster", steps: 2, resource: "one" },
];
