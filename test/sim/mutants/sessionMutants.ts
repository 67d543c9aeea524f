import type { Mutant } from "./mutant.ts";

const ofJob = (name: string) => `core/flinksessionjob/${name}.ts`;
const ofCluster = (name: string) => `core/flinkdeployment/sessioncluster/${name}.ts`;

/** Mistakes in session clusters and their jobs. */
export const sessionMutants: readonly Mutant[] = [
  {
    name: "first-job-cancelled",
    fault: "cancels the first job of a session cluster instead of that of the deleted resource",
    edits: [
      {
        file: ofJob("deletion"),
        find: "  const job = jobOf(facts, jobId);\n  if (job === undefined || isTerminal(job.state)) return undefined;\n  return {\n    actions: cancelOnce(situation, job),",
        replace:
          "  const job = jobOf(facts, jobId) && facts.flink?.jobs?.find(({ state }) => !isTerminal(state));\n  if (job === undefined || isTerminal(job.state)) return undefined;\n  return {\n    actions: cancelOnce(situation, job),",
      },
    ],
    workloads: ["session-delete"],
    kinds: [],
  },
  {
    name: "all-jobs-cancelled",
    fault: "cancels every job of the session cluster when one session job is deleted",
    edits: [
      {
        file: ofJob("deletion"),
        find: "    actions: cancelOnce(situation, job),",
        replace:
          "    actions: (facts.flink?.jobs ?? [job]).filter(({ state }) => !isTerminal(state)).flatMap((each) => cancelOnce(situation, each)),",
      },
    ],
    workloads: ["session-delete"],
    kinds: [],
  },
  {
    name: "cluster-deleted-with-ending-jobs",
    fault: "deletes a session cluster whose session jobs are being deleted but have not ended",
    edits: [
      {
        file: ofCluster("blockedDeletion"),
        find: "  if (sessionJobs.length > 0) {",
        replace: "  if (sessionJobs.some(({ deleting }) => !deleting)) {",
      },
    ],
    workloads: ["session-job-deleted-with-savepoint", "session-delete"],
    kinds: ["crash"],
  },
  {
    name: "unmanaged-jobs-overlooked",
    fault: "deletes a session cluster together with a job that somebody has submitted by hand",
    edits: [
      {
        file: ofCluster("blockedDeletion"),
        find: "const unmanaged = settings.blockOnUnmanagedJobs ? unmanagedJobs(situation) : [];",
        replace: "const unmanaged = settings.blockOnUnmanagedJobs ? unmanagedJobs(situation).slice(1) : [];",
      },
    ],
    workloads: [],
    kinds: [],
  },
  {
    name: "deleted-during-submission",
    fault: "lets a session job go while the request that starts it is under way",
    edits: [
      {
        file: ofJob("deletion"),
        find: "return isUnderWay || mayStart\n",
        replace: "return isUnderWay && mayStart\n",
      },
    ],
    workloads: ["session-deploy", "session-delete"],
    kinds: ["crash", "rest"],
  },
  {
    name: "replaced-without-waiting",
    fault: "replaces a session cluster at once where the time to save its jobs is unlimited",
    edits: [
      {
        file: ofCluster("replacement"),
        find: "if (awaited.length === 0 || !(remaining > 0)) return replace(situation, awaited);",
        replace: "if (awaited.length <= 1 || !(remaining > 0)) return replace(situation, awaited);",
      },
    ],
    workloads: ["session-cluster-upgrade-without-ha", "session-cluster-upgrade"],
    kinds: [],
  },
  {
    name: "reverted-replacement-goes-on",
    fault: "goes on with the replacement of a session cluster whose edit was reverted",
    edits: [
      {
        file: ofCluster("replacement"),
        find: ": { status: { ...status, replacement: undefined }, othersMayAct: true };",
        replace: ": replace(situation, []);",
      },
    ],
    workloads: ["session-cluster-upgrade"],
    kinds: [],
  },
  {
    name: "lost-job-from-start-path",
    fault: "starts a lost session job from where it was first started from",
    edits: [
      {
        file: ofJob("lostJob"),
        find: "  const newest = newestOfRun(situation);\n  if (newest !== undefined)",
        replace:
          "  const newest = startTime === undefined ? newestOfRun(situation) : upgradeSavepointPath;\n  if (newest !== undefined)",
      },
    ],
    workloads: ["session-cluster-lost", "session-cluster-lost-without-ha", "recovery-from-snapshot-resource"],
    kinds: [],
  },
  {
    name: "cluster-of-other-job-manager",
    fault: "submits a session job by what a JobManager told that has been replaced since",
    edits: [
      {
        file: ofJob("awaitSessionCluster"),
        find: 'flink?.reachability === "ok" && flink.deploymentUid === jobManager?.uid && flink.jobs !== undefined;',
        replace: 'flink?.reachability === "ok" && jobManager !== undefined && flink.jobs !== undefined;',
      },
    ],
    workloads: ["session-cluster-upgrade", "session-cluster-lost"],
    kinds: ["crash", "lag"],
  },
  {
    name: "jobs-not-awaited-across-versions",
    fault:
      "replaces a session cluster by one of another version of Flink while its JobManager, which has to recover the jobs, restarts",
    edits: [
      {
        file: ofCluster("replacement"),
        find: "      return settings.highAvailability && spec.flinkVersion !== deployed?.spec.flinkVersion;",
        replace: "      return settings.highAvailability && spec.flinkVersion === undefined;",
      },
    ],
    workloads: ["flink-version-session"],
    kinds: ["rest"],
  },
  {
    name: "recovery-awaited-across-versions",
    fault:
      "waits for the recovery of a session job that HA metadata do not name for the present version of Flink",
    edits: [
      {
        file: ofJob("lostJob"),
        find: "  if (leftOver && facts.session?.recoversJob !== false)",
        replace: "  if (leftOver)",
      },
    ],
    workloads: ["flink-version-session"],
    kinds: ["rest"],
  },
];
