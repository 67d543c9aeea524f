import { autoscalerOptions } from "./operatorOptions/autoscaler.ts";
import { blueGreenOptions } from "./operatorOptions/blueGreen.ts";
import { blueGreenVerificationOptions } from "./operatorOptions/blueGreenVerification.ts";
import { jobOptions } from "./operatorOptions/job.ts";
import { metricOptions } from "./operatorOptions/metrics.ts";
import { ownOptions } from "./operatorOptions/own.ts";
import { ownAutoscalerOptions } from "./operatorOptions/ownAutoscaler.ts";
import { processOptions } from "./operatorOptions/process.ts";
import { resourceOptions } from "./operatorOptions/resource.ts";
import { snapshotOptions } from "./operatorOptions/snapshots.ts";
import { standaloneAutoscalerOptions } from "./operatorOptions/standaloneAutoscaler.ts";
import type { Option } from "./option.ts";

/** The operator's options: the Java operator's, with their keys, types and defaults, and a few of our own. */
export const operatorOptions = {
  ...processOptions,
  ...resourceOptions,
  ...jobOptions,
  ...snapshotOptions,
  ...metricOptions,
  ...ownOptions,
} as const;

export interface OptionSection {
  readonly title: string;
  readonly options: readonly Option<unknown>[];
}

/** All options of the Java operator and its parts, and our own, in the order of the reference page. */
export const optionSections: readonly OptionSection[] = [
  { title: "The operator's process", options: Object.values(processOptions) },
  { title: "Looking after a resource", options: Object.values(resourceOptions) },
  { title: "Starting, upgrading and stopping jobs", options: Object.values(jobOptions) },
  { title: "Savepoints and checkpoints", options: Object.values(snapshotOptions) },
  { title: "Metrics", options: Object.values(metricOptions) },
  { title: "Autoscaler", options: Object.values(autoscalerOptions) },
  { title: "Autoscaler, beyond the Java operator", options: Object.values(ownAutoscalerOptions) },
  { title: "Blue/green deployments", options: Object.values(blueGreenOptions) },
  { title: "Verification of blue/green deployments", options: Object.values(blueGreenVerificationOptions) },
  { title: "Standalone autoscaler", options: Object.values(standaloneAutoscalerOptions) },
  { title: "Beyond the Java operator", options: Object.values(ownOptions) },
];

export const everyOption: readonly Option<unknown>[] = optionSections.flatMap(({ options }) => options);
