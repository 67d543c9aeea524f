import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { declare, integer, memorySize } from "../../../config/option.ts";
import type { VertexId } from "../model/metrics.ts";
import { readOption, readTaskSlots } from "../model/readOption.ts";
import type { Topology } from "../model/topology.ts";

const option = declare("flink");

const buffersPerChannel = option(
  "taskmanager.network.memory.buffers-per-channel",
  integer,
  "Network buffers of each channel.",
  { default: "2" },
);
const floatingBuffers = option(
  "taskmanager.network.memory.floating-buffers-per-gate",
  integer,
  "Further network buffers of each gate.",
  { default: "8" },
);
const segmentSize = option("taskmanager.memory.segment-size", memorySize, "Size of a network buffer.", {
  default: "32 kb",
});

export interface Gate {
  readonly own: number;
  /** The parallelism at the other end. */
  readonly other: number;
  readonly shipStrategy: string;
  readonly buffersPerChannel: number;
  readonly floatingBuffers: number;
}

/** The most network buffers that one gate of one subtask uses. */
export function segmentsOf({ own, other, shipStrategy, ...buffers }: Gate): number {
  const isPointwise = shipStrategy === "FORWARD" || shipStrategy === "RESCALE";
  const channels = isPointwise ? Math.ceil(other / own) : other;
  return channels * buffers.buffersPerChannel + buffers.floatingBuffers;
}

/** The most network memory of a TaskManager whose slots each run one subtask of each vertex, in bytes. */
export function networkMemory(
  topology: Topology,
  parallelismOf: (vertex: VertexId) => number,
  config: FlinkConfig,
): bigint {
  const buffers = {
    buffersPerChannel: readOption(config, buffersPerChannel),
    floatingBuffers: readOption(config, floatingBuffers),
  };
  let segments = 0;
  for (const { id, inputs, outputs } of topology.values()) {
    for (const [other, shipStrategy] of [...inputs, ...outputs]) {
      segments += segmentsOf({
        own: parallelismOf(id),
        other: parallelismOf(other),
        shipStrategy,
        ...buffers,
      });
    }
  }
  return BigInt(segments) * readOption(config, segmentSize) * BigInt(readTaskSlots(config));
}
