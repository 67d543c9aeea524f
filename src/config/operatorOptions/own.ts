import { boolean, declare, integer, memorySize } from "../option.ts";

const operator = declare("operator");
const option = declare("resource");

/** Options that the Java operator does not have: it ignores them. */
export const ownOptions = {
  stableAfterCheckpoint: option(
    "kubernetes.operator.job.stable.after-checkpoint",
    boolean,
    "Count a new spec as stable only once its job has completed a checkpoint, and not as soon as it runs. " +
      "What is stable is what a rollback goes back to. Where Flink says that checkpointing is off, a job is stable when it runs.",
    { default: "false" },
  ),
  artifactMaxSize: operator(
    "kubernetes.operator.user.artifacts.max-size",
    memorySize,
    "How large a session job's jar may be.",
    { default: "2 gb" },
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
    "How many session jobs' jars may be on their way at a time.",
    { default: "4" },
  ),
} as const;
