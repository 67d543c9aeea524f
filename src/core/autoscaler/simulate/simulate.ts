import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { judgeSamples } from "../cycle.ts";
import { type CycleExplanation, explainCycle } from "../explain/explainCycle.ts";
import type { SampleHistory } from "../model/metrics.ts";
import { parseRecordedJob, type RecordedJob } from "../state/recordedJob.ts";
import { openState, type StoredState, stateFromData } from "../state/storedState.ts";
import { whatIsWrong } from "./changedOptions.ts";

/** What was measured of a job, and what is needed to decide on it again. */
export interface AutoscalerRecording extends RecordedJob {
  readonly samples: SampleHistory;
  readonly stored: StoredState;
  /** As it was recorded. */
  readonly config: FlinkConfig;
}

/** What would have been decided at one time. */
export interface SimulatedDecision {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly explanation: CycleExplanation;
}

/** From the data of a ConfigMap `autoscaler-<name>`. A text: what it lacks, as a clause. */
export function readRecording(data: Readonly<Record<string, string>>): AutoscalerRecording | string {
  const stored = stateFromData(data);
  const view = openState(stored);
  const samples = view.get("collectedMetrics");
  if (samples === undefined || samples.size < 2) return "it has fewer than two samples (collectedMetrics)";
  const job = parseRecordedJob(view.get("recordedJob") ?? "");
  if (job === undefined)
    return "it has no readable recordedJob, which this operator writes with each sample and the Java operator does not";
  const config = flinkConfig(job.options);
  const wrong = whatIsWrong(config);
  if (wrong !== undefined) return `an option in its recordedJob cannot be used: ${wrong}`;
  return { ...job, samples: oldestFirst(samples), stored, config };
}

const oldestFirst = (samples: SampleHistory): SampleHistory =>
  new Map([...samples].sort(([one], [other]) => one - other));

/**
 * The decisions at each sample at which the window is full, with some configuration. The measurements are those of the job as it
 * ran: a decision has no effect on the next one, except that a scale-down waits. The scalings before the last sample stay known.
 */
export function simulate(recording: AutoscalerRecording, config: FlinkConfig): readonly SimulatedDecision[] {
  const { samples, topology, taskManagerCpu, taskManagerMemory } = recording;
  const times = [...samples.keys()];
  const [first = 0] = times;
  const windowMs = config.get(autoscalerOptions.metricsWindow);
  // The sample that completed the recorded window has been trimmed.
  const gapMs = times.reduce((widest, at, place) => Math.max(widest, at - (times[place - 1] ?? at)), 0);
  let stored = withoutDelays(recording.stored);
  const decisions: SimulatedDecision[] = [];
  for (const now of times) {
    if (now + gapMs < first + windowMs) continue;
    const window = new Map([...samples].filter(([at]) => at <= now && at >= now - windowMs));
    const judged = judgeSamples({
      now,
      config,
      taskManagerCpu,
      taskManagerMemory,
      topology,
      samples: window,
      isWindowFull: true,
      stored,
    });
    const explanation = explainCycle(judged, config);
    if (explanation === undefined) continue;
    decisions.push({ at: now, explanation });
    stored = withDelaysOf(recording.stored, judged.stored);
  }
  return decisions;
}

/** Scale-downs have waited, and scalings were taken back, by the recorded options. */
function withoutDelays(stored: StoredState): StoredState {
  const { delayedScaleDown: _, undo: __, ...others } = stored;
  return others;
}

/** A scaling that is only simulated is no past scaling of the job. */
const withDelaysOf = (recorded: StoredState, { delayedScaleDown }: StoredState): StoredState => ({
  ...withoutDelays(recorded),
  ...(delayedScaleDown === undefined ? {} : { delayedScaleDown }),
});

/** Options that count when a sample is taken: another value changes nothing of the recorded ones. */
export const optionsOfSamples: readonly string[] = [
  autoscalerOptions.metricsBusyTimeAggregator,
  autoscalerOptions.observedTrueProcessingRateLagThreshold,
  autoscalerOptions.stabilizationInterval,
].map(({ key }) => key);
