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
