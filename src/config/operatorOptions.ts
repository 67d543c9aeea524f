import { boolean, declare, duration, integer, list, oneOf, string } from "./option.ts";

const operator = declare("operator");
const resource = declare("resource");

export const operatorOptions = {
  watchedNamespaces: operator(
    "kubernetes.operator.watched.namespaces",
    list,
    "Namespaces whose resources this operator looks after; absent: all. The environment variable WATCH_NAMESPACES " +
      "goes before it.",
  ),
  reconcileParallelism: operator(
    "kubernetes.operator.reconcile.parallelism",
    integer,
    "Resources worked on at a time. A pass never waits for a job or a JobManager, so few are enough.",
    { default: "50" },
  ),
  retryMaxInterval: operator(
    "kubernetes.operator.retry.max.interval",
    duration,
    "Longest pause between two tries of what keeps failing.",
    { default: "1 min" },
  ),
  reconcileInterval: operator(
    "kubernetes.operator.reconcile.interval",
    duration,
    "How often a resource at rest, and the job overview of its JobManager, is looked at.",
    { default: "1 min" },
  ),
  progressCheckInterval: operator(
    "kubernetes.operator.observer.progress-check.interval",
    duration,
    "How often a resource in transition is looked at where nothing is heard of it.",
    { default: "10 s" },
  ),
  flinkClientTimeout: operator(
    "kubernetes.operator.flink.client.timeout",
    duration,
    "How long a JobManager may be silent before it does not count as ready any more.",
    { default: "10 s" },
  ),
  jobManagerRecovery: resource(
    "kubernetes.operator.jm-deployment-recovery.enabled",
    boolean,
    "Create a lost JobManager Deployment again, from its HA metadata or, for stateless jobs, empty.",
    { default: "true" },
  ),
  lastStateFallback: resource(
    "kubernetes.operator.job.upgrade.last-state-fallback.enabled",
    boolean,
    "Upgrade a job that cannot take a savepoint, since it does not run, by last-state.",
    { default: "true" },
  ),
  lastStateJobCancel: resource(
    "kubernetes.operator.job.upgrade.last-state.job-cancel.enabled",
    boolean,
    "Take a job down for a last-state upgrade by cancelling it also where there is HA metadata.",
    { default: "false" },
  ),
  lastStateMaxCheckpointAge: resource(
    "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age",
    duration,
    "Upgrade a running last-state job by savepoint where its newest checkpoint is older.",
  ),
  periodicSavepointInterval: resource(
    "kubernetes.operator.periodic.savepoint.interval",
    string,
    "How often, or on which Quartz cron schedule, a running job takes a savepoint.",
  ),
  rollback: resource(
    "kubernetes.operator.deployment.rollback.enabled",
    boolean,
    "Go back to the last stable spec where an upgrade does not become ready in time.",
    { default: "false" },
  ),
  healthCheck: resource(
    "kubernetes.operator.cluster.health-check.enabled",
    boolean,
    "Restart a job that keeps failing or does not complete checkpoints.",
    { default: "false" },
  ),
  savepointFormat: resource(
    "kubernetes.operator.savepoint.format.type",
    oneOf("CANONICAL", "NATIVE"),
    "Format of the savepoints that the operator takes.",
    { default: "CANONICAL" },
  ),
  jobManagerStartupProbe: resource(
    "kubernetes.operator.jm-deployment.startup.probe.enabled",
    boolean,
    "Give the JobManager's container a startup probe on its REST API, unless the pod template has one.",
    { default: "true" },
  ),
  podTemplateMergeArraysByName: resource(
    "kubernetes.operator.pod-template.merge-arrays-by-name",
    boolean,
    "Merge the lists of two pod templates by the elements' `name`, where all have one, and not by position.",
    { default: "false" },
  ),
} as const;
