import type { JobOverview, ResourceRequirements } from "../../../api/flinkFacts.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { familyPrefix } from "../../../config/operatorOptions/families.ts";
import { autoscalerPluginOption } from "../../warn/warnOfNoEffect.ts";
import type { FlinkAnswers } from "../collect/answers.ts";
import { type AutoscalerMemory, type CycleResult, errorEvent, runCycle } from "../cycle.ts";
import { AutoscalerError, asAutoscalerError } from "../model/autoscalerError.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { readOption } from "../model/readOption.ts";
import type { ParallelismOverrides } from "../model/state.ts";
import { processMemoryOf } from "../realise/memoryTuning.ts";
import { openState, type StoredState } from "../state/storedState.ts";
import { describeInvalidOption } from "../validate.ts";
import { describeRequirements } from "./requirements.ts";

/** The autoscaler without Kubernetes (AUTOSCALER 10): what it decides of one job of the cluster. */

/** The process's own configuration, and all that the JobManager tells of the job's over it. */
export const jobConfigOf = (own: FlinkConfig, entries: Iterable<readonly [string, string]>): FlinkConfig =>
  own.withAll(entries);

/** RUNNING with a task that is neither at work nor at its end counts as not running. */
export const runsWholly = ({ state, tasks }: Pick<JobOverview, "state" | "tasks">): boolean => {
  const { running = 0, finished = 0, total = 0 } = tasks;
  return state === "RUNNING" && running + finished === total;
};

/** The event if options of the job are impossible: it is left alone then. `own`: the process's own configuration. */
export function invalidOptions(config: FlinkConfig, own: FlinkConfig): AutoscalerEvent | undefined {
  const message = describeInvalidOption(config);
  return message === undefined
    ? undefined
    : {
        type: "Warning",
        reason: "AutoScaler Options Validation",
        message,
        intervalMs: own.get(autoscalerOptions.scalingEventInterval),
      };
}

/**
 * The option that names a plugin of the Java autoscaler, by its list or by the class, also of a plugin that is not in use.
 * Undefined: none does.
 */
export const pluginOption = (config: FlinkConfig): string | undefined =>
  autoscalerPluginOption(config) ??
  [...config.entries.keys()].find((key) => pluginClasses.some((prefix) => key.startsWith(prefix)));

const pluginClasses = (["evaluatorClass", "executorClass", "alignmentClass"] as const).map(familyPrefix);

export interface JobInput {
  readonly now: number;
  readonly config: FlinkConfig;
  readonly isRunning: boolean;
  readonly answers: FlinkAnswers;
  readonly stored: StoredState;
  readonly memory: AutoscalerMemory;
}

export interface JobDecision extends CycleResult {
  /** The parallelism that the job is to have now. Undefined: nothing is to be changed. */
  readonly wanted: ParallelismOverrides | undefined;
}

/** One cycle. There is no CPU to count here, and no memory but what the options say. */
export function decideJob({ config, isRunning, ...input }: JobInput): JobDecision {
  const isEnabled = config.get(autoscalerOptions.enabled);
  const result = runCycle({
    ...input,
    config,
    isEnabled,
    isRunning,
    taskManagerCpu: 0,
    taskManagerMemory: processMemoryOf(config),
    reportIntervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
  });
  if (!isEnabled || !isRunning) return { ...result, wanted: undefined };
  try {
    const view = openState(result.stored);
    const overrides = view.get("parallelismOverrides");
    return { ...result, stored: view.state, wanted: overrides?.size ? overrides : undefined };
  } catch (thrown) {
    const error = asAutoscalerError(thrown);
    return { ...result, events: [...result.events, errorEvent(error)], wanted: undefined };
  }
}

/** The event of requirements that Flink has accepted. */
export const scalingEvent = (requirements: ResourceRequirements): AutoscalerEvent => ({
  type: "Normal",
  reason: "Scaling",
  message: `In-place scaling triggered, the new requirements is {${describeRequirements(requirements)}}.`,
});

/** Requirements that were not asked for since Flink might not survive them. */
export const refusedScaling = (message: string): AutoscalerEvent => errorEvent(new AutoscalerError(message));
