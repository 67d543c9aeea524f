import { declare } from "../option.ts";
import { timeAhead } from "./timeAhead.ts";

const option = declare("resource");

/** Options of FlinkBlueGreenDeployments, which are read from their `spec.configuration`. */
export const blueGreenOptions = {
  abortGracePeriod: option(
    "kubernetes.operator.bluegreen.abort.grace-period",
    timeAhead,
    "How long the new deployment may take to become ready before the transition is given up.",
    { default: "10 min" },
  ),
  rescheduleInterval: option(
    "kubernetes.operator.bluegreen.reconciliation.reschedule-interval",
    timeAhead,
    "How often a transition is looked at.",
    { default: "15 s" },
  ),
  deletionDelay: option(
    "kubernetes.operator.bluegreen.deployment-deletion.delay",
    timeAhead,
    "How long the old deployment stays once the new one is ready.",
    { default: "0 ms" },
  ),
} as const;
