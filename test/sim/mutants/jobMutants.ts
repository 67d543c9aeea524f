import type { Mutant } from "./mutant.ts";

/** Mistakes in the decisions about a job: stop, recovery, rollback, deletion, status. */
export const jobMutants: readonly Mutant[] = [
  {
    name: "lost-response-taken-for-refusal",
    fault: "reports a request without a response as a refusal at once, instead of repeating it",
    edits: [
      {
        file: "core/job/status/failure.ts",
        find: "status === 0 || status === 409 || status === 429",
        replace: "status === 409 || status === 429",
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["rest"],
  },
  {
    name: "failure-reported-as-error-twice",
    fault: "records the Event of a known error in every pass again",
    edits: [
      {
        file: "core/job/status/failure.ts",
        find: "if (status.error === error || isSameStop(status.error, error)) return { status, events: [] };",
        replace: "if (isSameStop(status.error, error)) return { status, events: [] };",
      },
      {
        file: "core/job/status/failure.ts",
        find: "events.filter((event) => event.reportsError !== true || after.error !== before?.error);",
        replace:
          "events.filter((event) => event.reportsError !== true || after.error !== undefined || before === after);",
      },
    ],
    workloads: ["rollback-quota", "upgrade-savepoint-refused"],
    kinds: [],
  },
  {
    name: "rollback-deadline-from-last-launch",
    fault: "counts the time for an upgrade to become stable from its last launch and not from its first",
    edits: [
      {
        file: "core/job/rollback/rollback.ts",
        find: "return Math.min(reconciliationStatus?.reconciliationTimestamp ?? 0, ...launches);",
        replace: "return Math.max(reconciliationStatus?.reconciliationTimestamp ?? 0, ...launches);",
      },
    ],
    workloads: ["rollback-no-taskmanagers"],
    kinds: ["rest"],
  },
  {
    name: "rollback-across-versions",
    fault: "rolls a change of the Flink version back like any other edit",
    edits: [
      {
        file: "core/job/rollback/rollback.ts",
        find: "  if (stable.spec.flinkVersion !== deployed.spec.flinkVersion) return undefined;\n",
        replace: "",
      },
    ],
    workloads: ["rollback-not-across-versions"],
    kinds: [],
  },
  {
    name: "rollback-keeps-error",
    fault: "keeps the error of the failed upgrade in the status of a resource that was rolled back",
    edits: [
      {
        file: "core/job/rollback/rollback.ts",
        find: "    error: undefined,\n    observedGeneration: generation,",
        replace: "    observedGeneration: generation,",
      },
    ],
    workloads: ["rollback-fixed-forward", "rollback-accepted"],
    kinds: [],
  },
  {
    name: "version-change-by-last-state",
    fault: "upgrades a job to another version of Flink from the HA metadata of the old one",
    edits: [
      {
        file: "core/job/suspension/suspendMode.ts",
        find: "if (!mayUseCheckpoint(situation) || versionChanged(situation) || !sameHaLocation(situation))",
        replace: "if (!mayUseCheckpoint(situation) || !sameHaLocation(situation))",
      },
      {
        file: "core/job/suspension/suspendMode.ts",
        find: "if (!versionChanged(situation) || !running(situation)) return undefined;",
        replace: "if (versionChanged(situation) || running(situation)) return undefined;",
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: [],
  },
  {
    name: "shutdown-ttl-from-launch",
    fault: "counts the shutdown TTL of a finished job's JobManager from the launch of the job",
    edits: [
      {
        file: "core/job/deletion/endedJobManager.ts",
        find: '=== "suspended" ? suspendedAt : Number(updateTime);',
        replace: '=== "suspended" ? suspendedAt : (suspendedAt ?? Number(updateTime));',
      },
    ],
    workloads: ["finish-shutdown"],
    kinds: ["crash"],
  },
  {
    name: "task-managers-deleted-with-job-manager",
    fault: "deletes the TaskManagers of a standalone cluster while its JobManager is still going",
    edits: [
      {
        file: "core/job/deletion/remainingObjects.ts",
        find: "    return jobManager.deleting ? undefined : deletionOf(jobManagerName(name), jobManager);\n",
        replace: "    if (!jobManager.deleting) return deletionOf(jobManagerName(name), jobManager);\n",
      },
      {
        file: "core/job/deletion/remainingObjects.ts",
        find: "taskManagers.deleting || jobManagerPods.length > 0) return undefined;",
        replace: "taskManagers.deleting || jobManagerPods.length < 0) return undefined;",
      },
    ],
    workloads: ["standalone-last-state", "standalone-session-replaced"],
    kinds: [],
  },
  {
    name: "deletion-without-savepoint",
    fault: "deletes a job without the savepoint that is asked for where the job does not run at that moment",
    edits: [
      {
        file: "core/job/deletion/savepointOnDeletion.ts",
        find: 'return job.state === "RUNNING" ? undefined : "the job does not run";',
        replace: 'return job.state === "RUNNING" ? undefined : "no-job";',
      },
    ],
    workloads: ["delete-with-savepoint", "delete-with-savepoint-in-the-middle-of-a-stop"],
    kinds: ["rest"],
  },
  {
    name: "failed-job-still-deployed",
    fault: "shows a job that has failed as DEPLOYED",
    edits: [
      {
        file: "core/job/status/lifecycleState.ts",
        find: 'if (status.jobStatus?.state === "FAILED" || needsManualAction(status)) return "FAILED";',
        replace: 'if (needsManualAction(status)) return "FAILED";',
      },
    ],
    workloads: ["rollback-failed-job", "failed-edit"],
    kinds: [],
  },
  {
    name: "failed-job-reconciling",
    fault: "shows a job that has failed for good as still on its way, so that tools wait for it",
    edits: [
      {
        file: "core/job/status/conditionReason.ts",
        find: 'return stalled("JobFailed", "The job has failed.");',
        replace: 'return reconciling("JobFailed", "The job has failed.");',
      },
    ],
    workloads: ["failed-edit"],
    kinds: [],
  },
  {
    name: "transition-time-of-old-state",
    fault: "keeps the transition time of a condition whose status has changed",
    edits: [
      {
        file: "core/job/status/conditions.ts",
        find: "const unchanged = before?.status === derived.status ? before?.lastTransitionTime : undefined;",
        replace: "const unchanged = before?.lastTransitionTime;",
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: [],
  },
  {
    name: "conditions-of-others-dropped",
    fault: "drops the conditions that other writers have put into the status",
    edits: [
      {
        file: "core/job/status/conditions.ts",
        find: "const others = (status.conditions ?? []).filter(({ type }) => !ours.has(type));",
        replace:
          "const others = (status.conditions ?? []).filter(({ type }) => !ours.has(type) && type === undefined);",
      },
    ],
    workloads: [],
    kinds: [],
  },
  {
    name: "restarts-not-scaled-to-window",
    fault: "calls a job unhealthy for restarts of a time that is longer than the window",
    edits: [
      {
        file: "core/job/observe/clusterHealth.ts",
        find: "Math.trunc(more * Math.min(1, restartsWindowMs / Math.max(1, at - since)));",
        replace: "Math.trunc(more * Math.max(1, restartsWindowMs / Math.max(1, at - since)));",
      },
    ],
    workloads: ["unhealthy-restarts"],
    kinds: [],
  },
  {
    name: "progress-from-answer-time",
    fault: "takes a job whose checkpoints have stopped for healthy, since it counts from its last look",
    edits: [
      {
        file: "core/job/observe/clusterHealth.ts",
        find: "        startedAt,\n      );",
        replace: "        startedAt,\n        checkpoints?.at ?? 0,\n      );",
      },
    ],
    workloads: ["unhealthy-progress"],
    kinds: [],
  },
  {
    name: "edit-acted-on-at-poll",
    fault: "acts on an edit that came during a wait only at the next interval",
    edits: [
      {
        file: "core/job/decide.ts",
        find: "outcome.requeueAfterMs ?? requeueDelay(situation, decided)",
        replace: "(outcome.requeueAfterMs || undefined) ?? requeueDelay(situation, decided)",
      },
    ],
    workloads: ["upgrade-savepoint", "first-deploy"],
    kinds: [],
  },
  {
    name: "unstable-taken-for-stable",
    fault: "records an edit that needs no restart as stable though the spec before it never was",
    edits: [
      {
        file: "core/flinkdeployment/independentChange.ts",
        find: "...(wasStable ? { lastStableSpec: recorded } : {}),",
        replace: "...(wasStable || recorded !== undefined ? { lastStableSpec: recorded } : {}),",
      },
    ],
    workloads: ["edit-what-needs-no-restart"],
    kinds: [],
  },
  {
    name: "unhealthy-restart-without-dry-run",
    fault: "takes an unhealthy job down without having its new objects judged",
    edits: [
      {
        file: "core/job/recovery/restartUnhealthyJob.ts",
        find: "    actions: dryRun({ ...situation, ...situation.asDeployed, spec: deployed.spec }),\n",
        replace:
          "    actions: dryRun({ ...situation, ...situation.asDeployed, spec: deployed.spec }).slice(0, 0),\n",
      },
    ],
    workloads: ["unhealthy-restarts"],
    kinds: [],
  },
  {
    name: "lost-run-log-late",
    fault: "reads the log of a run that was lost with its JobManager only when the next one answers",
    edits: [
      {
        file: "core/job/restore/lostRunCheckpoint.ts",
        find: "  const startedAt = Math.max(jobOf(facts, jobId)?.startTime ?? Number.POSITIVE_INFINITY, pod.restarted.at);",
        replace: "  const startedAt = jobOf(facts, jobId)?.startTime ?? Number.POSITIVE_INFINITY;",
      },
    ],
    workloads: ["began-anew-savepoint"],
    kinds: ["rest"],
  },
];
