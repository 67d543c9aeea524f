import { flinkConfig } from "../../config/flinkConfig.ts";
import type { Aggregate, FlinkAnswers } from "./collect/answers.ts";
import { gcTime, taskManagerMetrics } from "./collect/requiredMetrics.ts";
import { type AutoscalerMemory, type CycleResult, noMemory, runCycle } from "./cycle.ts";
import type { VertexId } from "./model/metrics.ts";
import type { Vertex } from "./model/topology.ts";
import type { StoredState } from "./state/storedState.ts";

/** A running job for tests: vertices in a row, the first a source, as Flink's REST API shows them. */
export interface JobVertex {
  readonly parallelism: number;
  readonly maxParallelism?: number;
  /** Records per second of the whole vertex. */
  readonly rate: number;
  /** Of each subtask. */
  readonly busyMsPerSecond: number;
  readonly backPressuredMsPerSecond?: number;
  /** Of a source. */
  readonly pendingRecords?: number;
}

export const vertexId = (at: number): VertexId => String(at).padStart(32, "0");

/** A vertex by itself, without inputs. */
export const vertexOf = (id: string, parallelism: number, more: Partial<Vertex> = {}): Vertex => ({
  id,
  parallelism,
  maxParallelism: 128,
  inputs: new Map(),
  outputs: new Map(),
  isFinished: false,
  isStarting: false,
  partitions: 0,
  slotSharingGroup: "default",
  recordsIn: 0,
  recordsOut: 0,
  accumulatedBusyTime: 0,
  ...more,
});

const aggregate = (each: number, parallelism: number): Aggregate => ({
  min: each,
  max: each,
  avg: each,
  sum: each * parallelism,
});

/** `seconds`: since the job began to run at `since`; the counters are that old. */
export function answersOf(vertices: readonly JobVertex[], since: number, seconds: number): FlinkAnswers {
  const metricsOf = (at: number): ReadonlyMap<string, Aggregate> => {
    const vertex = vertices[at];
    if (vertex === undefined) return new Map();
    const { parallelism, rate, busyMsPerSecond, backPressuredMsPerSecond = 0, pendingRecords = 0 } = vertex;
    const each = (total: number) => aggregate(total / parallelism, parallelism);
    const common = [
      ["busyTimeMsPerSecond", aggregate(busyMsPerSecond, parallelism)],
      ["backPressuredTimeMsPerSecond", aggregate(backPressuredMsPerSecond, parallelism)],
    ] as const;
    return at === 0
      ? new Map([
          ...common,
          ["Source__in.numRecordsInPerSecond", each(rate)],
          ["Source__in.numRecordsIn", each(rate * seconds)],
          ["Source__in.numRecordsOut", each(rate * seconds)],
          ["Source__in.pendingRecords", each(pendingRecords)],
        ])
      : new Map([...common, ["numRecordsInPerSecond", each(rate)]]);
  };
  const placeOf = (vertex: VertexId) => Number(vertex);
  const memory = new Map(
    [...Object.values(taskManagerMetrics), gcTime].map((name) => [name, aggregate(1, 1)]),
  );
  return {
    job: {
      body: {
        // 0: never.
        timestamps: { RUNNING: Math.max(1, since) },
        vertices: vertices.map(({ parallelism, maxParallelism = 128, rate, busyMsPerSecond }, at) => ({
          id: vertexId(at),
          parallelism,
          maxParallelism,
          status: "RUNNING",
          slotSharingGroupId: "default",
          metrics: {
            "read-records": at === 0 ? 0 : rate * seconds,
            "write-records": at === vertices.length - 1 ? 0 : rate * seconds,
            "accumulated-busy-time": busyMsPerSecond * seconds * parallelism,
          },
        })),
        plan: {
          nodes: vertices.map((_, at) => ({
            id: vertexId(at),
            inputs: at === 0 ? [] : [{ id: vertexId(at - 1), ship_strategy: "REBALANCE" }],
          })),
        },
      },
    },
    vertexMetricNames: (vertex) => ({ body: [...metricsOf(placeOf(vertex)).keys()] }),
    vertexMetrics: (vertex, names) => ({
      body: new Map([...metricsOf(placeOf(vertex))].filter(([name]) => names.includes(name))),
    }),
    jobManagerMetrics: {
      body: new Map([
        ["taskSlotsTotal", 8],
        ["taskSlotsAvailable", 0],
      ]),
    },
    taskManagerMetrics: () => ({ body: memory }),
  };
}

/** An autoscaler that lives on from cycle to cycle. */
export function autoscalerOf(entries: Readonly<Record<string, string>> = {}) {
  const config = flinkConfig({
    "job.autoscaler.stabilization.interval": "0 s",
    "job.autoscaler.metrics.window": "2 min",
    "taskmanager.memory.process.size": "2g",
    ...entries,
  });
  let stored: StoredState = {};
  let memory: AutoscalerMemory = noMemory;
  return {
    config,
    get stored() {
      return stored;
    },
    cycle(now: number, answers: FlinkAnswers, isHeld = false): CycleResult {
      const result = runCycle({
        now,
        isEnabled: true,
        isRunning: true,
        isHeld,
        config,
        taskManagerCpu: 1,
        taskManagerMemory: 2n ** 31n,
        answers,
        stored,
        memory,
      });
      ({ stored, memory } = result);
      return result;
    },
  };
}
