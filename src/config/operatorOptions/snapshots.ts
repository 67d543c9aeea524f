import { boolean, declare, duration, integer, oneOf, schedule } from "../option.ts";

const operator = declare("operator");
const option = declare("resource");

/** Options for savepoints and checkpoints that the operator triggers and keeps. */
export const snapshotOptions = {
  savepointFormat: option(
    "kubernetes.operator.savepoint.format.type",
    oneOf("CANONICAL", "NATIVE"),
    "Format of the savepoints that the operator takes.",
    { default: "CANONICAL" },
  ),
  checkpointType: option(
    "kubernetes.operator.checkpoint.type",
    oneOf("FULL", "INCREMENTAL"),
    "Type of the checkpoints that the operator triggers. INCREMENTAL: as the job takes its own, since Flink refuses to be asked for it.",
    { default: "FULL" },
  ),
  periodicSavepointInterval: option(
    "kubernetes.operator.periodic.savepoint.interval",
    schedule,
    "How often, or on which Quartz cron schedule (in UTC), a running job takes a savepoint. Blank or 0: never.",
  ),
  periodicCheckpointInterval: option(
    "kubernetes.operator.periodic.checkpoint.interval",
    schedule,
    "How often, or on which Quartz cron schedule (in UTC), a running job takes a checkpoint besides its own. Blank or 0: never.",
  ),
  savepointTriggerGracePeriod: option(
    "kubernetes.operator.savepoint.trigger.grace-period",
    duration,
    "How long a savepoint of which nothing is heard counts as being taken. Without snapshot resources only.",
    { default: "1 min", deprecatedKeys: ["kubernetes.operator.observer.savepoint.trigger.grace-period"] },
  ),
  checkpointTriggerGracePeriod: option(
    "kubernetes.operator.checkpoint.trigger.grace-period",
    duration,
    "How long a checkpoint of which nothing is heard counts as being taken. Without snapshot resources only.",
    { default: "1 min" },
  ),
  snapshotResource: option(
    "kubernetes.operator.snapshot.resource.enabled",
    boolean,
    "Keep each snapshot as a FlinkStateSnapshot. Holds where the operator's and the resource's value are true, and " +
      "that kind is installed.",
    { default: "true" },
  ),
  savepointDisposeOnDelete: option(
    "kubernetes.operator.savepoint.dispose-on-delete",
    boolean,
    "Delete a savepoint's data with the FlinkStateSnapshot that the operator made for it.",
    { default: "false" },
  ),
  savepointCleanup: option(
    "kubernetes.operator.savepoint.cleanup.enabled",
    boolean,
    "Remove savepoints of the operator's that are too old or too many.",
    { default: "true" },
  ),
  savepointMaxAge: option(
    "kubernetes.operator.savepoint.history.max.age",
    duration,
    "Age at which a savepoint is removed. The newest always stays.",
    { default: "1 d" },
  ),
  savepointMaxAgeThreshold: operator(
    "kubernetes.operator.savepoint.history.max.age.threshold",
    duration,
    "The highest age that a resource may ask for.",
  ),
  savepointMaxCount: option(
    "kubernetes.operator.savepoint.history.max.count",
    integer,
    "Number of savepoints that are kept.",
    { default: "10" },
  ),
  savepointMaxCountThreshold: operator(
    "kubernetes.operator.savepoint.history.max.count.threshold",
    integer,
    "The highest number that a resource may ask for.",
  ),
} as const;
