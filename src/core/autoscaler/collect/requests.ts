import { AutoscalerError, NotReady } from "../model/autoscalerError.ts";
import type { SampleHistory, VertexId } from "../model/metrics.ts";
import { isSource, type Topology, type Vertex } from "../model/topology.ts";
import type { Aggregate, Aggregates, Answer, FlinkAnswers, JobDetails } from "./answers.ts";
import { isOfEarlierRun, type MetricMemory, noMetricMemory, verticesToList } from "./collect.ts";
import { gcTime, selectNames, slotMetrics, taskManagerMetrics } from "./requiredMetrics.ts";
import { jobIn, readTopology } from "./topology.ts";

/** The answers to the requests of one cycle so far, by path. */
export type AnswersByPath = ReadonlyMap<string, Answer<unknown>>;

export interface RequestPlan {
  /** The paths to GET next; they do not depend on each other. Empty: there is all that the cycle reads. */
  readonly next: readonly string[];
  /**
   * Flink has answered with empty lists, as to the first request after a while: it fetches metrics of its TaskManagers only
   * when it is asked. The same requests are worth repeating before a cycle is made of this.
   */
  readonly isCold: boolean;
}

/** What is remembered of earlier cycles. */
export interface Remembered {
  readonly samples: SampleHistory | undefined;
  readonly metrics: MetricMemory;
}

/**
 * The requests of a cycle (AUTOSCALER 2): at most one for the job, two for each running vertex, one for the JobManager and
 * two for the TaskManagers. Names that are known are not asked for again, except those of sources, until the job has been
 * restarted: the cycle forgets them then.
 */
export function planRequests(jobId: string, remembered: Remembered, answers: AnswersByPath): RequestPlan {
  const job = bodyAt<JobDetails>(answers, jobPath(jobId));
  if (job === undefined) return { next: unanswered(answers, [jobPath(jobId)]), isCold: false };
  const { samples = new Map() } = remembered;
  const isRestarted = isOfEarlierRun(samples, startOf(job));
  const memory = isRestarted ? noMetricMemory : remembered.metrics;
  const running = runningVertices(job);
  const known = memory.names;
  const toList = verticesToList(running, known);
  const listed = (vertex: Vertex) => listAt(answers, namesPath(jobId, vertex.id));
  const common = Object.values(taskManagerMetrics);
  const withGc = taskManagersPath([...common, gcTime]);
  const hasNoGc = memory.hasNoGc || listAt(answers, withGc)?.length === 0;
  const taskManagers = hasNoGc ? taskManagersPath(common) : withGc;
  const values = running.flatMap((vertex) => {
    const selected = toList.includes(vertex) ? select(vertex, listed(vertex)) : known?.get(vertex.id);
    return selected === undefined || selected.length === 0 ? [] : [valuesPath(jobId, vertex.id, selected)];
  });
  const paths = [
    ...toList.map(({ id }) => namesPath(jobId, id)),
    ...values,
    jobManagerPath,
    ...(memory.hasNoGc ? [] : [withGc]),
    taskManagers,
  ];
  const isCold =
    toList.some((vertex) => listed(vertex)?.length === 0) ||
    listAt(answers, taskManagersPath(common))?.length === 0;
  return { next: unanswered(answers, [...new Set(paths)]), isCold };
}

type Listed = readonly ({ readonly id: string } & Partial<Aggregate> & { readonly value?: string })[];

function bodyAt<Body>(answers: AnswersByPath, path: string): Body | undefined {
  const answer = answers.get(path);
  return answer !== undefined && "body" in answer ? (answer.body as Body) : undefined;
}

/** Undefined: not answered, or not with a list of metrics, which the cycle reports. */
function listAt(answers: AnswersByPath, path: string): Listed | undefined {
  const body = bodyAt<Listed>(answers, path);
  return isListed(body) ? body : undefined;
}

const isListed = (body: unknown): body is Listed =>
  Array.isArray(body) && body.every((metric) => typeof metric?.id === "string");

const unanswered = (answers: AnswersByPath, paths: readonly string[]): readonly string[] =>
  paths.filter((path) => !answers.has(path));

/** 0: it does not run, or the answer does not say. */
const startOf = (job: Partial<JobDetails> | null): number => job?.timestamps?.RUNNING ?? 0;

/** None while there is no plan, or in an answer without what is read of it, which the cycle reports. */
function runningVertices(job: JobDetails): readonly Vertex[] {
  try {
    const topology: Topology = readTopology(jobIn(job), () => 0);
    return [...topology.values()].filter(({ isFinished }) => !isFinished);
  } catch (error) {
    if (error instanceof NotReady || error instanceof AutoscalerError) return [];
    throw error;
  }
}

/** Undefined: not listed yet, or one that is required is missing, which the cycle reports. */
function select(vertex: Vertex, listed: Listed | undefined): readonly string[] | undefined {
  if (listed === undefined) return undefined;
  const names = listed.map(({ id }) => id);
  try {
    return selectNames(vertex.id, names, { isSource: isSource(vertex), isStabilizing: false });
  } catch (error) {
    if (error instanceof AutoscalerError) return undefined;
    throw error;
  }
}

/** What a cycle reads, from the answers to all requests of its plan. */
export function answersFrom(jobId: string, answers: AnswersByPath): FlinkAnswers {
  const answerAt = (path: string): Answer<unknown> =>
    answers.get(path) ?? { error: `${path} has not been asked for` };
  const at = <Body>(path: string, read: (body: Listed) => Body): Answer<Body> => {
    const answer = answerAt(path);
    if ("error" in answer) return answer;
    const { body } = answer;
    return isListed(body) ? { body: read(body) } : { error: `Flink's answer to ${path} is no list.` };
  };
  return {
    job: answerAt(jobPath(jobId)) as Answer<JobDetails>,
    vertexMetricNames: (vertex) => at(namesPath(jobId, vertex), (body) => body.map(({ id }) => id)),
    vertexMetrics: (vertex, names) =>
      names.length === 0 ? { body: new Map() } : at(valuesPath(jobId, vertex, names), aggregates),
    jobManagerMetrics: at(
      jobManagerPath,
      (body) => new Map(body.map(({ id, value }) => [id, Number(value)])),
    ),
    taskManagerMetrics: (names) => at(taskManagersPath(names), aggregates),
  };
}

/** NaN and infinity are texts in Flink's JSON. */
const aggregates = (body: Listed): Aggregates =>
  new Map(
    body.map(({ id, min, max, avg, sum }) => [
      id,
      { min: Number(min), max: Number(max), avg: Number(avg), sum: Number(sum) },
    ]),
  );

const listOf = (names: readonly string[]): string => names.map(encodeURIComponent).join(",");
const jobPath = (jobId: string): string => `/jobs/${jobId}`;
const namesPath = (jobId: string, vertex: VertexId): string =>
  `${jobPath(jobId)}/vertices/${vertex}/subtasks/metrics`;
const valuesPath = (jobId: string, vertex: VertexId, names: readonly string[]): string =>
  `${namesPath(jobId, vertex)}?get=${listOf(names)}`;
const jobManagerPath = `/jobmanager/metrics?get=${listOf(Object.values(slotMetrics))}`;
const taskManagersPath = (names: readonly string[]): string =>
  `/taskmanagers/metrics?get=${listOf(names)}&agg=min,max,avg`;
