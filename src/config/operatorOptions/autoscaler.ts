import {
  boolean,
  declare,
  double,
  duration,
  integer,
  list,
  memorySize,
  type OptionDetails,
  oneOf,
  string,
  type ValueType,
} from "../option.ts";

const declared = declare("resource");
const prefix = "job.autoscaler.";
/** The prefix of every option's older key. */
const oldPrefix = "kubernetes.operator.job.autoscaler.";

/** Declares an option. `older`: the former last part of its key. */
function option<Value, Details extends { readonly default?: string; readonly older?: string }>(
  name: string,
  type: ValueType<Value>,
  doc: string,
  details?: Details,
) {
  const older = details?.older;
  return declared<Value, Details & OptionDetails>(`${prefix}${name}`, type, doc, {
    ...(details as Details),
    fallbackKeys: [name, ...(older === undefined ? [] : [older])].map((each) => `${oldPrefix}${each}`),
    deprecatedKeys: older === undefined ? [] : [`${prefix}${older}`],
  });
}

/** Options of the autoscaler. */
export const autoscalerOptions = {
  backlogProcessingLagThreshold: option(
    "backlog-processing.lag-threshold",
    duration,
    "Lag from which on the job counts as catching up, so that it is not scaled down.",
    { default: "5 min" },
  ),
  catchUpDuration: option(
    "catch-up.duration",
    duration,
    "The time in which a backlog should be worked off after scaling; 0: the backlog does not count.",
    { default: "30 min" },
  ),
  enabled: option("enabled", boolean, "Let the autoscaler look after this job.", { default: "false" }),
  excludedPeriods: option(
    "excluded.periods",
    list,
    "Daily times or cron expressions in which nothing is scaled.",
  ),
  flinkRestClientTimeout: option(
    "flink.rest-client.timeout",
    duration,
    "How long one of the autoscaler's requests to Flink may take.",
    { default: "10 s" },
  ),
  historyMaxAge: option(
    "history.max.age",
    duration,
    "Age at which an entry of the scaling history is removed.",
    { default: "1 d" },
  ),
  historyMaxCount: option(
    "history.max.count",
    integer,
    "Entries of the scaling history that are kept for each vertex.",
    { default: "3" },
  ),
  memoryGcPressureThreshold: option(
    "memory.gc-pressure.threshold",
    double,
    "Share of the time spent on garbage collection above which scaling pauses.",
    { default: "1" },
  ),
  memoryHeapUsageThreshold: option(
    "memory.heap-usage.threshold",
    double,
    "Share of the heap in use above which scaling pauses.",
    { default: "1" },
  ),
  memoryTuningEnabled: option(
    "memory.tuning.enabled",
    boolean,
    "Fit the TaskManagers' memory to what the job uses.",
    { default: "false" },
  ),
  memoryTuningMaximizeManagedMemory: option(
    "memory.tuning.maximize-managed-memory",
    boolean,
    "Give memory that tuning sets free to managed memory, where the job uses that.",
    { default: "false" },
  ),
  memoryTuningOverhead: option(
    "memory.tuning.overhead",
    double,
    "Share that is added to each tuned pool for safety.",
    { default: "0.2" },
  ),
  memoryTuningScaleDownCompensationEnabled: option(
    "memory.tuning.scale-down-compensation.enabled",
    boolean,
    "Give each TaskManager more memory when their number goes down.",
    { default: "true" },
  ),
  metricsBusyTimeAggregator: option(
    "metrics.busy-time.aggregator",
    oneOf("AVG", "MAX", "MIN"),
    "How the subtasks' busy times become that of a vertex.",
    { default: "MAX" },
  ),
  metricsCustomEvaluators: option(
    "metrics.custom-evaluators",
    list,
    "Names of plugins that evaluate metrics; only the first is used.",
  ),
  metricsWindow: option("metrics.window", duration, "The span that metrics are averaged over.", {
    default: "15 min",
  }),
  observedScalabilityCoefficientMin: option(
    "observed-scalability.coefficient-min",
    double,
    "The least that the estimated gain of a further subtask may be.",
    { default: "0.5" },
  ),
  observedScalabilityEnabled: option(
    "observed-scalability.enabled",
    boolean,
    "Correct the parallelism by what scaling has brought in the past.",
    { default: "false" },
  ),
  observedScalabilityMinObservations: option(
    "observed-scalability.min-observations",
    integer,
    "Entries of the history that such an estimate needs.",
    { default: "3" },
  ),
  observedTrueProcessingRateLagThreshold: option(
    "observed-true-processing-rate.lag-threshold",
    duration,
    "The lag from which on the observed processing rate is recorded.",
    { default: "30 s" },
  ),
  observedTrueProcessingRateMinObservations: option(
    "observed-true-processing-rate.min-observations",
    integer,
    "Observations that are needed before that rate counts.",
    { default: "2" },
  ),
  observedTrueProcessingRateSwitchThreshold: option(
    "observed-true-processing-rate.switch-threshold",
    double,
    "Deviation from the busy-time estimate from which on the observed rate is taken.",
    { default: "0.15" },
  ),
  quotaCpu: option("quota.cpu", double, "CPU cores that scaling may not go beyond."),
  quotaMemory: option("quota.memory", memorySize, "Memory that scaling may not go beyond."),
  restartTime: option("restart.time", duration, "How long a restart of the job is taken to last.", {
    default: "5 min",
  }),
  restartTimeTrackingEnabled: option(
    "restart.time-tracking.enabled",
    boolean,
    "Go by the restarts that were measured.",
    { default: "false" },
  ),
  restartTimeTrackingLimit: option(
    "restart.time-tracking.limit",
    duration,
    "The most that a measured restart counts.",
    { default: "15 min" },
  ),
  scaleDownInterval: option(
    "scale-down.interval",
    duration,
    "How long scale-downs are collected before they are done together.",
    { default: "1 h", older: "scale-up.grace-period" },
  ),
  scaleDownMaxFactor: option(
    "scale-down.max-factor",
    double,
    "The largest share of the parallelism that one scale-down takes away.",
    { default: "0.6" },
  ),
  scaleUpMaxFactor: option(
    "scale-up.max-factor",
    double,
    "How many times its parallelism one scale-up may add.",
    { default: "100000" },
  ),
  scalingCustomExecutors: option(
    "scaling.custom-executors",
    list,
    "Names of plugins that have a say before scaling.",
  ),
  scalingEffectivenessDetectionEnabled: option(
    "scaling.effectiveness.detection.enabled",
    boolean,
    "Do not scale up again where that brought nothing the last time.",
    { default: "false" },
  ),
  scalingEffectivenessThreshold: option(
    "scaling.effectiveness.threshold",
    double,
    "Share of the expected gain that a scale-up must bring to count as effective.",
    { default: "0.1" },
  ),
  scalingEnabled: option("scaling.enabled", boolean, "Scale; where off, only say what would be right.", {
    default: "true",
  }),
  scalingEventInterval: option(
    "scaling.event.interval",
    duration,
    "How long the same scaling event is not repeated.",
    { default: "30 min" },
  ),
  scalingParallelismAlignmentMode: option(
    "scaling.parallelism-alignment.mode",
    string,
    "How a parallelism is fitted to key groups or partitions: BALANCED, EVENLY_SPREAD, OFF, or the name of a plugin.",
    { default: "BALANCED" },
  ),
  stabilizationInterval: option(
    "stabilization.interval",
    duration,
    "How long after a start nothing is evaluated.",
    { default: "5 min" },
  ),
  utilizationMax: option("utilization.max", double, "Upper bound of the utilization that is left alone."),
  utilizationMin: option("utilization.min", double, "Lower bound of the utilization that is left alone."),
  utilizationTarget: option("utilization.target", double, "The utilization that each vertex should have.", {
    default: "0.7",
    older: "target.utilization",
  }),
  vertexExcludeIds: option("vertex.exclude.ids", list, "Vertices that keep their parallelism."),
  vertexMaxParallelism: option(
    "vertex.max-parallelism",
    integer,
    "The highest parallelism that a vertex is given.",
    { default: "200" },
  ),
  vertexMinParallelism: option(
    "vertex.min-parallelism",
    integer,
    "The lowest parallelism that a vertex is given.",
    { default: "1" },
  ),
  targetUtilizationBoundary: option(
    "target.utilization.boundary",
    double,
    "Deprecated: use utilization.min and utilization.max. Distance from the target that is left alone.",
    { default: "0.3" },
  ),
  scalingKeyGroupPartitionsAdjustMode: option(
    "scaling.key-group.partitions.adjust.mode",
    oneOf("EVENLY_SPREAD", "MAXIMIZE_UTILISATION"),
    "Deprecated: use scaling.parallelism-alignment.mode, which this one overrides.",
    { default: "EVENLY_SPREAD" },
  ),
} as const;
