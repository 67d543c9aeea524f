import { describe, expect, it } from "vitest";
import { AutoscalerError, NotReady } from "../model/autoscalerError.ts";
import { countPartitions } from "./partitions.ts";
import { aggregateOf, flinkMetrics, selectNames } from "./requiredMetrics.ts";

const names = (...more: string[]) => [
  "busyTimeMsPerSecond",
  "backPressuredTimeMsPerSecond",
  "Source__in.numRecordsInPerSecond",
  "Source__in.numRecordsIn",
  "numRecordsOut",
  ...more,
];
const source = { isSource: true, isStabilizing: false };

describe("the metrics that are asked for", () => {
  it("are one name for each, and all of pending records", () => {
    expect(
      selectNames(
        "v",
        names("Source__in.pendingRecords", "Source__b.pendingRecords", "Source__b.numRecordsIn"),
        source,
      ),
    ).toEqual([
      "busyTimeMsPerSecond",
      "backPressuredTimeMsPerSecond",
      "Source__in.numRecordsInPerSecond",
      "Source__in.numRecordsIn",
      "Source__in.pendingRecords",
      "Source__b.pendingRecords",
    ]);
  });

  it("are an error once the job should be stable, and awaited before", () => {
    const select = (isStabilizing: boolean) => () =>
      selectNames("v", names().slice(1), { ...source, isStabilizing });
    expect(select(false)).toThrow(
      new AutoscalerError("Could not find required metric BUSY_TIME_PER_SEC for v"),
    );
    expect(select(true)).toThrow(NotReady);
  });

  it("adds up the pending records of several sources in one vertex", () => {
    const each = (sum: number) => ({ min: sum, max: sum, avg: sum, sum });
    const values = new Map([
      ["Source__a.pendingRecords", each(2)],
      ["Source__b.pendingRecords", each(5)],
      ["busyTimeMsPerSecond", each(1)],
    ]);
    expect(aggregateOf(flinkMetrics.pendingRecords, values)).toEqual({
      min: 2,
      max: 5,
      avg: Number.NaN,
      sum: 7,
    });
    expect(aggregateOf(flinkMetrics.backPressure, values)).toBeUndefined();
  });
});

it.each([
  [[], 0],
  [["1.Source__in.KafkaSourceReader.topic.a.partition.0.currentOffset"], 1],
  [
    [
      "1.Source__in.KafkaSourceReader.topic.a.partition.0.currentOffset",
      "1.Source__in.KafkaSourceReader.topic.a.partition.1.currentOffset",
      "1.Source__in.KafkaSourceReader.topic.a.partition.1.committedOffset",
      "2.Source__in.KafkaSourceReader.topic.a.partition.1.currentOffset",
    ],
    2,
  ],
  [
    [
      "0.Source__in.kafkaCluster.x.KafkaSourceReader.topic.a.partition.0.currentOffset",
      "0.Source__in.kafkaCluster.y.KafkaSourceReader.topic.a.partition.0.currentOffset",
    ],
    2,
  ],
  [["0.Source__in.PulsarConsumer.t-partition-7.sub.numMsgsReceived"], 1],
])("%j are %d partitions", (metrics, count) => {
  expect(countPartitions(metrics)).toBe(count);
});
