import { type Mutant, outOfReach } from "./mutant.ts";

const eventsStay = "simulated Events do not expire";
const noElection = "the simulated operator always leads";
const election = (file: string) => `runtime/leaderElection/${file}.ts`;

/** Mistakes in the queue, the watches, the stores, the events, leader election and the controllers around them. */
export const runtimeMutants: readonly Mutant[] = [
  {
    name: "wake-during-pass-lost",
    fault: "forgets a change that comes while the resource is being reconciled",
    edits: [
      {
        file: "runtime/queue.ts",
        find: 'if (entry.waiting !== undefined && state === "working") ready[entry.waiting.priority].add(key);',
        replace: "entry.waiting = undefined;",
      },
    ],
    workloads: ["upgrade-savepoint", "midway-upgrade-edited-savepoint"],
    kinds: ["lag"],
  },
  {
    name: "backoff-not-reset",
    fault: "retries a resource ever more slowly, also after passes that succeeded in between",
    edits: [
      {
        file: "runtime/queue.ts",
        find: "      entry.failures = 0;\n",
        replace: "",
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["outage"],
  },
  {
    name: "deletion-during-list-ignored",
    fault: "keeps an object that is deleted while a watch sends its initial list",
    edits: [
      {
        file: "runtime/watcher.ts",
        find: 'relist[event.type === "DELETED" ? "deleted" : "applied"](event.object);',
        replace: "relist.applied(event.object);",
      },
    ],
    workloads: ["upgrade-last-state"],
    kinds: ["stale", "unobserved"],
  },
  {
    name: "restored-server-believed",
    fault: "follows a watch whose events are older than what it has seen",
    edits: [
      {
        file: "runtime/watcher.ts",
        find: "if (compareResourceVersions(resourceVersion, watching.resourceVersion) < 0) {",
        replace: 'if (resourceVersion === "") {',
      },
    ],
    workloads: ["upgrade-savepoint"],
    kinds: ["stale", "unobserved"],
  },
  {
    name: "watch-backoff-not-reset",
    fault: "waits ever longer before it opens a broken watch again, however long the last one worked",
    edits: [{ file: "runtime/watcher.ts", find: "if (stable) failures = 0;", replace: "" }],
    workloads: ["upgrade-savepoint"],
    kinds: ["outage"],
  },
  {
    name: "relist-forgets-own-write",
    fault: "takes an object that it has just created for deleted where an older list does not have it",
    edits: [
      {
        file: "runtime/store.ts",
        find: "(key) => !listed.has(key) && !ownWrites.isAbsenceStale(key, resourceVersion),",
        replace: "(key) => !listed.has(key),",
      },
    ],
    workloads: ["upgrade-last-state", "first-deploy"],
    kinds: ["outage", "unobserved", "stale"],
  },
  {
    name: "index-entry-kept",
    fault: "keeps an index entry for every value that any object ever had",
    edits: [
      {
        file: "runtime/indices.ts",
        find: "            if (found?.size === 0) keys.delete(value);\n",
        replace: "",
      },
    ],
    workloads: ["delete-running"],
    kinds: [],
  },
  {
    name: "event-repeated-once-per-pass",
    fault: "counts an event up in every pass that was to be recorded once",
    edits: [
      {
        file: "runtime/eventRecorder.ts",
        find: "if (once === true || (at !== undefined",
        replace: "if ((once === true && now === lastSeenMs) || (at !== undefined",
      },
    ],
    workloads: ["snapshot-of-the-newest", "session-delete"],
    kinds: [],
  },
  {
    name: "suppressed-events-not-counted",
    fault: "loses the occurrences of an event that the rate limit held back",
    edits: [
      {
        file: "runtime/eventRecorder.ts",
        find: "const count = state.count + state.unreported + 1;",
        replace: "const count = state.count + 1;",
      },
    ],
    workloads: [],
    kinds: [],
  },
  outOfReach(eventsStay, {
    name: "expired-event-not-created",
    fault: "records an event no more once the API server has deleted its first record",
    edits: [
      {
        file: "runtime/eventRecorder.ts",
        find: "      if (!isNotFound(error)) throw error;\n      // The server deletes",
        replace: "      if (error !== undefined) throw error;\n      // The server deletes",
      },
    ],
  }),
  {
    name: "event-of-namesake",
    fault: "counts the events of a resource on those of a deleted one that had its name",
    edits: [
      {
        file: "runtime/eventName.ts",
        find: "reason + keyOrMessage + type + kind + name + uid",
        replace: "reason + keyOrMessage + type + kind + name + uid.slice(0, 0)",
      },
    ],
    workloads: [],
    kinds: [],
  },
  outOfReach(noElection, {
    name: "lease-counted-from-answer",
    fault: "counts its lease from the answer to a renewal and not from the request",
    edits: [{ file: election("elector"), find: "    lead(at);\n", replace: "    lead(now());\n" }],
  }),
  outOfReach(noElection, {
    name: "leads-past-deadline",
    fault: "acts as the leader after its lease has run out, until it is told that it has lost it",
    edits: [
      {
        file: election("elector"),
        find: 'const isLeading = (): boolean => state === "leading" && isValid();',
        replace: 'const isLeading = (): boolean => state === "leading";',
      },
    ],
  }),
  outOfReach(noElection, {
    name: "lease-renewed-blindly",
    fault: "renews its lease on its old view after a write without a response",
    edits: [
      {
        file: election("elector"),
        find: 'state === "leading" && view !== undefined && !mayBeStale ? view',
        replace: 'state === "leading" && view !== undefined ? view',
      },
    ],
  }),
  outOfReach(noElection, {
    name: "lease-taken-early",
    fault: "takes a lease after its own lease duration, though its holder asked for a longer one",
    edits: [
      {
        file: election("lease"),
        find: "Math.max(timing.leaseDurationMs, leaseDurationSeconds * 1000)",
        replace: "Math.min(timing.leaseDurationMs, leaseDurationSeconds * 1000)",
      },
    ],
  }),
  outOfReach(noElection, {
    name: "shards-of-another-number-ignored",
    fault: "acts for a shard beside operators that divide the namespaces by another number",
    edits: [
      {
        file: election("shardElector"),
        find: "!isLost && chosen?.elector.isLeading() === true && group?.isLeading() === true;",
        replace: "!isLost && chosen?.elector.isLeading() === true;",
      },
      {
        file: election("shardElector"),
        find: "onLeading: () => join(signal),",
        replace: "onLeading: () => { join(signal); begin(); },",
      },
      {
        file: election("shardElector"),
        find: "      onLeading: begin,",
        replace: "      onLeading: () => {},",
      },
    ],
  }),
  outOfReach(noElection, {
    name: "shards-released-under-the-others",
    fault: "releases the lease of all shards as it ends, though others still act for theirs",
    edits: [{ file: election("shardElector"), find: "      mayRelease: allAreFree,\n", replace: "" }],
  }),
  outOfReach(noElection, {
    name: "second-shard-kept",
    fault: "keeps a second shard that is in its name, and never acts for it",
    edits: [
      {
        file: election("shardElector"),
        find: "    for (const each of surplus) await giveBack(each);\n",
        replace: "",
      },
    ],
  }),
  outOfReach(noElection, {
    name: "shards-not-filtered",
    fault: "acts for the resources of other shards, too",
    edits: [
      {
        file: "controllers/operator.ts",
        find: 'if (owns(key.slice(0, key.indexOf("/")))) queue.add(key, priority);',
        replace: "queue.add(key, priority);",
      },
    ],
  }),
  outOfReach(noElection, {
    name: "shards-forget-dependents",
    fault: "does not know the resources of other shards that may still be restored from a snapshot",
    edits: [
      {
        file: "controllers/stores.ts",
        find: "    { type: resourceTypes.flinkDeployment, store: stores.resources, labelSelector },",
        replace: "    own({ type: resourceTypes.flinkDeployment, store: stores.resources, labelSelector }),",
      },
    ],
  }),
  outOfReach(noElection, {
    name: "deletes-while-not-leading",
    fault: "deletes objects while it is not the leader",
    edits: [
      {
        file: "controllers/fence.ts",
        find: "delete: guard(mayAct, kube.delete, refuse),",
        replace: "delete: kube.delete,",
      },
    ],
  }),
  {
    name: "replacement-told-late",
    fault: "does not wake session jobs when their cluster is about to be replaced",
    edits: [{ file: "controllers/enqueue.ts", find: "      status?.replacement,\n", replace: "" }],
    workloads: ["session-cluster-upgrade", "session-cluster-upgrade-without-ha"],
    kinds: [],
  },
  {
    name: "own-snapshot-not-queued",
    fault: "does not queue a FlinkStateSnapshot that it has created itself",
    edits: [
      {
        file: "controllers/enqueue.ts",
        find: "if (!own || old === undefined) queues.FlinkStateSnapshot",
        replace: "if (!own) queues.FlinkStateSnapshot",
      },
    ],
    workloads: ["snapshot-nonces", "snapshot-periodic"],
    kinds: [],
  },
  {
    name: "conflict-taken-for-written",
    fault: "takes a status that another writer's change kept from being written for written",
    edits: [
      {
        file: "controllers/job/controller.ts",
        find: "if (isConflict(error)) return false;",
        replace: 'if (isConflict(error)) return "written";',
      },
    ],
    workloads: ["upgrade-savepoint", "midway-upgrade-edited-savepoint"],
    kinds: ["lag", "unobserved"],
  },
  {
    name: "status-failure-ignored",
    fault: "goes on as if the status were written where the API server did not take it",
    edits: [
      {
        file: "controllers/job/controller.ts",
        find: '"the status could not be written");\n      return false;',
        replace: '"the status could not be written");\n      return "written";',
      },
    ],
    workloads: ["upgrade-savepoint", "first-deploy-ha"],
    kinds: ["outage"],
  },
  {
    name: "intents-wait",
    fault: "lets a status with an intent wait to be written together with a later one",
    edits: [
      {
        file: "core/job/status/statusDelay.ts",
        find: "return completesLaunch(before, next, actions) ? statusDelays.progress : statusDelays.none;",
        replace: "return statusDelays.progress;",
      },
    ],
    workloads: ["first-deploy", "upgrade-savepoint"],
    kinds: ["crash"],
  },
  {
    name: "progress-never-written",
    fault: "puts off a status that may wait for as long as nothing else is written",
    edits: [
      {
        file: "controllers/job/unwrittenStatuses.ts",
        find: "return known.since + delayMs - now;",
        replace: "return delayMs;",
      },
    ],
    workloads: ["first-deploy", "delete-never-started"],
    kinds: ["rest"],
  },
  {
    name: "status-written-in-every-pass",
    fault: "writes the status in every pass, also where nothing has changed",
    edits: [
      {
        file: "controllers/job/controller.ts",
        find: 'if (isSame) {\n      unwritten.remove(key);\n      return "same";\n    }',
        replace: "",
      },
    ],
    workloads: ["first-deploy"],
    kinds: [],
  },
  {
    name: "pod-log-kept",
    fault: "keeps the log of a deleted resource in memory",
    edits: [{ file: "controllers/job/controller.ts", find: "        podLogs.delete(key);\n", replace: "" }],
    workloads: ["delete-never-started", "delete-running"],
    kinds: [],
  },
  {
    name: "failures-of-an-older-edit",
    fault: "counts the failures of an edit on those of the edit before, and so gives it up at once",
    edits: [
      {
        file: "controllers/job/failedAttempts.ts",
        find: "before.generation === generation ? before.times + 1 : 1",
        replace: "before.times + 1",
      },
    ],
    workloads: ["rollback-quota"],
    kinds: [],
  },
  {
    name: "retries-not-spaced",
    fault: "goes on with short retries after the last attempt that the configuration allows",
    edits: [
      {
        file: "controllers/job/retryDelay.ts",
        find: "maxAttempts >= 0 && failures > maxAttempts",
        replace: "maxAttempts < 0 && failures > maxAttempts",
      },
    ],
    workloads: ["rollback-quota"],
    kinds: [],
  },
  {
    name: "wrong-finalizers-removed",
    fault: "removes the finalizers of other controllers together with its own",
    edits: [
      {
        file: "controllers/removeFinalizer.ts",
        find: '{ op: "remove", path }',
        replace: '{ op: "remove", path: "/metadata/finalizers" }',
      },
    ],
    workloads: ["delete-running"],
    kinds: [],
  },
  {
    name: "lost-create-not-read",
    fault: "does not look whether a Deployment exists whose creation got no response",
    edits: [
      {
        file: "controllers/job/act.ts",
        find: "isAlreadyExists(error) || isTransient(error);",
        replace: "isAlreadyExists(error) && isTransient(error);",
      },
    ],
    workloads: ["upgrade-last-state", "first-deploy"],
    kinds: ["outage", "late"],
  },
  {
    name: "autoscaler-map-deleted",
    fault: "deletes the ConfigMap of the autoscaler, which another writer keeps, with those of the cluster",
    edits: [
      {
        file: "controllers/job/haConfigMaps.ts",
        find: ",${COMPONENT_LABEL}!=autoscaler`",
        replace: "`",
      },
    ],
    workloads: ["delete-running"],
    kinds: [],
  },
];
