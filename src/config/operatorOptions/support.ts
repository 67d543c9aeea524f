import type { Option } from "../option.ts";
import { autoscalerOptions } from "./autoscaler.ts";
import { type OptionFamily, optionFamilies } from "./families.ts";
import { metricOptions } from "./metrics.ts";
import { processOptions } from "./process.ts";
import { resourceOptions } from "./resource.ts";
import { standaloneAutoscalerOptions } from "./standaloneAutoscaler.ts";

type Declared = Option<unknown> | OptionFamily;

/** Options that are checked but have no effect. All others are implemented. */
export interface WithoutEffect {
  /** A sentence for the reference page. */
  readonly why: string;
  readonly options: readonly Declared[];
}

const waitsFor = (feature: string): string => `Has no effect before this operator has ${feature}.`;

export const withoutEffect: readonly WithoutEffect[] = [
  {
    why: "Names or configures a plugin of the Java operator: this operator runs no Java classes, and says so.",
    options: [
      autoscalerOptions.metricsCustomEvaluators,
      autoscalerOptions.scalingCustomExecutors,
      optionFamilies.evaluatorClass,
      optionFamilies.evaluatorSettings,
      optionFamilies.executorClass,
      optionFamilies.executorSettings,
      optionFamilies.alignmentClass,
      optionFamilies.alignmentSettings,
    ],
  },
  {
    why: "Of the process `autoscaler` alone: in the operator each request to a JobManager has ten seconds.",
    options: [autoscalerOptions.flinkRestClientTimeout],
  },
  { why: waitsFor("plugins"), options: [optionFamilies.listenerClass, optionFamilies.listenerSettings] },
  {
    why: "Not needed: a JobManager counts as ready once it answers.",
    options: [resourceOptions.restReadyDelay],
  },
  {
    why: "Not needed: no pass waits for a job to end, and each request to a JobManager has ten seconds.",
    options: [processOptions.flinkCancelTimeout],
  },
  {
    why: "Not needed: metrics have fixed names and labels.",
    options: [metricOptions.systemScope, metricOptions.namespaceScope, metricOptions.resourceScope],
  },
  {
    why: "Of a Prometheus reporter the port is taken; other reporters have no effect.",
    options: [optionFamilies.metrics],
  },
  {
    why: "Not needed: what was worked out for a resource is kept as long as the resource.",
    options: [processOptions.configCacheSize, processOptions.configCacheTimeout],
  },
  {
    why: "Not needed: changes that come together are one pass, and a pass at rest asks nobody.",
    options: [processOptions.rateLimit, processOptions.rateLimitPeriod],
  },
  {
    why: "Not needed: a watch that cannot be set up is tried again and shows in the health probe; the others go on.",
    options: [processOptions.stopOnInformerError],
  },
  {
    why: "Not needed: an error names its causes, at most two of them and in at most 2048 characters each, and no frames.",
    options: [
      resourceOptions.errorStackTrace,
      resourceOptions.errorStackTraceLength,
      resourceOptions.errorFieldLength,
      resourceOptions.errorCauses,
    ],
  },
  { why: "Has no effect yet.", options: [resourceOptions.errorLabels] },
  {
    why: "Always Foreground.",
    options: [processOptions.deletionPropagation],
  },
  {
    why: "Of the process `autoscaler`, which runs without Kubernetes; the operator does not read it.",
    options: Object.values(standaloneAutoscalerOptions),
  },
];

const reasons = new Map(
  withoutEffect.flatMap(({ why, options }) => options.map((option) => [option, why] as const)),
);

/** Why this option has no effect. Undefined: it has. */
export const noEffectReason = (option: Declared): string | undefined => reasons.get(option);
