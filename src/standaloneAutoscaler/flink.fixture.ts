import { fakeClock } from "../../test/support/fakeClock.ts";
import type { CheckpointStatistics, JobOverview, ResourceRequirements } from "../api/flinkFacts.ts";
import { flinkConfig } from "../config/flinkConfig.ts";
import { bodyOf } from "../core/autoscaler/collect/collect.ts";
import { answersOf, vertexId } from "../core/autoscaler/job.fixture.ts";
import type { AutoscalerEvent } from "../core/autoscaler/model/event.ts";
import { openState, type StoredState } from "../core/autoscaler/state/storedState.ts";
import { FlinkRestError } from "../flink/api.ts";
import { createLogger } from "../telemetry/log.ts";
import type { LoopOptions } from "./loop.ts";
import { createMemoryStore } from "./stateStore.ts";

export const jobId = "0000000000000000000000000000000a";

export const runningJob: JobOverview = {
  id: jobId,
  name: "orders",
  state: "RUNNING",
  startTime: 1,
  endTime: -1,
  lastModification: 1,
  tasks: { running: 2, total: 2 },
};

export const completed: CheckpointStatistics["latestCompleted"] = {
  id: 1,
  externalPath: "file:/1",
  isSavepoint: false,
  discarded: false,
  timestamp: 1,
  stateSize: 1,
};

/** A decision of an earlier cycle: the second vertex gets another parallelism. */
export function decided(parallelism: number): StoredState {
  const view = openState({});
  view.put("parallelismOverrides", new Map([[vertexId(1), parallelism]]));
  return view.state;
}

/** A Flink with one job of two vertices, whose facts a test may change, and all that the autoscaler needs beside it. */
export function autoscalerWorld() {
  const clock = fakeClock();
  const answers = answersOf(
    [1, 2].map((rate) => ({ parallelism: 1, rate, busyMsPerSecond: 500 })),
    clock.now(),
    1,
  );
  const flink = {
    jobs: [runningJob] as readonly JobOverview[],
    config: { "jobmanager.scheduler": "adaptive", "job.autoscaler.enabled": "true" } as Record<
      string,
      string
    >,
    checkpointInterval: 1_000,
    checkpoints: {
      completedCount: 1,
      inProgressCount: 0,
      latestCompleted: completed,
      latestSavepoint: undefined,
      latestRestored: undefined,
    } as CheckpointStatistics | undefined,
    requirements: Object.fromEntries(
      [0, 1].map((at) => [vertexId(at), { parallelism: { lowerBound: 1, upperBound: 1 } }]),
    ) as ResourceRequirements | undefined,
    isDown: false,
    losesAnswers: false,
    puts: [] as ResourceRequirements[],
    reads: [] as string[],
    atOnce: 0,
    mostAtOnce: 0,
  };
  const down = (): FlinkRestError => new FlinkRestError(0, "refused", "connect ECONNREFUSED");
  const answer = async <Value>(value: () => Value): Promise<Value> => {
    if (flink.isDown) throw down();
    flink.mostAtOnce = Math.max(flink.mostAtOnce, ++flink.atOnce);
    await Promise.resolve();
    flink.atOnce--;
    return value();
  };
  const body = (path: string): unknown => {
    if (path.endsWith("/jobmanager/config"))
      return Object.entries(flink.config).map(([key, value]) => ({ key, value }));
    if (path.endsWith("/checkpoints/config")) return { interval: flink.checkpointInterval };
    const { pathname, searchParams } = new URL(path, "http://flink");
    const names = searchParams.get("get")?.split(",");
    const [, vertex = ""] = /\/vertices\/(\w+)\//.exec(pathname) ?? [];
    if (!pathname.includes("metrics")) return bodyOf(answers.job);
    if (pathname === "/jobmanager/metrics")
      return [...bodyOf(answers.jobManagerMetrics)].map(([id, value]) => ({ id, value: String(value) }));
    if (vertex !== "" && names === undefined)
      return bodyOf(answers.vertexMetricNames(vertex)).map((id) => ({ id }));
    const values =
      vertex === "" ? answers.taskManagerMetrics(names ?? []) : answers.vertexMetrics(vertex, names ?? []);
    return [...bodyOf(values)].filter(([id]) => names?.includes(id)).map(([id, value]) => ({ id, ...value }));
  };
  const events: AutoscalerEvent[] = [];
  const lines: { readonly msg: string; readonly level: string }[] = [];
  const stopping = new AbortController();
  const context: LoopOptions = {
    rest: {
      jobs: () => answer(() => [...flink.jobs]),
      read: (_, path) => {
        flink.reads.push(path);
        return answer(() => ({ body: body(path) }));
      },
      checkpoints: () => answer(() => flink.checkpoints),
      resourceRequirements: () => answer(() => flink.requirements),
      updateResourceRequirements: (_, __, wanted) =>
        answer(() => {
          flink.puts.push(wanted);
          flink.requirements = wanted;
          if (flink.losesAnswers) throw new FlinkRestError(0, "timeout", "no answer within 10000 ms");
        }),
    },
    at: { host: "flink", port: 8081 },
    config: flinkConfig({ "job.autoscaler.stabilization.interval": "1 h" }),
    store: createMemoryStore(),
    events: { handle: async (_, event) => void events.push(event), close: () => {} },
    clock,
    log: createLogger({ destination: { write: (line: string) => void lines.push(JSON.parse(line)) } }),
    signal: stopping.signal,
    intervalMs: 10_000,
    parallelism: 2,
  };
  return { clock, flink, events, lines, context, stop: () => stopping.abort() };
}
