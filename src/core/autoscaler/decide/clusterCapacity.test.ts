import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { vertexOf } from "../job.fixture.ts";
import type { ClusterCapacity } from "../model/clusterCapacity.ts";
import type { Topology } from "../model/topology.ts";
import { checkCapacity } from "./clusterCapacity.ts";

const gib = 2 ** 30;
const node = (cpu: number, gibs: number) => ({ cpu, memoryBytes: gibs * gib });
const groups = ["x", "x", "y"];
const named: Topology = new Map(
  ["a", "b", "c"].map((id, at) => [id, vertexOf(id, 2, { slotSharingGroup: groups[at] })]),
);
const unnamed: Topology = new Map(
  ["a", "b", "c"].map((id) => [id, vertexOf(id, 2, { slotSharingGroup: undefined })]),
);

interface Given {
  readonly to: Readonly<Record<string, number>>;
  readonly capacity?: ClusterCapacity | undefined;
  readonly topology?: Topology;
  readonly slots?: string;
  readonly slotsUsed?: number;
  readonly taskManager?: { readonly cpu: number; readonly memoryBytes: number };
}

function check(given: Given) {
  const { to, topology = named, slots = "1", slotsUsed, taskManager = node(1, 2) } = given;
  const capacity = "capacity" in given ? given.capacity : { nodes: [] };
  return checkCapacity({
    capacity,
    topology,
    evaluated: {
      global:
        slotsUsed === undefined ? {} : { NUM_TASK_SLOTS_USED: { current: slotsUsed, average: Number.NaN } },
    },
    summaries: new Map(
      Object.entries(to).map(([id, newParallelism]) => [
        id,
        { currentParallelism: topology.get(id)?.parallelism ?? 1, newParallelism, metrics: {} },
      ]),
    ),
    taskManager,
    config: flinkConfig({ "taskmanager.numberOfTaskSlots": slots }),
  });
}

/** How many TaskManagers are asked for; "no room", or "not checked". */
function outcome(given: Given): number | string {
  const { reached, unchecked, demand } = check(given);
  if (reached !== undefined) return "no room";
  if (unchecked !== undefined) return "not known";
  return demand?.taskManagers ?? "not checked";
}

const large: ClusterCapacity = { nodes: [node(1_000, 1_000)] };

describe("the check of the cluster's free capacity", () => {
  it("lets a scaling pass for whose TaskManagers there is a node each, and no other", () => {
    const nodes = [node(1, 8), node(8, 2), node(0.9, 8)];
    expect(outcome({ to: { a: 4 }, capacity: { nodes } })).toBe(2);
    expect(outcome({ to: { a: 5 }, capacity: { nodes } })).toBe("no room");
  });

  it("counts tenths of a core exactly", () => {
    const tenths = { taskManager: node(0.1, 2) };
    expect(outcome({ to: { a: 5 }, capacity: { nodes: [node(0.3, 8)] }, ...tenths })).toBe(3);
    expect(outcome({ to: { a: 6 }, capacity: { nodes: [node(0.3, 8)] }, ...tenths })).toBe("no room");
  });

  it("says what is missing, as an event of the quotas", () => {
    expect(check({ to: { a: 4 } }).reached).toEqual({
      type: "Warning",
      reason: "ResourceQuotaReached",
      key: "ClusterCapacity",
      message:
        "The cluster's nodes do not have the free CPU and memory for 2 more TaskManagers, each with 1 CPU and 2048Mi. Add nodes, or set job.autoscaler.vertex.max-parallelism.",
      intervalMs: 1_800_000,
    });
  });

  it("counts the most subtasks of each slot sharing group, of all vertices, and rounds TaskManagers up", () => {
    expect(outcome({ to: { a: 3, c: 4 }, capacity: large })).toBe(3);
    expect(outcome({ to: { a: 3, c: 4 }, capacity: large, slots: "2" })).toBe(2);
    // 4 slots before, 5 after.
    expect(outcome({ to: { a: 3 }, capacity: large, slots: "5" })).toBe("not checked");
  });

  it("takes the slots in use for groups that Flink does not name", () => {
    const given = { to: { a: 5 }, capacity: large, topology: unnamed };
    expect(outcome({ ...given, slotsUsed: 2 })).toBe(3);
    expect(outcome({ ...given, to: { a: 5, b: 4 }, slotsUsed: 6 })).toBe(5);
    expect(outcome({ ...given, to: { a: 5, b: 4 } })).toBe(5);
  });

  it.each([
    ["the operator does not look at the nodes", { capacity: undefined }],
    ["no TaskManagers are added", { to: { a: 1 } }],
    ["the CPU of a TaskManager is not known", { taskManager: node(0, 2) }],
    ["the memory of a TaskManager is not known", { taskManager: node(1, Number.NaN) }],
  ])("is not made where %s", (_, given) => {
    expect(check({ to: { a: 9 }, ...given })).toEqual({});
  });

  it("is no veto where the nodes are not known, and says what to grant", () => {
    const checked = check({ to: { a: 9 }, capacity: { unknown: "nodes is forbidden" } });
    expect(checked).toEqual({
      unchecked: expect.objectContaining({
        type: "Warning",
        reason: "AutoscalerError",
        intervalMs: 1_800_000,
      }),
    });
    expect(checked.unchecked?.message).toMatch(/nodes is forbidden.*rbac.nodesRule.create/);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY, -1])("finds no room on a node with %d cores", (cpu) => {
    expect(outcome({ to: { a: 3 }, capacity: { nodes: [{ cpu, memoryBytes: 8 * gib }] } })).toBe("no room");
  });
});
