import {
  boolean,
  commaList,
  declare,
  double,
  duration,
  integer,
  labelSelector,
  oneOf,
  string,
} from "../option.ts";

const option = declare("operator");

/** Options of the operator's process. Those for its start are read only once. */
export const processOptions = {
  // Watches
  watchedNamespaces: option(
    "kubernetes.operator.watched.namespaces",
    commaList,
    "Namespaces whose resources this operator looks after, separated by commas; absent: all. The environment " +
      "variable WATCH_NAMESPACES goes before it.",
  ),
  dynamicNamespaces: option(
    "kubernetes.operator.dynamic.namespaces.enabled",
    boolean,
    "Follow a change of the watched namespaces without a restart.",
    { default: "false" },
  ),
  labelSelector: option(
    "kubernetes.operator.label.selector",
    labelSelector,
    "Look only after resources whose labels match this selector.",
  ),
  stopOnInformerError: option(
    "kubernetes.operator.startup.stop-on-informer-error",
    boolean,
    "End the process where something that must be watched cannot be.",
    { default: "true" },
  ),
  ingressManage: option(
    "kubernetes.operator.ingress.manage",
    boolean,
    "Look after Ingresses and HTTPRoutes. Where off, those that are there stay as they are, and the operator needs no right to them.",
    { default: "true" },
  ),

  // Dynamic configuration
  dynamicConfig: option(
    "kubernetes.operator.dynamic.config.enabled",
    boolean,
    "Read the operator's configuration file again while the operator runs.",
    { default: "true" },
  ),
  dynamicConfigInterval: option(
    "kubernetes.operator.dynamic.config.check.interval",
    duration,
    "How often the files are looked at besides, should a change not have been told.",
    { default: "5 min" },
  ),
  configCacheSize: option(
    "kubernetes.operator.config.cache.size",
    integer,
    "How many resources' effective configurations are kept.",
    { default: "1000" },
  ),
  configCacheTimeout: option(
    "kubernetes.operator.config.cache.timeout",
    duration,
    "How long one is kept after its last use.",
    { default: "10 min" },
  ),

  // Concurrency
  reconcileParallelism: option(
    "kubernetes.operator.reconcile.parallelism",
    integer,
    "Resources worked on at a time. A pass never waits for a job or a JobManager, so few are enough.",
    { default: "50", deprecatedKeys: ["kubernetes.operator.reconciler.max.parallelism"] },
  ),
  rateLimit: option(
    "kubernetes.operator.rate-limiter.limit",
    integer,
    "Passes that one resource may have in each period; 0 or less: any number.",
    { default: "5" },
  ),
  rateLimitPeriod: option(
    "kubernetes.operator.rate-limiter.refresh-period",
    duration,
    "The period that the limit counts in.",
    { default: "15 s" },
  ),
  retryInitialInterval: option(
    "kubernetes.operator.retry.initial.interval",
    duration,
    "Pause before what failed is tried again for the first time. A resource can have its own. What may pass soon, such as " +
      "an API server that does not answer, is tried again within seconds at first.",
    { default: "5 s" },
  ),
  retryMultiplier: option(
    "kubernetes.operator.retry.interval.multiplier",
    double,
    "How many times longer each further pause is than the one before. A resource can have its own.",
    { default: "1.5" },
  ),
  retryMaxInterval: option(
    "kubernetes.operator.retry.max.interval",
    duration,
    "Longest pause between two tries of what keeps failing. A resource can have its own.",
    { default: "1 min" },
  ),
  retryMaxAttempts: option(
    "kubernetes.operator.retry.max.attempts",
    integer,
    "How often what keeps failing is tried again before the resource rests: it is then tried again after as long as that " +
      "many tries take at the longest pause, or as soon as it changes. Negative: it never rests. A resource can have its own.",
    { default: "15" },
  ),
  terminationTimeout: option(
    "kubernetes.operator.termination.timeout",
    duration,
    "How long passes may go on once the process is asked to end.",
    { default: "10 s" },
  ),

  // Flink
  flinkClientTimeout: option(
    "kubernetes.operator.flink.client.timeout",
    duration,
    "How long a JobManager may be silent before it does not count as ready any more.",
    { default: "10 s", deprecatedKeys: ["kubernetes.operator.observer.flink.client.timeout"] },
  ),
  flinkCancelTimeout: option(
    "kubernetes.operator.flink.client.cancel.timeout",
    duration,
    "How long a JobManager may take to answer a request to cancel or stop a job.",
    { default: "1 min", deprecatedKeys: ["kubernetes.operator.reconciler.flink.cancel.job.timeout"] },
  ),
  resourceViewRefreshInterval: option(
    "kubernetes.operator.cluster.resource-view.refresh-interval",
    duration,
    "How often the autoscaler counts what the nodes of the Kubernetes cluster have free, so that it adds no TaskManagers for which there is no room; 0 or negative: never. Needs `rbac.nodesRule.create` in the chart's values.",
    { default: "-1 min" },
  ),
  deletionPropagation: option(
    "kubernetes.operator.resource.deletion.propagation",
    oneOf("Orphan", "Background", "Foreground"),
    "What happens to the pods of a Deployment that is deleted. Only Foreground tells when nothing runs any more.",
    { default: "Foreground" },
  ),

  // Leader election
  leaderElection: option(
    "kubernetes.operator.leader-election.enabled",
    boolean,
    "Let several operators run, of which one works and the others stand by.",
    { default: "false" },
  ),
  leaseName: option(
    "kubernetes.operator.leader-election.lease-name",
    string,
    "Name of the Lease that they share. Needed with leader election.",
  ),
  leaseDuration: option(
    "kubernetes.operator.leader-election.lease-duration",
    duration,
    "How long a leader that is not heard of stays leader.",
    { default: "15 s" },
  ),
  leaseRenewDeadline: option(
    "kubernetes.operator.leader-election.renew-deadline",
    duration,
    "How long a leader may fail to renew its lease before it gives up.",
    { default: "10 s" },
  ),
  leaseRetryPeriod: option(
    "kubernetes.operator.leader-election.retry-period",
    duration,
    "Pause between two tries to get or renew the lease.",
    { default: "2 s" },
  ),

  // Health
  healthProbe: option(
    "kubernetes.operator.health.probe.enabled",
    boolean,
    "Answer Kubernetes' health probes over HTTP.",
    { default: "true" },
  ),
  healthProbePort: option("kubernetes.operator.health.probe.port", integer, "The port to answer on.", {
    default: "8085",
  }),
  canaryTimeout: option(
    "kubernetes.operator.health.canary.resource.timeout",
    duration,
    "How long a change of a canary resource may stay unseen before the operator counts as unhealthy.",
    { default: "1 min" },
  ),
} as const;
