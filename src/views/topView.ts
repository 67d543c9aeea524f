import { formatTable, type Paint } from "./format.ts";

/** GETs a path of a JobManager's REST API, such as "/jobs/overview". Resolves to the JSON of the answer. */
export type FlinkProxy = (path: string) => Promise<unknown>;

/** How busy a job is. Absent numbers: Flink does not say. */
export interface TopView {
  readonly state: string;
  /** Bytes of the newest completed checkpoint, and how long it took in milliseconds. */
  readonly stateSize?: number;
  readonly checkpointMs?: number;
  readonly vertices: readonly VertexLoad[];
  /** What could not be read, in words. */
  readonly unread: readonly string[];
}

export interface VertexLoad {
  readonly name: string;
  readonly parallelism: number;
  /** Shares of the time, 0 to 1: the busiest subtask, and the mean. */
  readonly busyMax?: number;
  readonly busyMean?: number;
  readonly backPressure?: number;
  /** Records per second, over all subtasks. */
  readonly recordsIn?: number;
  readonly recordsOut?: number;
  /** Records that the source has still to read, over all subtasks: its lag. Only sources that report pendingRecords. */
  readonly lag?: number;
}

interface JobDetails {
  readonly state: string;
  readonly vertices?: readonly {
    readonly id: string;
    readonly name: string;
    readonly parallelism: number;
  }[];
}

interface Metric {
  readonly id: string;
  readonly max?: number | string;
  readonly avg?: number | string;
  readonly sum?: number | string;
}

/** Names of Flink's task metrics (docs/ops/metrics: IO). Milliseconds in each second. */
const metrics = {
  busy: "busyTimeMsPerSecond",
  backPressure: "backPressuredTimeMsPerSecond",
  recordsIn: "numRecordsInPerSecond",
  recordsOut: "numRecordsOutPerSecond",
} as const;
const PENDING_RECORDS = "pendingRecords";

/** Reads the load of a job: two requests, and two for each of its vertices. */
export async function readTop(flink: FlinkProxy, jobId: string): Promise<TopView> {
  const [details, checkpoints] = await Promise.allSettled([
    flink(`/jobs/${jobId}`),
    flink(`/jobs/${jobId}/checkpoints`),
  ]);
  if (details.status === "rejected") throw details.reason;
  const { state, vertices = [] } = details.value as JobDetails;
  const unread: string[] = [];
  const loads = await Promise.all(
    vertices.map(async ({ id, name, parallelism }): Promise<VertexLoad> => {
      const path = `/jobs/${jobId}/vertices/${id}/subtasks/metrics`;
      try {
        const names = ((await flink(path)) as readonly Metric[]).map((each) => each.id);
        const wanted = names.filter(
          (each) =>
            (Object.values(metrics) as string[]).includes(each) || each.endsWith(`.${PENDING_RECORDS}`),
        );
        const values =
          wanted.length === 0
            ? []
            : ((await flink(`${path}?get=${wanted.map(encodeURIComponent).join(",")}`)) as readonly Metric[]);
        return { name, parallelism, ...loadOf(values) };
      } catch (error) {
        unread.push(`metrics of ${name}: ${error instanceof Error ? error.message : String(error)}`);
        return { name, parallelism };
      }
    }),
  );
  return { state, ...checkpointOf(checkpoints), vertices: loads, unread };
}

function loadOf(values: readonly Metric[]): Omit<VertexLoad, "name" | "parallelism"> {
  const of = (name: string) => values.find(({ id }) => id === name);
  const lag = values.filter(({ id }) => id.endsWith(`.${PENDING_RECORDS}`)).map(({ sum }) => Number(sum));
  return withoutUnknown({
    busyMax: perSecond(of(metrics.busy)?.max),
    busyMean: perSecond(of(metrics.busy)?.avg),
    backPressure: perSecond(of(metrics.backPressure)?.max),
    recordsIn: numberOf(of(metrics.recordsIn)?.sum),
    recordsOut: numberOf(of(metrics.recordsOut)?.sum),
    lag: lag.length === 0 ? undefined : lag.reduce((total, each) => total + each, 0),
  });
}

/** NaN is Flink's value of a source that does not measure how busy it is. */
const numberOf = (value: number | string | undefined): number | undefined =>
  value === undefined || Number.isNaN(Number(value)) ? undefined : Number(value);

const perSecond = (value: number | string | undefined): number | undefined => {
  const number = numberOf(value);
  return number === undefined ? undefined : number / 1_000;
};

function checkpointOf(answer: PromiseSettledResult<unknown>): Pick<TopView, "stateSize" | "checkpointMs"> {
  if (answer.status === "rejected") return {};
  const { latest } = answer.value as {
    latest?: { completed?: { state_size?: number; end_to_end_duration?: number } | null };
  };
  return withoutUnknown({
    stateSize: latest?.completed?.state_size,
    checkpointMs: latest?.completed?.end_to_end_duration,
  });
}

const withoutUnknown = <Fields extends Record<string, number | undefined>>(
  fields: Fields,
): { [Name in keyof Fields]?: number } =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && !Number.isNaN(value)),
  ) as { [Name in keyof Fields]?: number };

/** A job's load as text. `wide`: names in full. */
export function topText(
  title: string,
  { state, stateSize, checkpointMs, vertices, unread }: TopView,
  { wide, paint }: { readonly wide: boolean; readonly paint: Paint },
): string {
  const checkpoint =
    stateSize === undefined
      ? "no checkpoint yet"
      : `state ${formatBytes(stateSize)}${checkpointMs === undefined ? "" : `, checkpointed in ${checkpointMs} ms`}`;
  const rows = vertices.map((vertex) => [
    wide || vertex.name.length <= 50 ? vertex.name : `${vertex.name.slice(0, 49)}…`,
    String(vertex.parallelism),
    share(vertex.busyMax, paint),
    share(vertex.busyMean, paint),
    share(vertex.backPressure, paint),
    rate(vertex.recordsIn),
    rate(vertex.recordsOut),
    vertex.lag === undefined ? "" : String(vertex.lag),
  ]);
  const header = ["VERTEX", "PARALLELISM", "BUSY MAX", "BUSY MEAN", "BACK PRESSURE", "IN/S", "OUT/S", "LAG"];
  return [
    `${paint("bold", title)}: ${state}, ${checkpoint}\n`,
    ...(rows.length === 0 ? [] : [`\n${formatTable(header, rows)}`]),
    ...(unread.length === 0 ? [] : [`\n${unread.map((each) => `not shown: ${each}\n`).join("")}`]),
  ].join("");
}

const share = (value: number | undefined, paint: Paint): string => {
  if (value === undefined) return "";
  const text = `${Math.round(value * 100)}%`;
  return value >= 0.9 ? paint("red", text) : value >= 0.7 ? paint("yellow", text) : text;
};

const rate = (value: number | undefined): string =>
  value === undefined ? "" : value.toFixed(value < 10 ? 1 : 0);

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** "1.5 MiB" */
export function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
