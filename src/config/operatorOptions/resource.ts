import { boolean, declare, duration, integer, map } from "../option.ts";

const operator = declare("operator");
const option = declare("resource");

/** Options for the reconciles of a resource. */
export const resourceOptions = {
  // Intervals
  reconcileInterval: operator(
    "kubernetes.operator.reconcile.interval",
    duration,
    "How often a resource at rest, and the job overview of its JobManager, is looked at.",
    { default: "1 min", deprecatedKeys: ["kubernetes.operator.reconciler.reschedule.interval"] },
  ),
  progressCheckInterval: operator(
    "kubernetes.operator.observer.progress-check.interval",
    duration,
    "How often a resource in transition is looked at where nothing is heard of it.",
    { default: "10 s" },
  ),
  restReadyDelay: operator(
    "kubernetes.operator.observer.rest-ready.delay",
    duration,
    "How long the REST API must have answered before the JobManager counts as ready.",
    { default: "10 s" },
  ),
  cleanupTimeout: operator(
    "kubernetes.operator.resource.cleanup.timeout",
    duration,
    "How long a cluster may take to disappear before that is reported.",
    {
      default: "5 min",
      deprecatedKeys: ["kubernetes.operator.reconciler.flink.cluster.shutdown.timeout"],
    },
  ),

  // The JobManager
  jobManagerRecovery: option(
    "kubernetes.operator.jm-deployment-recovery.enabled",
    boolean,
    "Create a lost JobManager Deployment again, from its HA metadata or, for stateless jobs, empty.",
    {
      default: "true",
      deprecatedKeys: ["kubernetes.operator.reconciler.jm-deployment-recovery.enabled"],
    },
  ),
  jobManagerShutdownTtl: option(
    "kubernetes.operator.jm-deployment.shutdown-ttl",
    duration,
    "How long the JobManager of an application stays once its job has ended.",
    { default: "1 d" },
  ),
  jobManagerStartupProbe: option(
    "kubernetes.operator.jm-deployment.startup.probe.enabled",
    boolean,
    "Give the JobManager's container a startup probe on its REST API, unless the pod template has one.",
    { default: "true" },
  ),
  podTemplateMergeArraysByName: option(
    "kubernetes.operator.pod-template.merge-arrays-by-name",
    boolean,
    "Merge the lists of two pod templates by the elements' `name`, where all have one, and not by position.",
    { default: "false" },
  ),

  // Rollback
  rollback: option(
    "kubernetes.operator.deployment.rollback.enabled",
    boolean,
    "Go back to the last stable spec where an upgrade does not become ready in time.",
    { default: "false" },
  ),
  readinessTimeout: option(
    "kubernetes.operator.deployment.readiness.timeout",
    duration,
    "The time that an upgrade has to become stable.",
    { default: "5 min" },
  ),

  // Health
  healthCheck: option(
    "kubernetes.operator.cluster.health-check.enabled",
    boolean,
    "Restart a job that keeps failing or does not complete checkpoints.",
    { default: "false" },
  ),
  healthCheckRestarts: option(
    "kubernetes.operator.cluster.health-check.restarts.threshold",
    integer,
    "Restarts in one window above which a job counts as unhealthy.",
    { default: "64" },
  ),
  healthCheckRestartsWindow: option(
    "kubernetes.operator.cluster.health-check.restarts.window",
    duration,
    "The window that restarts are counted in.",
    { default: "2 min" },
  ),
  healthCheckProgress: option(
    "kubernetes.operator.cluster.health-check.checkpoint-progress.enabled",
    boolean,
    "Count a job as unhealthy, too, where no checkpoint completes.",
    { default: "true" },
  ),
  healthCheckProgressWindow: option(
    "kubernetes.operator.cluster.health-check.checkpoint-progress.window",
    duration,
    "The window in which at least one checkpoint must complete; absent: derived from the job's own intervals.",
  ),

  // Errors
  errorStackTrace: operator(
    "kubernetes.operator.exception.stacktrace.enabled",
    boolean,
    "Have the stack trace in `status.error`.",
    { default: "false" },
  ),
  errorStackTraceLength: operator(
    "kubernetes.operator.exception.stacktrace.max.length",
    integer,
    "Characters of the stack trace that are kept.",
    { default: "2048" },
  ),
  errorFieldLength: operator(
    "kubernetes.operator.exception.field.max.length",
    integer,
    "Characters of each text in `status.error` that are kept.",
    { default: "2048" },
  ),
  errorCauses: operator(
    "kubernetes.operator.exception.throwable.list.max.count",
    integer,
    "Causes of an error that `status.error` names.",
    { default: "2" },
  ),
  errorLabels: option(
    "kubernetes.operator.exception.label.mapper",
    map,
    "Labels by regular expression: those whose expression matches an error's message go into `status.error`. " +
      "Read from the operator's configuration and its defaults for namespaces and versions only.",
  ),
  exceptionEvents: operator(
    "kubernetes.operator.events.exceptions.limit-per-reconciliation",
    integer,
    "Exceptions of a job that one pass makes events of, at most.",
    { default: "10" },
  ),
  exceptionEventLines: operator(
    "kubernetes.operator.events.exceptions.stacktrace-lines",
    integer,
    "Lines of the stack trace in such an event.",
    { default: "5" },
  ),
} as const;
