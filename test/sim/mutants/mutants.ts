import { blueGreenMutants } from "./blueGreenMutants.ts";
import { clientMutants } from "./clientMutants.ts";
import { disruptionMutants } from "./disruptionMutants.ts";
import { jobMutants } from "./jobMutants.ts";
import type { Mutant } from "./mutant.ts";
import { runtimeMutants } from "./runtimeMutants.ts";
import { scalingMutants } from "./scalingMutants.ts";
import { sessionMutants } from "./sessionMutants.ts";
import { snapshotMutants } from "./snapshotMutants.ts";
import { specMutants } from "./specMutants.ts";

const session = (name: string) => `core/flinksessionjob/${name}.ts`;

/** Mistakes in the order and in the safety of what the operator does to a job. */
const orderMutants: readonly Mutant[] = [
  {
    name: "job-id-after-submission",
    fault: "draws the job's id as it submits the job, and writes it down afterwards",
    edits: [
      {
        file: "core/job/launch/launch.ts",
        find: "const { jobId } = situation.status.jobStatus ?? {};",
        replace: "const jobId = deriveJobId(situation.uid, situation.now);",
      },
      {
        file: "core/job/launch/launch.ts",
        find: "    status: withRestore(launched(situation, mode), situation, restore),\n    launchedFrom: describeRestore(situation, restore),\n  };",
        replace:
          "    status: withJob(withRestore(launched(situation, mode), situation, restore), { jobId: deriveJobId(situation.uid, situation.now) }),\n    launchedFrom: describeRestore(situation, restore),\n  };",
      },
    ],
    workloads: ["first-deploy"],
    kinds: ["crash"],
  },
  {
    name: "others-not-looked-for",
    fault: "stops a job that somebody else is stopping",
    edits: [
      {
        file: "core/job/suspension/actsOfOthers.ts",
        find: "if (stop === undefined) return undefined;",
        replace: "if (stop === undefined || reported !== undefined) return undefined;",
      },
    ],
    workloads: ["stopped-elsewhere-savepoint"],
    kinds: ["crash"],
  },
  {
    name: "others-looked-for-in-old-news",
    fault: "takes what Flink once told of a job's checkpoints for what is true now",
    edits: [
      {
        file: "core/job/suspension/actsOfOthers.ts",
        find: "if (reported?.isRequested !== true && now - (reported?.asOf ?? 0) > freshMs) {",
        replace: "if (reported === undefined && now > freshMs) {",
      },
    ],
    workloads: ["stopped-elsewhere-savepoint", "session-stopped-elsewhere"],
    kinds: ["crash"],
  },
  {
    name: "run-with-state-forgotten",
    fault: "starts a job that failed while it was being stopped from what its run was started from",
    edits: [
      {
        file: "core/job/restore/runState.ts",
        find: "if (!hadState(status) || !checkpointsKnown(facts, jobId)) return false;",
        replace: "if (hadState(status) || !checkpointsKnown(facts, jobId)) return false;",
      },
    ],
    workloads: ["failed-while-stopped", "failed-while-stopped-later"],
    kinds: ["crash"],
  },
  {
    name: "stable-without-tasks",
    fault: "calls a job stable as soon as Flink calls it RUNNING",
    edits: [
      {
        file: "core/job/observe/observe.ts",
        find: "    job !== undefined &&\n    isAtWork(job) &&\n",
        replace: "",
      },
    ],
    workloads: ["rollback-no-taskmanagers"],
    kinds: ["crash"],
  },
  {
    name: "lease-of-the-dead-kept",
    fault: "leaves the new JobManager waiting for the lease of the one that is gone",
    edits: [
      {
        file: "controllers/job/haConfigMaps.ts",
        find: "const lease = items.length > 0 ? undefined : releasedLease(map);",
        replace: "const lease = items.length >= 0 ? undefined : releasedLease(map);",
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["crash"],
  },
  {
    name: "own-writes-not-read",
    fault: "decides on the cache as the watch left it, without its own writes",
    edits: [
      {
        file: "runtime/store.ts",
        find: "ownWrites.recordWrite(key, resourceVersion, objects.get(key));\n      notify(replace(key, project(object), true));",
        replace: "",
      },
    ],
    workloads: ["first-deploy-ha", "upgrade-savepoint"],
    kinds: ["lag"],
  },
  {
    name: "trigger-id-not-persisted",
    fault: "asks for the stop with savepoint in the pass that writes the trigger id down",
    edits: [
      {
        file: "core/job/upgrade/upgrade.ts",
        find: "return stop.status === undefined ? stop : { ...base, ...stop };",
        replace: `return stop.status === undefined ? stop : { ...base, ...stop, actions: [...actions, {
          kind: "stop-with-savepoint",
          jobId: situation.status.jobStatus?.jobId ?? "",
          triggerId: stop.status.jobStatus?.savepointInfo?.triggerId ?? "",
          targetDirectory: situation.settings.savepointDirectory,
          formatType: "CANONICAL",
          drain: false,
        }] };`,
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["crash"],
  },
  {
    name: "trigger-id-not-reused",
    fault: "asks for the same savepoint under a new trigger id each time",
    edits: [
      {
        file: "core/job/suspension/stopInProgress.ts",
        find: "requestStop(situation, job.id, triggerId)",
        replace: "requestStop(situation, job.id, deriveTriggerId(situation.uid, job.id, situation.now))",
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["rest"],
  },
  {
    name: "ha-metadata-deleted",
    fault: "clears the HA ConfigMaps before a launch that is to restore from them",
    edits: [
      {
        file: "core/job/launch/launch.ts",
        find: '[{ kind: "prepare-ha-restore", clusterId }] : [];',
        replace: '[{ kind: "delete-config-maps", clusterId, all: false }] : [];',
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["crash"],
  },
  {
    name: "job-graph-not-stripped",
    fault: "leaves the old job graph in the HA metadata, which Flink then runs instead of the new one",
    edits: [
      {
        file: "controllers/job/haConfigMaps.ts",
        find: "if (graphs.length === 0 && lease === undefined) continue;",
        replace: "continue;",
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["crash"],
  },
  {
    name: "finalizer-removed-early",
    fault: "lets a deleted resource go before its cluster is gone",
    edits: [
      {
        file: "core/flinkdeployment/deletion.ts",
        find: "  awaitCluster,\n  removeFinalizer,\n];",
        replace: "  removeFinalizer,\n];",
      },
    ],
    workloads: ["delete-running"],
    kinds: ["crash", "lag"],
  },
  {
    name: "dry-run-skipped",
    fault: "takes the running job down without having its successor judged",
    edits: [
      {
        file: "core/job/upgrade/upgrade.ts",
        find: "const actions: readonly Action[] = toSuspend ? [] : dryRun(situation);",
        replace: "const actions: readonly Action[] = [];",
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["crash"],
  },
  {
    name: "savepoint-path-not-recorded",
    fault: "forgets where the savepoint of a stopped job is",
    edits: [
      { file: "core/job/suspension/stopInProgress.ts", find: "upgradeSavepointPath: location,", replace: "" },
      {
        file: "core/job/suspension/stopInProgress.ts",
        find: "? withSavepoint(situation, location)",
        replace: "? undefined",
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["crash"],
  },
  {
    name: "status-before-act",
    fault: "writes the status before the acts that it tells of",
    edits: [
      {
        file: "controllers/job/controller.ts",
        find: "    const acted =\n      refusal === undefined",
        replace: `    if (!(await writeStatus(resource, stored, decision.status))) throw new UnfinishedReconcile("status");
    const acted =
      refusal === undefined`,
      },
      {
        file: "controllers/job/controller.ts",
        find: "? await perform(resource, decision.actions,",
        replace:
          "? await perform(adapter.fromStore(resources.get(namespace, name) ?? resource), decision.actions,",
      },
    ],
    workloads: ["first-deploy-ha", "upgrade-last-state"],
    kinds: ["crash"],
  },
  {
    name: "status-overwritten",
    fault: "writes the status without the lock of its resourceVersion",
    edits: [
      {
        file: "controllers/job/controller.ts",
        find: "        ...current,\n        status: withoutUndefined(toStoredStatus(status)),\n      });",
        replace:
          "        ...current,\n        metadata: { ...current.metadata, resourceVersion: undefined },\n" +
          "        status: withoutUndefined(toStoredStatus(status)),\n      } as never);",
      },
    ],
    workloads: ["upgrade-savepoint", "suspend-savepoint"],
    kinds: ["lag", "unobserved", "crash"],
  },
  {
    name: "failed-taken-for-stateless",
    fault: "starts a job that has ended from nothing",
    edits: [
      {
        file: "core/job/suspension/suspendMode.ts",
        find: '  return { kind: "none", restore: "savepoint" };',
        replace: '  return { kind: "none", restore: "stateless" };',
      },
    ],
    workloads: ["failed-restart-without-ha", "failed-edit", "failed-restart"],
    kinds: ["crash"],
  },
  {
    name: "any-deployment-adopted",
    fault: "takes a Deployment of the right name for the one that it was about to create",
    edits: [
      {
        file: "core/job/launch/launch.ts",
        find: "if (found.generation !== String(status.observedGeneration)) return false;",
        replace: 'if (found.generation !== "") return true;',
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["crash"],
  },
  {
    name: "launch-id-by-time",
    fault: "does not recognise the Deployment that it created before it was killed",
    edits: [
      {
        file: "core/job/status/status.ts",
        find: 'const launchIdOf = ({ uid, status }: Situation): string =>\n  deriveLaunchId(\n    uid,\n    status.jobStatus?.jobId ?? "",\n    status.reconciliationStatus?.reconciliationTimestamp ?? 0,',
        replace:
          'const launchIdOf = ({ uid, status, now }: Situation): string =>\n  deriveLaunchId(\n    uid,\n    status.jobStatus?.jobId ?? "",\n    now,',
      },
    ],
    workloads: ["first-deploy-ha"],
    kinds: ["crash"],
  },
  {
    name: "half-launch-not-completed",
    fault: "recognises the Deployment that it created, but not that its rest Service is still missing",
    edits: [
      {
        file: "core/job/launch/launch.ts",
        find: 'actions: [{ kind: "expose", objects: buildObjects(situation, restore), deploymentUid }],',
        replace: "",
      },
      {
        file: "core/job/launch/launch.ts",
        find: 'const deploymentUid = situation.facts.jobManager?.uid ?? "";',
        replace: "",
      },
    ],
    workloads: ["first-deploy-ha"],
    kinds: ["crash"],
  },
  {
    name: "stale-list-believed",
    fault: "begins with whatever a lagging API server shows it",
    edits: [
      {
        file: "runtime/watcher.ts",
        find: "if (compareResourceVersions(event.resourceVersion, newest) < 0)",
        replace: "if (compareResourceVersions(event.resourceVersion, newest) > 1e9)",
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["stale"],
  },
  {
    name: "expired-watch-resumed",
    fault: "goes on from its old place after a watch expired, instead of listing anew",
    edits: [
      { file: "runtime/watcher.ts", find: "  isExpired(error) ||\n  // The type", replace: "  // The type" },
    ],
    workloads: ["upgrade-savepoint", "suspend-last-state"],
    kinds: ["unobserved"],
  },
  {
    name: "cancel-intent-forgotten",
    fault: "lets an overview from before the cancel take the intent to cancel back",
    edits: [
      {
        file: "core/job/observe/observeJob.ts",
        find: 'status.jobStatus?.state === "CANCELLING" &&\n  !isTerminal(found);',
        replace: 'status.jobStatus?.state === "CANCELLING" &&\n  isTerminal(found);',
      },
    ],
    workloads: ["upgrade-last-state-by-cancel"],
    kinds: ["crash", "rest"],
  },
  {
    name: "finalizer-before-clean-up",
    fault: "lets a deleted resource go first, and deletes its ConfigMaps then",
    edits: [
      {
        file: "core/flinkdeployment/deletion.ts",
        find: '[...deleteConfigMaps(situation), { kind: "remove-finalizer" }]',
        replace: '[{ kind: "remove-finalizer" }, ...deleteConfigMaps(situation)]',
      },
    ],
    workloads: ["delete-running"],
    kinds: ["crash"],
  },
  {
    name: "cancel-before-intent",
    fault: "cancels the job in the pass that writes the intent to cancel it down",
    edits: [
      {
        file: "core/job/upgrade/upgrade.ts",
        find: "return { ...base, status: withoutLostState(situation, cancelIntended(situation)) };",
        replace: `return { ...base, status: cancelIntended(situation), actions: [...actions, {
          kind: "cancel",
          jobId: situation.status.jobStatus?.jobId ?? "",
        }] };`,
      },
    ],
    workloads: ["upgrade-last-state-by-cancel"],
    kinds: ["crash"],
  },
  {
    name: "new-job-id-on-last-state",
    fault: "gives a job that is to go on from its HA metadata a new id, under which there is none",
    edits: [
      {
        file: "core/job/launch/launch.ts",
        find: '(mode === "last-state" && known !== undefined ? known : deriveJobId(uid, now))',
        replace: "(known === mode ? known : deriveJobId(uid, now))",
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["crash"],
  },
  {
    name: "config-maps-after-deployment",
    fault: "creates the Deployment before the ConfigMaps that its pods mount",
    edits: [
      {
        file: "controllers/job/act.ts",
        find: `  for (const { type, object } of objects.beforeDeployment) await clients.kube.apply(type, object);
  const deployment = await createDeployment(objects.deployment, clients);`,
        replace: `  const deployment = await createDeployment(objects.deployment, clients);
  for (const { type, object } of objects.beforeDeployment) await clients.kube.apply(type, object);`,
      },
    ],
    workloads: ["first-deploy"],
    kinds: ["crash"],
  },
  {
    name: "uid-not-checked",
    fault: "deletes whatever Deployment of the name there is when the request arrives",
    edits: [
      {
        file: "controllers/job/act.ts",
        find: "        uid: action.uid,\n        propagation",
        replace: "        propagation",
      },
    ],
    workloads: ["upgrade-last-state", "upgrade-savepoint"],
    kinds: ["late"],
  },
  {
    name: "scaled-down-by-name",
    fault: "takes the JobManager of whatever Deployment of the name there is down",
    edits: [
      {
        file: "controllers/job/act.ts",
        find: "const patch = { metadata: { uid }, spec: { replicas } };",
        replace: "const patch = { spec: { replicas } };",
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["late"],
  },
  {
    name: "nonce-recorded-early",
    fault: "records the new spec, and its nonce, as deployed when it begins to stop the job",
    edits: [
      {
        file: "core/job/upgrade/upgrade.ts",
        find: "return stop.status === undefined ? stop : { ...base, ...stop };",
        replace: `const recorded = launchIntended(situation, "savepoint").reconciliationStatus;
      return stop.status === undefined ? stop : { ...base, ...stop, status: { ...stop.status,
        reconciliationStatus: { ...stop.status.reconciliationStatus,
          lastReconciledSpec: recorded?.lastReconciledSpec?.replace('"state":"suspended"', '"state":"running"') } } };`,
      },
    ],
    workloads: ["upgrade-savepoint-refused"],
    kinds: ["rest", "crash"],
  },
  {
    name: "delete-before-intent",
    fault: "deletes the Deployment in the pass that writes the intent to replace it down",
    edits: [
      {
        file: "core/job/upgrade/upgrade.ts",
        find: "return { ...base, status: withoutLostState(situation, launchIntended(situation, mode.kind)) };",
        replace: `return { ...base, status: launchIntended(situation, mode.kind), actions: [...actions, {
          kind: "delete-deployment",
          name: situation.resource.metadata.name,
          uid: situation.facts.jobManager?.uid ?? "",
        }] };`,
      },
    ],
    workloads: ["upgrade-stateless", "upgrade-last-state"],
    kinds: ["outage"],
  },
  {
    name: "observed-before-acted-on",
    fault: "says that it has observed a generation as soon as it has seen it",
    edits: [
      {
        file: "core/job/decide.ts",
        find: "  const outcome = runSteps(situation, hasSpec, procedure);",
        replace: `  const unseen = runSteps(situation, hasSpec, procedure);
  const outcome = { ...unseen, status: { ...(unseen.status ?? situation.status), observedGeneration: situation.generation } };`,
      },
    ],
    workloads: ["midway-upgrade-edited-savepoint", "midway-upgrade-edited-last-state"],
    kinds: ["crash"],
  },
  {
    name: "old-job-manager-believed",
    fault: "takes what the old JobManager told for news of the new one",
    edits: [
      {
        file: "flink/poller.ts",
        find: "    facts: (key) => targets.get(key)?.facts,",
        replace: `    facts: ((last) => (key: string) => {
      const facts = targets.get(key)?.facts;
      if (facts?.jobs !== undefined) last.set(key, facts);
      return facts?.jobs === undefined ? (last.get(key) ?? facts) : facts;
    })(new Map<string, FlinkFacts>()),`,
      },
      {
        file: "core/job/observe/observeJob.ts",
        find: "if (facts.flink === undefined || facts.flink.deploymentUid !== facts.jobManager?.uid) return undefined;\n  return facts.flink.jobs?.find",
        replace: "if (facts.flink === undefined) return undefined;\n  return facts.flink.jobs?.find",
      },
      {
        file: "core/job/observe/observeJobManager.ts",
        find: "const flink = facts.flink?.deploymentUid === deployment.uid ? facts.flink : undefined;",
        replace: "const flink = facts.flink;",
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["lag", "crash"],
  },
  {
    name: "disposal-unchecked",
    fault: "disposes of a snapshot without a look at who may still start from it",
    edits: [
      {
        file: "core/flinkstatesnapshot/reachability.ts",
        find: "export function needOf(path: string, dependent: Dependent): string | undefined {",
        replace:
          "export function needOf(path: string, dependent: Dependent): string | undefined {\n  if (path !== '') return undefined;",
      },
    ],
    workloads: ["snapshot-of-the-newest", "snapshot-clean-up"],
    kinds: [],
  },
  {
    name: "snapshot-untold",
    fault: "asks for a snapshot in the pass that writes its trigger id down",
    edits: [
      {
        file: "core/flinkstatesnapshot/trigger.ts",
        find: 'triggerId: deriveAttemptId(resource.metadata.uid ?? "", job.jobId, failures),',
        replace: "triggerId: deriveAttemptId(String(now), job.jobId, failures),",
      },
      {
        file: "core/flinkstatesnapshot/trigger.ts",
        find: '  return {\n    status: {\n      ...status,\n      state: "IN_PROGRESS",',
        replace:
          '  const asked = { kind: "savepoint", jobId: job.jobId, triggerId: deriveAttemptId(String(now), job.jobId, failures) } as const;\n' +
          '  const at = { cluster: job.cluster, endpoint: job.endpoint ?? { host: "", port: 0 } };\n' +
          '  return {\n    actions: [triggerAction(situation, job, asked, at)],\n    status: {\n      ...status,\n      state: "IN_PROGRESS",',
      },
    ],
    workloads: ["snapshot-savepoint"],
    kinds: ["crash"],
  },
  {
    name: "ha-metadata-not-checked",
    fault: "launches a job that is to go on from HA metadata without looking whether it is still there",
    edits: [
      {
        file: "controllers/job/haConfigMaps.ts",
        find: "  if (!hasHaMetadata(maps.map((map) => projectConfigMap(map).facts))) throw new HaMetadataMissing();\n",
        replace: "",
      },
    ],
    workloads: ["upgrade-last-state-ended"],
    kinds: ["crash"],
  },
  {
    name: "session-job-resubmitted-anew",
    fault: "submits a session job under another id where it got no answer to the first submission",
    edits: [
      {
        file: session("submission"),
        find: "if (remaining <= 0) return send(situation, jobId);",
        replace: "if (remaining <= 0) return send(situation, deriveJobId(situation.uid, situation.now));",
      },
    ],
    workloads: ["session-deploy", "session-upgrade-savepoint"],
    kinds: ["rest"],
  },
  {
    name: "session-savepoints-not-awaited",
    fault:
      "takes a session cluster down as soon as its jobs have ended, before it is written down where their savepoints are",
    edits: [
      {
        file: "core/flinkdeployment/sessioncluster/replacement.ts",
        find: "({ needsCluster, jobId }) => needsCluster || (jobId !== undefined && running.has(jobId)),",
        replace: "({ jobId }) => jobId !== undefined && running.has(jobId),",
      },
    ],
    workloads: ["session-cluster-upgrade", "session-cluster-upgrade-without-ha"],
    kinds: ["crash", "lag"],
  },
  {
    name: "session-job-stopped-before-its-jar",
    fault: "stops a running session job for a jar that cannot be fetched",
    edits: [
      {
        file: session("fetchJarFirst"),
        find: "outcome !== undefined && stopsForJar(situation, outcome)",
        replace: "outcome !== undefined && stopsForJar(situation, {})",
      },
    ],
    workloads: ["session-missing-jar-savepoint"],
    kinds: ["crash"],
  },
  {
    name: "job-stopped-before-its-jars",
    fault: "stops a running job for a jar that its new pods cannot fetch",
    edits: [
      {
        file: "core/flinkdeployment/fetchJarsFirst.ts",
        find: "if (!replacesRunningJob(situation, outcome)) return outcome;",
        replace: "if (!replacesRunningJob(situation, {})) return outcome;",
      },
    ],
    workloads: ["jars-missing"],
    kinds: ["crash"],
  },
  {
    name: "session-job-down-for-a-jar",
    fault: "starts a session job that its cluster has lost as an edit whose jar cannot be fetched",
    edits: [
      {
        file: session("editDuringStart"),
        find: "spec.job?.jarURI === undefined || !startsPreviousSpec(situation)",
        replace: "spec.job?.jarURI === undefined || startsPreviousSpec(situation)",
      },
    ],
    workloads: ["session-missing-jar-cluster-lost"],
    kinds: ["crash"],
  },
  {
    name: "session-redeployment-overruled",
    fault: "starts a redeployed session job from what Flink still tells of the state that its user gave up",
    edits: [
      {
        file: session("submission"),
        find: "isRedeployment(situation) && situation.status.jobStatus?.startTime === undefined;",
        replace: "isRedeployment(situation) && situation.now < 0;",
      },
    ],
    workloads: ["session-redeploy-nonce"],
    kinds: ["outage"],
  },
  {
    name: "ended-job-cancelled",
    fault:
      "cancels a session job again after its stop with savepoint has ended, which Flink logs as an error",
    edits: [
      {
        file: "core/job/suspension/cancelOnce.ts",
        find: "return isToCancel ? -1 : reconciliationTimestamp;",
        replace: "return isToCancel ? -1 : Math.min(-1, reconciliationTimestamp);",
      },
    ],
    workloads: ["session-cluster-upgrade-without-ha", "standalone-session-mortal"],
    kinds: ["crash"],
  },
];

/** By the part of the operator that has the mistake. */
export const mutants: readonly Mutant[] = [
  ...orderMutants,
  ...jobMutants,
  ...snapshotMutants,
  ...sessionMutants,
  ...specMutants,
  ...disruptionMutants,
  ...scalingMutants,
  ...blueGreenMutants,
  ...runtimeMutants,
  ...clientMutants,
];

/** Throws where there is none of this name. */
export function mutantOf(name: string): Mutant {
  const mutant = mutants.find((each) => each.name === name);
  if (mutant !== undefined) return mutant;
  throw new Error(`no mutant "${name}"; there are: ${mutants.map((each) => each.name).join(", ")}`);
}
