import type {
  Aggregate,
  Aggregates,
  Answer,
  FlinkAnswers,
} from "../../../src/core/autoscaler/collect/answers.ts";
import { type Json, numberOf } from "./recording.ts";

/** Flink's REST API at one step of a recording. Each part holds until it is given again; null: gone. */
export interface RecordedFlink {
  step(input: Json): void;
  readonly answers: FlinkAnswers;
  /** Undefined: Flink answers with an error. */
  resourceRequirements(): Json | undefined;
  readonly jobsOverview: Json;
  readonly jobConfig: Json;
}

const parts = [
  "jobDetails",
  "vertexMetrics",
  "jmMetrics",
  "tmMetrics",
  "resourceRequirements",
  "jobsOverview",
  "jobConfig",
  "errors",
];

export function recordedFlink(jobId: string): RecordedFlink {
  const held: Record<string, Json> = {};
  const answer = <Body>(path: string, body: () => Body): Answer<Body> => {
    for (const [pattern, { message }] of Object.entries<Json>(held.errors ?? {})) {
      if (new RegExp(`^${pattern}$`).test(path)) return restError(message);
    }
    return { body: body() };
  };
  const metricsOf = (vertex: string): Json => held.vertexMetrics?.[vertex] ?? {};
  const vertexPath = (vertex: string) => `/jobs/${jobId}/vertices/${vertex}/subtasks/metrics`;
  return {
    step: (input) => {
      for (const part of parts) if (part in input) held[part] = input[part];
      if ("io" in input && held.jobDetails !== null) held.jobDetails = withIo(held.jobDetails, input);
    },
    get answers() {
      return {
        job:
          held.jobDetails === null || held.jobDetails === undefined
            ? restError("Job could not be found")
            : answer(`/jobs/${jobId}`, () => held.jobDetails),
        vertexMetricNames: (vertex: string) =>
          answer(vertexPath(vertex), () => Object.keys(metricsOf(vertex))),
        vertexMetrics: (vertex: string, names: readonly string[]) =>
          answer(vertexPath(vertex), () =>
            aggregates(metricsOf(vertex), names, ([min, max, avg, sum]) => ({ min, max, avg, sum })),
          ),
        jobManagerMetrics: answer("/jobmanager/metrics", () => numbers(held.jmMetrics ?? {})),
        taskManagerMetrics: (names: readonly string[]) =>
          answer("/taskmanagers/metrics", () => {
            const present = held.tmMetrics ?? {};
            return names.every((name) => name in present)
              ? aggregates(present, names, (each) => ({ ...each, sum: Number.NaN }))
              : new Map();
          }),
      };
    },
    resourceRequirements: () => {
      const found = answer(
        `/jobs/${jobId}/resource-requirements`,
        () => held.resourceRequirements ?? undefined,
      );
      return "body" in found ? found.body : undefined;
    },
    get jobsOverview() {
      return held.jobsOverview;
    },
    get jobConfig() {
      return held.jobConfig;
    },
  };
}

/** As the Java operator words an error of Flink. */
const restError = (message: string) => ({
  error: `org.apache.flink.runtime.rest.util.RestClientException: [${message}]`,
});

const numbers = (values: Json): ReadonlyMap<string, number> =>
  new Map(Object.entries(values).map(([name, value]) => [name, numberOf(value)]));

const aggregates = (values: Json, names: readonly string[], read: (value: Json) => Json): Aggregates =>
  new Map(
    names
      .filter((name) => name in values)
      .map((name) => {
        const aggregate = Object.entries(read(values[name])).map(([kind, value]) => [kind, numberOf(value)]);
        return [name, Object.fromEntries(aggregate) as unknown as Aggregate];
      }),
  );

/** `io`: the counters of vertices, which alone have changed. */
function withIo(details: Json, { io, now, duration }: Json): Json {
  return {
    ...details,
    ...(now === undefined ? {} : { now }),
    ...(duration === undefined ? {} : { duration }),
    vertices: details.vertices.map((vertex: Json) => {
      const [read, written, busy] = io[vertex.id] ?? [];
      const counters = { "read-records": read, "write-records": written, "accumulated-busy-time": busy };
      return read === undefined ? vertex : { ...vertex, metrics: { ...vertex.metrics, ...counters } };
    }),
  };
}
