import { boolean, declare } from "../option.ts";

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
} as const;
