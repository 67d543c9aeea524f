import type { OptionScope } from "../option.ts";

/** Option keys with a part that the user chooses. */
export interface OptionFamily {
  /** The key with the chosen parts in angle brackets. */
  readonly pattern: string;
  readonly doc: string;
  readonly scope: OptionScope;
}

/** The common prefix of a family's keys. */
const fixedPart = ({ pattern }: OptionFamily): string => pattern.slice(0, pattern.indexOf("<"));

const family = (scope: OptionScope, pattern: string, doc: string): OptionFamily => ({ pattern, doc, scope });

export const optionFamilies = {
  namespaceDefaults: family(
    "operator",
    "kubernetes.operator.default-configuration.namespace.<namespace>.<key>",
    "The value of any other key for the resources of one namespace.",
  ),
  versionDefaults: family(
    "operator",
    "kubernetes.operator.default-configuration.flink-version.<vX_Y[+]>.<key>",
    "The value of any other key for the resources of one Flink version; with a `+`, of that version and newer ones.",
  ),
  metrics: family(
    "operator",
    "kubernetes.operator.metrics.<key>",
    "Settings of the Java operator's metric reporters, by the names that Flink has for its own.",
  ),
  listenerClass: family(
    "operator",
    "kubernetes.operator.plugins.listeners.<listener-name>.class",
    "The class of a plugin that is told of changes and events.",
  ),
  listenerSettings: family(
    "operator",
    "kubernetes.operator.plugins.listeners.<listener-name>.<key>",
    "Settings of such a plugin.",
  ),
  evaluatorClass: family(
    "resource",
    "job.autoscaler.metrics.custom-evaluator.<name>.class",
    "The class of a plugin that evaluates metrics.",
  ),
  evaluatorSettings: family(
    "resource",
    "job.autoscaler.metrics.custom-evaluator.<name>.<parameter>",
    "Settings of such a plugin.",
  ),
  executorClass: family(
    "resource",
    "job.autoscaler.scaling.custom-executor.<name>.class",
    "The class of a plugin that has a say before scaling.",
  ),
  executorSettings: family(
    "resource",
    "job.autoscaler.scaling.custom-executor.<name>.<parameter>",
    "Settings of such a plugin.",
  ),
  alignmentClass: family(
    "resource",
    "job.autoscaler.scaling.parallelism-alignment.mode.<name>.class",
    "The class of a plugin that fits the parallelism to the data.",
  ),
  alignmentSettings: family(
    "resource",
    "job.autoscaler.scaling.parallelism-alignment.mode.<name>.<parameter>",
    "Settings of such a plugin.",
  ),
} as const;

export const familyPrefix = (name: keyof typeof optionFamilies): string => fixedPart(optionFamilies[name]);

export const isOfAFamily = (key: string): boolean =>
  Object.values(optionFamilies).some((each) => key.startsWith(fixedPart(each)));
