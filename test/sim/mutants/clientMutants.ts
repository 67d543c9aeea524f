import { type Mutant, outOfReach } from "./mutant.ts";

const simulatedKube = "the simulation has its own client of the API server";
const simulatedFlink = "the simulation has its own client of JobManagers";
const noMetrics = "the simulated operator has no metrics";
const noWebhook = "the simulation has no webhook";

/** Mistakes in the clients, the poller, the webhook and the metrics. */
export const clientMutants: readonly Mutant[] = [
  outOfReach(simulatedKube, {
    name: "second-page-not-read",
    fault: "reads only the first page of a list",
    edits: [
      {
        file: "kube/list.ts",
        find: "token = page.metadata.continue || undefined;",
        replace: "token = undefined;",
      },
    ],
  }),
  outOfReach(simulatedKube, {
    name: "expired-list-not-repeated",
    fault: "gives up a list whose pages expire while it reads them",
    edits: [{ file: "kube/list.ts", find: "if (!isExpired(error)) throw error;", replace: "throw error;" }],
  }),
  outOfReach(simulatedKube, {
    name: "watch-error-skipped",
    fault: "goes on with a watch after the error that says that its version has expired",
    edits: [
      {
        file: "kube/watch.ts",
        find: "throw errorFromEvent(what, object);",
        replace:
          'return { type: "BOOKMARK", resourceVersion: object.metadata.resourceVersion ?? errorFromEvent(what, object).reason, initialEventsEnd: false };',
      },
    ],
  }),
  outOfReach(simulatedKube, {
    name: "retry-after-ignored",
    fault: "does not wait as long as an overloaded API server asks in its header",
    edits: [
      {
        file: "kube/answer.ts",
        find: "seconds(retryAfter) ?? status?.details?.retryAfterSeconds",
        replace: "seconds(undefined) ?? status?.details?.retryAfterSeconds",
      },
    ],
  }),
  outOfReach(simulatedKube, {
    name: "deletion-of-absent-fails",
    fault: "fails a deletion whose object is gone already",
    edits: [
      {
        file: "kube/client.ts",
        find: "if (!isNotFound(error)) throw error;",
        replace: "if (isNotFound(error) || error !== undefined) throw error;",
      },
    ],
  }),
  outOfReach(simulatedFlink, {
    name: "any-404-unknown-trigger",
    fault: "takes any 404 for Flink's word that it does not know the savepoint",
    edits: [
      {
        file: "flink/client.ts",
        find: 'isErrorWith(error, "There is no savepoint operation", 404)',
        replace: 'isErrorWith(error, "", 404)',
      },
    ],
  }),
  outOfReach(simulatedFlink, {
    name: "ended-job-cancel-fails",
    fault: "takes a failed cancel of a job that has ended already for an error",
    edits: [
      {
        file: "flink/client.ts",
        find: 'isErrorWith(error, "already reached another terminal state")',
        replace: 'isErrorWith(error, "already reached another terminal state", 404)',
      },
    ],
  }),
  outOfReach(simulatedFlink, {
    name: "timeout-taken-for-refusal",
    fault: "takes a request without a response for one that has never arrived",
    edits: [
      {
        file: "flink/exchange.ts",
        find: 'const timeout = new FlinkRestError(0, "timeout",',
        replace: 'const timeout = new FlinkRestError(0, "refused",',
      },
    ],
  }),
  outOfReach(simulatedFlink, {
    name: "restore-mode-by-wrong-version",
    fault: "sends the name of the claim mode that only a newer Flink understands",
    edits: [
      {
        file: "flink/client.ts",
        find: 'isAtLeast(flinkVersion, "v1_20") ? "claimMode" : "restoreMode"',
        replace: 'isAtLeast(flinkVersion, "v1_17") ? "claimMode" : "restoreMode"',
      },
    ],
  }),
  {
    name: "uncertain-submission-certain",
    fault: "takes a submission without a response for refused, and so submits a session job twice",
    edits: [
      {
        file: "flink/submitter.ts",
        find: 'error.kind !== "answered" && error.kind !== "refused"',
        replace: 'error.kind === "broken"',
      },
    ],
    workloads: ["session-deploy", "session-upgrade-savepoint"],
    kinds: ["rest"],
  },
  {
    name: "submission-kept",
    fault: "keeps the submission of a deleted session job in memory",
    edits: [
      {
        file: "flink/submitter.ts",
        find: "      known.delete(key);",
        replace: "      known.get(key);",
      },
    ],
    workloads: ["session-delete"],
    kinds: [],
  },
  {
    name: "operations-kept",
    fault: "keeps the followed operations of a deleted resource in memory",
    edits: [
      {
        file: "flink/poller.ts",
        find: "if (!targets.has(key) && operations.get(key)?.size === 0) operations.delete(key);",
        replace: "if (targets.has(key) && operations.get(key)?.size === 0) operations.delete(key);",
      },
    ],
    workloads: ["snapshot-clean-up", "delete-running"],
    kinds: [],
  },
  {
    name: "poll-now-ignored",
    fault: "asks a JobManager only at its next turn after it has changed a job there",
    edits: [
      {
        file: "flink/pollSchedule.ts",
        find: "requestedAt > state.pollRequestedAt ? dueAt :",
        replace: "requestedAt > state.pollRequestedAt - 3_600_000 ? dueAt :",
      },
    ],
    workloads: ["upgrade-savepoint", "session-upgrade-savepoint"],
    kinds: [],
  },
  {
    name: "slow-for-ever",
    fault: "asks a JobManager that was slow once as rarely as one that never answers, for ever",
    edits: [
      {
        file: "flink/poller.ts",
        find: 'jobManager.unresponsive = failure === "timeout";',
        replace: 'jobManager.unresponsive ||= failure === "timeout";',
      },
    ],
    workloads: ["silent-jobmanager-edited", "upgrade-savepoint"],
    kinds: ["rest"],
  },
  outOfReach(noMetrics, {
    name: "retries-counted-twice",
    fault: "counts every pass after a failed one as a retry, however long ago that was",
    edits: [
      {
        file: "controllers/metrics/frameworkMetrics.ts",
        find: "if (failing.delete(whose)) retries.add(of);",
        replace: "if (failing.has(whose)) retries.add(of);",
      },
    ],
  }),
  outOfReach(noMetrics, {
    name: "failed-request-counted-as-answered",
    fault: "counts a request without a response among the responses of the API server too",
    edits: [
      {
        file: "controllers/metrics/kubeClientMetrics.ts",
        find: 'if (status === 0) return void count("HttpRequest_Failed");',
        replace: 'if (status === 0) count("HttpRequest_Failed");',
      },
    ],
  }),
  outOfReach(noMetrics, {
    name: "window-one-too-long",
    fault: "computes quantiles over one value more than the configuration says",
    edits: [
      {
        file: "telemetry/metrics/window.ts",
        find: "one.at = (one.at + 1) % size;",
        replace: "one.at = (one.at + 1) % (size + 1);",
      },
    ],
  }),
  outOfReach(noMetrics, {
    name: "lifecycle-of-deleted-kept",
    fault: "measures a resource on from the times of a deleted one that had its name",
    edits: [
      {
        file: "controllers/metrics/lifecycleMetrics.ts",
        find: "      tracks.delete(key);\n",
        replace: "",
      },
    ],
  }),
  outOfReach(noMetrics, {
    name: "old-snapshots-in-no-bucket",
    fault: "counts completed snapshots by the time since they were created and not completed",
    edits: [
      {
        file: "controllers/metrics/snapshotMetrics.ts",
        find: "const { status } = asFlinkStateSnapshot(object);\n    const age = now - Date.parse(status?.resultTimestamp",
        replace:
          "const { status, metadata } = asFlinkStateSnapshot(object);\n    const age = now - Date.parse(metadata.creationTimestamp",
      },
    ],
  }),
  outOfReach(noMetrics, {
    name: "otlp-buckets-cumulative",
    fault: "exports histogram buckets to OpenTelemetry that count each value several times",
    edits: [
      {
        file: "telemetry/metrics/otlp.ts",
        find: "bucket.value - (buckets[index - 1]?.value ?? 0)",
        replace: "bucket.value - (buckets[index]?.value ?? 0) + bucket.value",
      },
    ],
  }),
  outOfReach(noWebhook, {
    name: "unread-reference-refused",
    fault: "refuses a resource as if what it names did not exist where the API server could not be asked",
    edits: [
      {
        file: "admission/admit.ts",
        find: 'if (isKubeError(error)) return "unknown";',
        replace: 'if (isKubeError(error)) return "absent";',
      },
    ],
  }),
  outOfReach(noWebhook, {
    name: "deletion-validated",
    fault: "validates resources that are being deleted, and so keeps invalid ones from going",
    edits: [
      {
        file: "admission/admit.ts",
        find: 'labels?.[CANARY_LABEL] === "true" || deletionTimestamp !== undefined',
        replace: 'labels?.[CANARY_LABEL] === "true" || deletionTimestamp === ""',
      },
    ],
  }),
  outOfReach(noWebhook, {
    name: "session-label-of-older-cluster",
    fault: "keeps the label of the session cluster that a session job named before",
    edits: [
      {
        file: "admission/admit.ts",
        find: "if (labels?.[SESSION_LABEL] === name) return [];",
        replace: "if (labels?.[SESSION_LABEL] !== undefined) return [];",
      },
    ],
  }),
  outOfReach(noWebhook, {
    name: "certificate-switched-unpublished",
    fault: "serves a new certificate before every webhook configuration trusts its authority",
    edits: [
      {
        file: "admission/certificates/decideStep.ts",
        find: 'return published ? { kind: "switch" }',
        replace: 'return published || settled > 0 ? { kind: "switch" }',
      },
    ],
  }),
];
