import {
  amount,
  boolean,
  declare,
  disruptionWindows,
  duration,
  integer,
  memorySize,
  oneOf,
  string,
  type ValueType,
} from "../option.ts";
import { ValueError } from "../values/valueError.ts";

const operator = declare("operator");
const option = declare("resource");

/** 0: none. */
const port: ValueType<number> = {
  name: integer.name,
  parse: (text) => {
    const value = integer.parse(text);
    if (value < 0 || value > 65_535)
      throw new ValueError(`"${text}" is no port: write a whole number, 0 to 65535`);
    return value;
  },
};

/** Recordings take memory of the operator, and are small. */
const recordingBytes: ValueType<bigint> = {
  name: memorySize.name,
  parse: (text) => {
    const bytes = memorySize.parse(text);
    if (bytes > 64n << 20n) throw new ValueError(`"${text}" is more than 64 mb`);
    return bytes;
  },
};

/** Our own options, which the Java operator does not have and ignores. */
export const ownOptions = {
  shards: operator(
    "kubernetes.operator.shards",
    integer,
    "Divide the namespaces among so many operators, 1 to 16, each with a lease of its own (docs/install.md). Needs leader " +
      "election. Read at the start.",
    { default: "1" },
  ),
  stableAfterCheckpoint: option(
    "kubernetes.operator.job.stable.after-checkpoint",
    boolean,
    "Count a new spec as stable only once its job has completed a checkpoint, and not as soon as it runs. " +
      "What is stable is what a rollback goes back to. Where Flink says that checkpointing is off, a job is stable when it runs.",
    { default: "false" },
  ),
  sqlCheck: option(
    "kubernetes.operator.job.sql-check.enabled",
    boolean,
    "Before a running SQL job is stopped for a new spec, have its script checked in a pod of the job's image, and compare the " +
      "state of both (docs/sql.md). `false`: a wrong script is found when the old job has been stopped.",
    { default: "true" },
  ),
  sqlCheckTimeout: option(
    "kubernetes.operator.job.sql-check.timeout",
    duration,
    "How long that check may take, with the time until its pod runs. Then the job stays as it is, and the check is repeated.",
    { default: "5 min" },
  ),
  warmUpgrade: option(
    "kubernetes.operator.job.upgrade.warm",
    boolean,
    "Have the new cluster of an upgrade by savepoint stand before the old job is stopped, so that the job is down for a few seconds " +
      "(docs/warm-upgrades.md). For that time it takes the resources twice.",
    { default: "false" },
  ),
  warmUpgradeTimeout: option(
    "kubernetes.operator.job.upgrade.warm.timeout",
    duration,
    "How long the new cluster of such an upgrade may take to stand. Then the job is upgraded without it.",
    { default: "5 min" },
  ),
  sessionUpgradeSavesJobs: option(
    "kubernetes.operator.session.upgrade.save-jobs.enabled",
    boolean,
    "Before a session cluster is replaced by a new spec, have its FlinkSessionJobs stop with their state saved, as their " +
      "upgradeMode says; they are submitted again from it. `false`: they go down with the cluster, as with the Java operator.",
    { default: "true" },
  ),
  sessionUpgradeTimeout: option(
    "kubernetes.operator.session.upgrade.save-jobs.timeout",
    duration,
    "How long a session cluster waits for its jobs before it is replaced all the same. A job that could not save its " +
      "state then goes on from its newest checkpoint, or says that a person is needed.",
    { default: "10 min" },
  ),
  upgradeApproval: option(
    "kubernetes.operator.upgrade.approval",
    oneOf("automatic", "manual"),
    "`manual`: an edit of the spec that stops or restarts what runs waits until it is approved for its generation " +
      "(docs/approval.md). Not for a FlinkBlueGreenDeployment.",
    { default: "automatic" },
  ),
  disruptionWindows: option(
    "kubernetes.operator.disruption.windows",
    disruptionWindows,
    "When what runs may be restarted for a change that is no edit of its resource. A list of maps with `schedule` (when a window " +
      "opens, as in a CronJob), `duration` and `timeZone` (default: Etc/UTC): " +
      '`[{schedule: "0 2 * * SAT", duration: 4 h, timeZone: Europe/Berlin}]`. Absent: at any time (docs/approval.md).',
  ),
  maxUnavailable: operator(
    "kubernetes.operator.disruption.max-unavailable",
    amount,
    "How many FlinkDeployments and FlinkSessionJobs of a namespace may be disrupted at once by changes that are no edits of them: " +
      "a number, or a percentage of all of the namespace. The others wait (docs/approval.md). 0: all wait. Absent: no limit.",
  ),
  disruptionFailureThreshold: operator(
    "kubernetes.operator.disruption.failure-threshold",
    amount,
    "How many of the resources that are disrupted at once must have failed to let the others wait on: a number, or a percentage " +
      "of how many may be disrupted. Has an effect with kubernetes.operator.disruption.max-unavailable.",
    { default: "50%" },
  ),
  disruptionStableTime: operator(
    "kubernetes.operator.disruption.stable-time",
    duration,
    "How long a resource that was restarted must be stable, with its tasks at work and without a restart of them, before another " +
      "one is disrupted in its place.",
    { default: "30 s" },
  ),
  disruptionProgressDeadline: operator(
    "kubernetes.operator.disruption.progress-deadline",
    duration,
    "A resource that was restarted and is not stable after this time counts as failed. From its stop, with the savepoint.",
    { default: "15 min" },
  ),
  resultStoreCleanup: option(
    "kubernetes.operator.job-result-store.cleanup.enabled",
    boolean,
    "Let the JobManager's pod remove the job result stores of the resource's earlier launches as it starts, where " +
      "high-availability.storageDir is on a volume that the pod mounts. On object stores they stay.",
    { default: "true" },
  ),
  cleanupDryRun: option(
    "kubernetes.operator.savepoint.cleanup.dry-run",
    boolean,
    "Remove no old snapshot, but tell in an Event which ones would go.",
    { default: "false" },
  ),
  disposalCluster: option(
    "kubernetes.operator.snapshot.disposal-cluster",
    string,
    "The FlinkDeployment of the same namespace whose JobManager deletes the data of savepoints where their own job has " +
      "none that answers. It must reach the same storage. Absent: they wait for the next run of their job.",
  ),
  artifactMaxSize: operator(
    "kubernetes.operator.user.artifacts.max-size",
    memorySize,
    "How large a session job's jar, or one of the `jars` of an application, may be. Not to be set in a resource.",
    { default: "2 gb" },
  ),
  jarFetcherImage: operator(
    "kubernetes.operator.user.artifacts.fetcher.image",
    string,
    "The operator's image, as pods of jobs can pull it: its init container fetches the `jars` of a job. The chart names the image " +
      "that it installs, in the environment variable `OPERATOR_IMAGE`, which is the default.",
  ),
  artifactCacheSize: operator(
    "kubernetes.operator.user.artifacts.cache.size",
    memorySize,
    "How much of the directory for jars may be taken by those that are kept: jars whose `jarURI` has a checksum. 0: none.",
    { default: "1 gb" },
  ),
  artifactParallelism: operator(
    "kubernetes.operator.user.artifacts.parallelism",
    integer,
    "How many jars may be on their way to the operator at a time.",
    { default: "4" },
  ),
  recordingSize: operator(
    "kubernetes.operator.recording.size",
    recordingBytes,
    "How much memory is used for the last passes that did something, of all FlinkDeployments and FlinkSessionJobs together, " +
      "compressed: about 3 KiB a pass, and at most 64 mb. `kubectl flink report` takes them along. 0: none are kept.",
    { default: "1 mb" },
  ),
  recordingDirectory: operator(
    "kubernetes.operator.recording.directory",
    string,
    "Where the recorded passes are written, too, a file for each resource, 500 at most: a folder of a volume that the operator's " +
      "pod mounts. Absent: they are in memory only.",
  ),
  recordingPort: operator(
    "kubernetes.operator.recording.port",
    port,
    "Where the operator hands recorded passes out: a port of its pod's loopback interface, which only `kubectl port-forward` " +
      "reaches. 0: nowhere. Read at the start.",
    { default: "8086" },
  ),
  perResourceMetrics: option(
    "kubernetes.operator.metrics.per-resource.enabled",
    boolean,
    "Have one more series for each resource, which names it and its state. The number of series then grows with that " +
      "of the resources.",
    { default: "false" },
  ),
} as const;
