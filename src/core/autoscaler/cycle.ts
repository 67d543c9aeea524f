import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { FlinkAnswers } from "./collect/answers.ts";
import {
  bodyOf,
  isOfEarlierRun,
  type MetricMemory,
  measure,
  noMetricMemory,
  observeTopology,
  runningSince,
  windowOf,
} from "./collect/collect.ts";
import { jobIn } from "./collect/topology.ts";
import {
  decideScaling,
  excludedVertices,
  type ScalingDecision,
  withRecommendation,
} from "./decide/decide.ts";
import { evaluate } from "./evaluate/evaluate.ts";
import { restartSeconds, withRestartDuration } from "./evaluate/restartTime.ts";
import { AutoscalerError, asAutoscalerError, NotReady } from "./model/autoscalerError.ts";
import type { CapacityDemand, ClusterCapacity } from "./model/clusterCapacity.ts";
import type { AutoscalerEvent } from "./model/event.ts";
import type { EvaluatedMetrics, Sample, SampleHistory, VertexId } from "./model/metrics.ts";
import type { ScalingTracking } from "./model/state.ts";
import type { Topology } from "./model/topology.ts";
import { type Executed, execute } from "./realise/execute.ts";
import { forgetMissingVertices, historyOf, trackingOf } from "./state/pastScalings.ts";
import { formatRecordedJob } from "./state/recordedJob.ts";
import { openState, type StateView, type StoredState } from "./state/storedState.ts";
import { beforeScaling, judgeScaling, undoneIn } from "./undo/undo.ts";

/** What a process remembers of a job between cycles. All of it comes back by itself after a restart. */
export interface AutoscalerMemory {
  /** Undefined: not read from the stored state yet. */
  readonly samples: SampleHistory | undefined;
  readonly metrics: MetricMemory;
  /** For the gauges. Undefined: nothing is evaluated, as while the job does not run. */
  readonly evaluated: EvaluatedMetrics | undefined;
  readonly counters: { readonly scalings: number; readonly balanced: number; readonly errors: number };
  /**
   * Since when this process has seen without a break that the job does not run with its last scaling, in milliseconds since the
   * epoch. Absent: it runs, or the scaling is not carried out.
   */
  readonly downSince?: number | undefined;
}

export const noMemory: AutoscalerMemory = {
  samples: undefined,
  metrics: noMetricMemory,
  evaluated: undefined,
  counters: { scalings: 0, balanced: 0, errors: 0 },
};

/** What is decided with, whatever was measured. */
export interface JudgeInput {
  /** Milliseconds since the epoch; later than in the cycle before. */
  readonly now: number;
  /** Something else that changes the job is under way, or waits: samples are taken, and nothing is decided. Absent: no. */
  readonly isHeld?: boolean;
  /** Of the user's spec, without overrides. */
  readonly config: FlinkConfig;
  /** CPU cores of one TaskManager. */
  readonly taskManagerCpu: number;
  /** Memory of a TaskManager's process in bytes. Undefined: not known. */
  readonly taskManagerMemory: bigint | undefined;
  /** What the Kubernetes cluster has left for a scaling. Absent: that is not checked. */
  readonly capacity?: ClusterCapacity | undefined;
  /** `metadata.generation` of the resource. Absent: there is none. */
  readonly generation?: number;
  /** Reports of scalings are repeated only after this time. Undefined: always, as in the operator. */
  readonly reportIntervalMs?: number;
}

export interface CycleInput extends JudgeInput {
  readonly isEnabled: boolean;
  readonly isRunning: boolean;
  readonly answers: FlinkAnswers;
  readonly stored: StoredState;
  readonly memory: AutoscalerMemory;
}

/** For explanation and tests: what each stage came to. */
export interface CycleTrace {
  readonly history?: SampleHistory;
  readonly isWindowFull?: boolean;
  readonly topology?: Topology;
  readonly excluded?: readonly VertexId[];
  readonly restartSeconds?: number;
  readonly evaluated?: EvaluatedMetrics;
  readonly decision?: ScalingDecision;
  /** What kept the changes from being made, as the event says it. Absent: nothing. */
  readonly blocked?: AutoscalerEvent;
}

export interface CycleResult {
  readonly stored: StoredState;
  /** The stored state is to be written. Otherwise a later cycle writes it. */
  readonly isComplete: boolean;
  readonly memory: AutoscalerMemory;
  readonly events: readonly AutoscalerEvent[];
  readonly trace: CycleTrace;
  /** What the scaling takes of the cluster's capacity. Absent: nothing, or it is not known. */
  readonly demand?: CapacityDemand | undefined;
  /** For the log: the error behind an event AutoscalerError, if it is neither Flink's nor the configuration's. */
  readonly unexpected?: unknown;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** A cycle at work. What it has put down when it fails stays. */
interface Work {
  readonly input: JudgeInput;
  readonly view: StateView;
  readonly events: AutoscalerEvent[];
  readonly trace: Mutable<CycleTrace>;
  samples: SampleHistory;
  memory: MetricMemory;
  evaluated: EvaluatedMetrics | undefined;
  demand?: CapacityDemand | undefined;
  scalings: number;
  balanced: number;
}

/** One cycle: collect, evaluate, decide, record (AUTOSCALER 1). Any error ends it, and is an event. */
export function runCycle(input: CycleInput): CycleResult {
  const { stored, memory } = input;
  const view = openState(stored);
  const idle = { stored, memory, events: [], trace: {} };
  if (!input.isEnabled) {
    view.clear();
    return { ...idle, stored: view.state, isComplete: true };
  }
  if (!input.isRunning) return { ...idle, memory: { ...memory, evaluated: undefined }, isComplete: false };
  const work: Work = {
    input,
    view,
    events: [],
    trace: {},
    samples: memory.samples ?? new Map(),
    memory: memory.metrics,
    evaluated: memory.evaluated,
    scalings: 0,
    balanced: 0,
  };
  const error = attempt(() => {
    work.samples = memory.samples ?? view.get("collectedMetrics") ?? new Map();
    scale(work, input.answers);
  });
  if (error instanceof AutoscalerError) work.events.push(errorEvent(error));
  const { counters } = memory;
  return {
    stored: view.state,
    isComplete: error === undefined,
    memory: {
      samples: work.samples,
      metrics: work.memory,
      evaluated: work.evaluated,
      counters: {
        scalings: counters.scalings + work.scalings,
        balanced: counters.balanced + work.balanced,
        errors: counters.errors + (error instanceof AutoscalerError ? 1 : 0),
      },
    },
    events: work.events,
    trace: work.trace,
    demand: work.demand,
    ...unexpectedIn(error),
  };
}

export const unexpectedIn = (error: Error | undefined): Pick<CycleResult, "unexpected"> =>
  error?.cause === undefined ? {} : { unexpected: error.cause };

/** Samples that were taken before, and what was known when the last of them was. */
export interface Judgement extends JudgeInput {
  readonly topology: Topology;
  readonly samples: SampleHistory;
  readonly isWindowFull: boolean;
  readonly stored: StoredState;
}

/** What a cycle with these samples decides, or would have decided with another configuration. */
export function judgeSamples(judgement: Judgement): Pick<CycleResult, "stored" | "events" | "trace"> {
  const { topology, samples, isWindowFull, stored, config, now } = judgement;
  const latest = [...samples.values()].at(-1) ?? { vertices: new Map(), global: {} };
  const view = openState(stored);
  const events: AutoscalerEvent[] = [];
  const trace = {
    history: samples,
    isWindowFull,
    topology,
    excluded: excludedVertices(config, unjudged(topology, latest)),
  };
  const work: Work = {
    input: judgement,
    view,
    events,
    trace,
    samples,
    memory: noMetricMemory,
    evaluated: undefined,
    scalings: 0,
    balanced: 0,
  };
  const error = attempt(() => judge(work, topology, trackingOf(view, now, config), isWindowFull));
  if (error !== undefined) events.push(errorEvent(error));
  return { stored: view.state, events, trace };
}

function attempt(run: () => void): AutoscalerError | NotReady | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof NotReady ? error : asAutoscalerError(error);
  }
}

/** Each error is an event of its own, and counts up. */
export const errorEvent = ({ message }: Error): AutoscalerEvent => ({
  type: "Warning",
  reason: "AutoscalerError",
  message,
});

function scale(work: Work, answers: FlinkAnswers): void {
  const { input, view, trace } = work;
  const { config, now } = input;
  const job = jobIn(bodyOf(answers.job));
  const since = runningSince(job);
  forgetEarlierRun(work, since);
  const topology = observeTopology(job, answers);
  forgetMissingVertices(view, topology, now, config);
  trace.topology = topology;
  const isFull = collect(work, answers, topology, since);
  recordJob(view, topology, input);
  const tracking = trackRestart(view, topology, since, now, config);
  judge(work, topology, tracking, isFull);
}

function recordJob(view: StateView, topology: Topology, input: JudgeInput): void {
  const recorded = formatRecordedJob(topology, input.config, input);
  if (recorded === view.get("recordedJob")) return;
  if (recorded === undefined) view.remove("recordedJob");
  else view.put("recordedJob", recorded);
}

/** Evaluates the samples and, if the window `isFull`, decides. */
function judge(work: Work, topology: Topology, tracking: ScalingTracking, isFull: boolean): void {
  const { input, trace } = work;
  const { config } = input;
  if ((trace.history?.size ?? 0) < 2) return;
  const seconds = restartSeconds(tracking, config);
  trace.restartSeconds = seconds;
  const { generation = 0 } = input;
  work.evaluated = evaluate(topology, trace.history ?? new Map(), seconds, config, work.events);
  trace.evaluated = work.evaluated;
  const isJudged = isFull && input.isHeld !== true;
  const undone = judgeScaling(work.view, {
    now: input.now,
    generation,
    topology,
    evaluated: work.evaluated,
    history: historyOf(work.view, input.now, config),
    isWindowFull: isJudged,
    windowStart: [...(trace.history?.keys() ?? [])][0] ?? 0,
    config,
  });
  if (undone !== undefined) work.events.push(undone);
  if (!isFull) return;
  work.evaluated = withRecommendation(work.evaluated);
  trace.evaluated = work.evaluated;
  if (input.isHeld === true || undone !== undefined) return;
  if (decide(work, topology, tracking, seconds)) work.scalings++;
  else work.balanced++;
}

function forgetEarlierRun(work: Work, since: number): void {
  if (!isOfEarlierRun(work.samples, since)) return;
  work.view.remove("collectedMetrics");
  work.memory = noMetricMemory;
  work.samples = new Map();
}

/** Adds the sample of this cycle. Whether the window is full. */
function collect(work: Work, answers: FlinkAnswers, topology: Topology, since: number): boolean {
  const { input, view, trace } = work;
  const { config, now } = input;
  const window = windowOf(now, since, work.samples, config);
  const { isStabilizing } = window;
  const sample = measure({ topology, answers, history: work.samples, isStabilizing, config }, work);
  trace.excluded = excludedVertices(config, unjudged(topology, sample));
  const samples = new Map(work.samples).set(now, sample);
  const isFull = !isStabilizing && window.isFull;
  work.samples = isFull ? new Map([...samples].filter(([at]) => at >= window.start)) : samples;
  view.put("collectedMetrics", work.samples);
  trace.history = isStabilizing ? new Map() : work.samples;
  trace.isWindowFull = isFull;
  return isFull;
}

/** Finished vertices, and those whose load is not known. */
const unjudged = (topology: Topology, sample: Sample): VertexId[] =>
  [...topology.values()]
    .filter(({ id, isFinished }) => isFinished || Number.isNaN(sample.vertices.get(id)?.LOAD ?? Number.NaN))
    .map(({ id }) => id);

function trackRestart(
  view: StateView,
  topology: Topology,
  since: number,
  now: number,
  config: FlinkConfig,
): ScalingTracking {
  const tracking = trackingOf(view, now, config);
  const recorded = withRestartDuration(tracking, historyOf(view, now, config), topology, since);
  if (recorded !== undefined) view.put("scalingTracking", recorded);
  return recorded ?? tracking;
}

/** Whether the job is scaled. */
function decide(work: Work, topology: Topology, tracking: ScalingTracking, seconds: number): boolean {
  const { input, view, events, trace } = work;
  const { config, now } = input;
  const history = historyOf(view, now, config);
  const delayed = view.get("delayedScaleDown") ?? new Map();
  const decision = decideScaling({
    topology,
    evaluated: work.evaluated ?? { vertices: new Map(), global: {} },
    history,
    delayed,
    undone: undoneIn(view, config),
    excluded: trace.excluded ?? [],
    restartSeconds: seconds,
    now,
    config,
  });
  events.push(...decision.events);
  work.evaluated = decision.evaluated;
  trace.evaluated = decision.evaluated;
  trace.decision = decision;
  const { evaluated } = decision;
  const watch = beforeScaling(view, config);
  const { blocked, summaries, demand }: Executed =
    decision.summaries.size === 0
      ? { summaries: decision.summaries }
      : execute({ cycle: input, ...decision, topology, evaluated, history, tracking }, view, events);
  trace.decision = { ...decision, summaries };
  work.demand = demand;
  if (blocked !== undefined) trace.blocked = blocked;
  const isScaled = summaries.size > 0 && blocked === undefined;
  if (isScaled) watch({ at: now, generation: input.generation ?? 0, topology, summaries });
  const after = isScaled && decision.delayed.size > 0 ? new Map() : decision.delayed;
  if (after !== delayed) view.put("delayedScaleDown", after);
  return isScaled;
}
