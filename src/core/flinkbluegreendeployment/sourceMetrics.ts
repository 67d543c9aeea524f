/** What the sources of a job measure: the requests for it, and what they answer. */

/** Sums over all sources of a job. */
export interface SourceMetrics {
  readonly jobId: string;
  /** When they were answered, in milliseconds since the epoch. */
  readonly at: number;
  /** Records that they have still to read: their lag. Undefined: none of them reports it. */
  readonly pendingRecords: number | undefined;
  readonly recordsPerSecond: number | undefined;
}

/** Answers of Flink by path: their JSON, or the message of an error. */
type Answers = ReadonlyMap<string, { readonly body: unknown } | { readonly error: string }>;

interface JobDetails {
  readonly vertices?: readonly { readonly id: string; readonly status?: string }[];
  readonly plan?: {
    readonly nodes?: readonly { readonly id: string; readonly inputs?: readonly unknown[] }[];
  };
}

interface Metric {
  readonly id: string;
  readonly sum?: number | string;
}

/** Flink's metrics of sources (FLIP-33). Each operator's name is in front. */
const metrics = { pendingRecords: ".pendingRecords", recordsPerSecond: ".numRecordsInPerSecond" } as const;
type MetricName = keyof typeof metrics;

const isWanted = (id: string): boolean =>
  id.endsWith(metrics.pendingRecords) || (id.startsWith("Source_") && id.endsWith(metrics.recordsPerSecond));

/**
 * The paths to GET next; none: there is all. `isCold`: Flink has no metrics of a source yet, which it fetches only once it is asked
 * for them.
 */
export function planSourceRequests(
  jobId: string,
  answers: Answers,
): { readonly next: readonly string[]; readonly isCold: boolean } {
  const lists = sourcesOf(jobId, answers).map((source) => listPath(jobId, source));
  const names = lists.map((path) => ({ path, listed: listAt(answers, path) }));
  const values = names.flatMap(({ path, listed }) => valuesPath(path, listed) ?? []);
  const paths = [jobPath(jobId), ...lists, ...values];
  return {
    next: paths.filter((path) => !answers.has(path)),
    isCold: names.some(({ listed }) => listed?.length === 0),
  };
}

/** A source that did not answer leaves the sums unknown. */
export function sourceMetricsOf(jobId: string, answers: Answers, at: number): SourceMetrics {
  const values = sourcesOf(jobId, answers).map((source) => {
    const path = listPath(jobId, source);
    const listed = listAt(answers, path);
    const wanted = valuesPath(path, listed);
    return listed !== undefined && wanted === undefined ? [] : listAt(answers, wanted ?? path);
  });
  const sumOf = (name: MetricName): number | undefined => {
    if (values.includes(undefined)) return undefined;
    const found = values.flat().filter((metric) => metric?.id.endsWith(metrics[name]));
    const sum = found.reduce((total, metric) => total + Number(metric?.sum), 0);
    return found.length === 0 || !Number.isFinite(sum) ? undefined : sum;
  };
  return {
    jobId,
    at,
    pendingRecords: sumOf("pendingRecords"),
    recordsPerSecond: sumOf("recordsPerSecond"),
  };
}

/** The vertices without an input that have not finished. */
function sourcesOf(jobId: string, answers: Answers): string[] {
  const { vertices, plan } = (bodyAt(answers, jobPath(jobId)) ?? {}) as JobDetails;
  const finished = new Set((vertices ?? []).flatMap(({ id, status }) => (status === "FINISHED" ? [id] : [])));
  return (plan?.nodes ?? [])
    .filter(({ id, inputs }) => (inputs ?? []).length === 0 && !finished.has(id))
    .map(({ id }) => id);
}

function bodyAt(answers: Answers, path: string): unknown {
  const answer = answers.get(path);
  return answer !== undefined && "body" in answer ? answer.body : undefined;
}

function listAt(answers: Answers, path: string): readonly Metric[] | undefined {
  const body = bodyAt(answers, path);
  return Array.isArray(body) && body.every((metric) => typeof metric?.id === "string") ? body : undefined;
}

const jobPath = (jobId: string): string => `/jobs/${jobId}`;
const listPath = (jobId: string, vertex: string): string =>
  `${jobPath(jobId)}/vertices/${vertex}/subtasks/metrics`;

/** Undefined: not listed, or the source has none of them. */
function valuesPath(path: string, listed: readonly Metric[] | undefined): string | undefined {
  const wanted = (listed ?? []).map(({ id }) => id).filter(isWanted);
  return wanted.length === 0 ? undefined : `${path}?get=${wanted.map(encodeURIComponent).join(",")}`;
}
