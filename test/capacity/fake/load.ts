/** What a fake JobManager says of the load of its job: four vertices in a row, in balance. */
import { type FakeJob, shownState } from "./jobManagers.ts";

const parallelism = 2;
const recordsPerSecond = 1_000;
/** Of each vertex: between the bounds of the autoscaler's utilization. */
const busyMsPerSecond = 650;

const vertices = ["Source: orders", "enrich", "window", "Sink: results"].map((name, index) => ({
  id: String(index + 1).repeat(32),
  name,
  isSource: index === 0,
}));

/** The names of metrics that a vertex with one operator has, in number and length as Flink's. */
const names = (operator: string): readonly string[] =>
  ["", `${operator}.`].flatMap((scope) =>
    [
      ...["numRecordsIn", "numRecordsOut", "numBytesIn", "numBytesOut"].flatMap((each) => [
        each,
        `${each}PerSecond`,
      ]),
      ...[
        "busyTimeMsPerSecond",
        "idleTimeMsPerSecond",
        "backPressuredTimeMsPerSecond",
        "currentInputWatermark",
      ],
      ...Array.from({ length: 14 }, (_, index) => `Shuffle.Netty.Input.Buffers.inputQueueLength${index}`),
    ].map((each) => `${scope}${each}`),
  );

export function detailsOf(job: FakeJob, now: number): object {
  const seconds = (now - job.startedAt) / 1_000;
  const records = Math.round(seconds * recordsPerSecond);
  return {
    jid: job.id,
    name: "job",
    state: shownState(job, now),
    "start-time": job.startedAt,
    timestamps: { RUNNING: job.startedAt, CREATED: job.startedAt },
    vertices: vertices.map(({ id, name, isSource }, index) => ({
      id,
      slotSharingGroupId: "a".repeat(32),
      name,
      maxParallelism: 128,
      parallelism,
      status: "RUNNING",
      metrics: {
        "read-records": isSource ? 0 : records,
        "write-records": index === vertices.length - 1 ? 0 : records,
        "accumulated-busy-time": seconds * busyMsPerSecond * parallelism,
      },
    })),
    plan: {
      nodes: vertices.map(({ id }, index) => {
        const before = vertices[index - 1];
        const inputs = before === undefined ? [] : [{ num: 0, id: before.id, ship_strategy: "REBALANCE" }];
        return { id, parallelism, inputs };
      }),
    },
  };
}

const operatorOf = (vertex: string): string => (vertex === vertices[0]?.id ? "Source__orders" : "operator");

export const namesOf = (vertex: string): object[] =>
  [
    ...names(operatorOf(vertex)),
    `${operatorOf(vertex)}.KafkaSourceReader.topic.orders.partition.0.currentOffset`,
  ].map((id) => ({ id }));

export function metricsOf(job: FakeJob, vertex: string, wanted: readonly string[], now: number): object[] {
  const known = new Set(names(operatorOf(vertex)));
  return wanted
    .filter((name) => known.has(name))
    .map((id) => {
      const sum = metricAfter(id.slice(id.lastIndexOf(".") + 1), (now - job.startedAt) / 1_000);
      return { id, min: sum / parallelism, max: sum / parallelism, avg: sum / parallelism, sum };
    });
}

function metricAfter(name: string, seconds: number): number {
  if (name === "busyTimeMsPerSecond") return busyMsPerSecond * parallelism;
  if (name.endsWith("TimeMsPerSecond")) return 0;
  return name.endsWith("PerSecond") ? recordsPerSecond : Math.round(seconds * recordsPerSecond);
}

export const metricsOfTaskManagers = (wanted: readonly string[]): object[] =>
  wanted.map((id) => {
    const value = id.includes("TimeMsPerSecond") ? 12 : id.endsWith("Max") ? 161_480_704 : 27_490_528;
    return { id, min: value, max: value, avg: value };
  });

export const slots: readonly object[] = [
  { id: "taskSlotsTotal", value: "2" },
  { id: "taskSlotsAvailable", value: "0" },
];
