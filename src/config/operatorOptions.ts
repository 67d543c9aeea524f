import { jobOptions } from "./operatorOptions/job.ts";
import { metricOptions } from "./operatorOptions/metrics.ts";
import { processOptions } from "./operatorOptions/process.ts";
import { resourceOptions } from "./operatorOptions/resource.ts";
import { snapshotOptions } from "./operatorOptions/snapshots.ts";

/**
 * The operator's options: keys, types and defaults of the Java operator's. Those of the autoscaler and of
 * blue/green deployments come with their features.
 */
export const operatorOptions = {
  ...processOptions,
  ...resourceOptions,
  ...jobOptions,
  ...snapshotOptions,
  ...metricOptions,
} as const;

/** Families of keys, each with a part that the user names. */
export const operatorKeyFamilies = [
  {
    key: "kubernetes.operator.default-configuration.namespace.<namespace>.<key>",
    doc: "Any key, for resources of one namespace.",
  },
  {
    key: "kubernetes.operator.default-configuration.flink-version.vX_Y.<key>",
    doc: "Any key, for resources of one Flink version.",
  },
  {
    key: "kubernetes.operator.default-configuration.flink-version.vX_Y+.<key>",
    doc: "Any key, for resources of this Flink version or a newer one.",
  },
  {
    key: "kubernetes.operator.metrics.<key>",
    doc: "Settings of the operator's metric reporters, as Flink's own `metrics.<key>`.",
  },
  {
    key: "kubernetes.operator.plugins.listeners.<name>.<key>",
    doc: "A listener plugin of the Java operator. Such plugins are Java classes; the keys are accepted and unused.",
  },
] as const;
