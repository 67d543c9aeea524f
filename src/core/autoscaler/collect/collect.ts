import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { AutoscalerError, NotReady } from "../model/autoscalerError.ts";
import type { Sample, SampleHistory, VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import { isSource, type Topology, type Vertex } from "../model/topology.ts";
import type { Aggregates, Answer, FlinkAnswers, JobDetails } from "./answers.ts";
import { countPartitions } from "./partitions.ts";
import { gcTime, selectNames, taskManagerMetrics } from "./requiredMetrics.ts";
import { finishedMetrics, sampleCluster, sampleVertex } from "./sample.ts";
import { readTopology } from "./topology.ts";

/** What a process remembers of the metrics of a job, beside the samples. */
export interface MetricMemory {
  /** The names to ask for, of each vertex. Undefined: not known yet. */
  readonly names: ReadonlyMap<VertexId, readonly string[]> | undefined;
  /** The TaskManagers have no metric of garbage collection. */
  readonly hasNoGc: boolean;
}

export const noMetricMemory: MetricMemory = { names: undefined, hasNoGc: false };

/** Throws AutoscalerError if there is an error in place of the answer. */
export function bodyOf<Body>(answer: Answer<Body>): Body {
  if ("error" in answer) throw new AutoscalerError(answer.error);
  return answer.body;
}

/**
 * When the job began to run, in milliseconds since the epoch. Throws NotReady for 0: Flink caches these answers, so one may be older
 * than the state RUNNING. Samples of the run before would count for the present one.
 */
export function runningSince(job: JobDetails): number {
  const since = job.timestamps.RUNNING;
  if (since === undefined) throw new AutoscalerError("Unable to find when the job was switched to RUNNING.");
  if (since === 0) throw new NotReady("The job has not been RUNNING yet.");
  return since;
}

/**
 * Whether the samples are of a run before the one that began at `since`. They, and the names of its metrics, say nothing of the
 * present one.
 */
export function isOfEarlierRun(samples: SampleHistory, since: number): boolean {
  const [first] = samples.keys();
  return first !== undefined && since > first;
}

/** The job's graph, with the number of partitions of each source. */
export const observeTopology = (job: JobDetails, answers: FlinkAnswers): Topology =>
  readTopology(job, (source) => countPartitions(bodyOf(answers.vertexMetricNames(source))));

/** The limits of the window at one time. */
export interface Window {
  readonly isStabilizing: boolean;
  readonly isFull: boolean;
  /** The start of a full window. Older samples do not count. */
  readonly start: number;
}

/** `history` without the sample of this time. */
export function windowOf(now: number, since: number, history: SampleHistory, config: FlinkConfig): Window {
  const stable = since + readOption(config, autoscalerOptions.stabilizationInterval);
  const length = readOption(config, autoscalerOptions.metricsWindow);
  const first = [...history.keys()].find((at) => at >= stable);
  return { isStabilizing: now < stable, isFull: now >= (first ?? now) + length, start: now - length };
}

export interface Measurement {
  readonly topology: Topology;
  readonly answers: FlinkAnswers;
  /** The samples before this one. */
  readonly history: SampleHistory;
  readonly isStabilizing: boolean;
  readonly config: FlinkConfig;
}

/**
 * The sample of this cycle. Updates the `memory` of its holder as it goes, so that it is kept where this throws AutoscalerError
 * or NotReady.
 */
export function measure(measurement: Measurement, holder: { memory: MetricMemory }): Sample {
  const { topology, answers, history, config } = measurement;
  const names = selectedNames(measurement, holder.memory.names);
  holder.memory = { ...holder.memory, names };
  const values = new Map<VertexId, Aggregates>();
  for (const { id, isFinished } of topology.values()) {
    values.set(id, isFinished ? finishedMetrics : bodyOf(answers.vertexMetrics(id, names.get(id) ?? [])));
  }
  const jobManager = bodyOf(answers.jobManagerMetrics);
  const taskManagers = measureTaskManagers(answers, holder);
  const vertices = new Map(
    [...topology.values()].map((vertex) => [
      vertex.id,
      sampleVertex(vertex, values.get(vertex.id) ?? new Map(), history, config),
    ]),
  );
  return { vertices, global: sampleCluster(jobManager, taskManagers) };
}

/** Flink answers with nothing if it does not know one of the names, and older versions do not know that of collection. */
function measureTaskManagers(answers: FlinkAnswers, holder: { memory: MetricMemory }): Aggregates {
  const common = Object.values(taskManagerMetrics);
  if (!holder.memory.hasNoGc) {
    const all = bodyOf(answers.taskManagerMetrics([...common, gcTime]));
    if (all.size > 0) return all;
    holder.memory = { ...holder.memory, hasNoGc: true };
  }
  const some = bodyOf(answers.taskManagerMetrics(common));
  if (some.size > 0) return some;
  holder.memory = { ...holder.memory, hasNoGc: false };
  throw new AutoscalerError("Missing required TM metrics");
}

/**
 * The vertices whose names of metrics are to be listed: all at first and when others run than before, later only sources.
 */
export function verticesToList(running: readonly Vertex[], known: MetricMemory["names"]): readonly Vertex[] {
  const areSame = known?.size === running.length && running.every(({ id }) => known.has(id));
  return areSame ? running.filter(isSource) : running;
}

function selectedNames(
  { topology, answers, isStabilizing }: Measurement,
  known: MetricMemory["names"],
): ReadonlyMap<VertexId, readonly string[]> {
  const running = [...topology.values()].filter(({ isFinished }) => !isFinished);
  const toList = verticesToList(running, known);
  return new Map(
    running.map((vertex) => {
      if (!toList.includes(vertex)) return [vertex.id, known?.get(vertex.id) ?? []];
      const names = bodyOf(answers.vertexMetricNames(vertex.id));
      // The metrics of its operators come once they are restored.
      const mayLack = isStabilizing || vertex.isStarting;
      return [
        vertex.id,
        selectNames(vertex.id, names, { isSource: isSource(vertex), isStabilizing: mayLack }),
      ];
    }),
  );
}
