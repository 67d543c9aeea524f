import { boolean, declare, duration, list, map, string } from "../option.ts";

const operator = declare("operator");
const option = declare("resource");

/** Options for starting, upgrading and stopping jobs. */
export const jobOptions = {
  // Upgrade
  lastStateFallback: option(
    "kubernetes.operator.job.upgrade.last-state-fallback.enabled",
    boolean,
    "Upgrade a job that cannot take a savepoint, since it does not run, by last-state.",
    { default: "true" },
  ),
  lastStateJobCancel: option(
    "kubernetes.operator.job.upgrade.last-state.job-cancel.enabled",
    boolean,
    "Take a job down for a last-state upgrade by cancelling it also where there is HA metadata.",
    { default: "false" },
  ),
  lastStateMaxCheckpointAge: option(
    "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age",
    duration,
    "Upgrade a running last-state job by savepoint where its newest checkpoint is older.",
  ),
  ignorePendingSavepoint: option(
    "kubernetes.operator.job.upgrade.ignore-pending-savepoint",
    boolean,
    "Upgrade at once, although a savepoint that somebody asked for is being taken.",
    { default: "false" },
  ),
  inPlaceScaling: option(
    "kubernetes.operator.job.upgrade.inplace-scaling.enabled",
    boolean,
    "Change the parallelism of a running job through Flink's own API where Flink can, without a restart.",
    { default: "true" },
  ),

  // Stop
  savepointOnDeletion: option(
    "kubernetes.operator.job.savepoint-on-deletion",
    boolean,
    "Take a savepoint when the resource is deleted.",
    { default: "false" },
  ),
  drainOnSavepointDeletion: option(
    "kubernetes.operator.job.drain-on-savepoint-deletion",
    boolean,
    "Let the job finish what is in its pipeline before that savepoint.",
    { default: "false" },
  ),
  restartFailed: option(
    "kubernetes.operator.job.restart.failed",
    boolean,
    "Start a job again that has ended as FAILED.",
    { default: "false" },
  ),

  // Session jobs
  submissionTimeout: operator(
    "kubernetes.operator.job.submission.timeout",
    duration,
    "How long each part of a session job's start may take: its jar's way here, its upload, its main method. And how long one of the `jars` of " +
      "an application may be on its way.",
    { default: "10 min" },
  ),
  artifactSchemes: operator(
    "kubernetes.operator.user.artifacts.allowed-schemes",
    list,
    "Schemes that the jarURI of a session job and the `jars` of an application may have: https, http, s3 (s3a, s3p), local and file. Not " +
      "to be set in a resource.",
    { default: "https" },
  ),
  artifactDirectory: operator(
    "kubernetes.operator.user.artifacts.base.dir",
    string,
    "Directory of the operator's container that local jars are in, and those that are kept.",
    { default: "/opt/flink/artifacts" },
  ),
  artifactRestrictedHosts: operator(
    "kubernetes.operator.user.artifacts.disallow-restricted-hosts",
    boolean,
    "Refuse a jarURI of a session job, or one of the `jars` of an application, whose host, or one that it leads to, has any address that is " +
      "not of the public internet. Not to be set in a resource.",
    { default: "true" },
  ),
  artifactHeaders: option(
    "kubernetes.operator.user.artifacts.http.header",
    map,
    "HTTP headers to send when a jar of a session job, or one of the `jars` of an application, is downloaded. For the latter, only those that " +
      "the resource itself sets: they are in a ConfigMap.",
  ),

  // Session clusters
  sessionBlockOnSessionJobs: option(
    "kubernetes.operator.session.deletion.block-on-session-jobs",
    boolean,
    "Do not delete a session cluster while FlinkSessionJobs name it.",
    { default: "true" },
  ),
  sessionBlockOnUnmanagedJobs: option(
    "kubernetes.operator.session.deletion.block-on-unmanaged-jobs",
    boolean,
    "Do not delete a session cluster while jobs run in it that no FlinkSessionJob started.",
    { default: "true", deprecatedKeys: ["kubernetes.operator.session.block-on-unmanaged-jobs"] },
  ),
} as const;
