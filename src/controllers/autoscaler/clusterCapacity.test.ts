import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject, ResourceType } from "../../api/kubernetes.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import type { ListOptions } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { createLogger } from "../../telemetry/log.ts";
import { type ClusterCapacityReader, createClusterCapacity } from "./clusterCapacity.ts";

const key = "kubernetes.operator.cluster.resource-view.refresh-interval";
const gib = 2 ** 30;

let calls: string[];
let failures: Partial<Record<string, KubeError | Error>>;
let interval: string;
let now: number;
let reader: ClusterCapacityReader;

const objects: Readonly<Record<string, KubeObject[]>> = {
  nodes: [
    {
      metadata: { name: "a" },
      status: { allocatable: { cpu: "4", memory: "8Gi" }, conditions: [{ type: "Ready", status: "True" }] },
    },
  ],
  pods: [
    {
      metadata: { name: "p" },
      spec: { nodeName: "a", containers: [{ resources: { requests: { cpu: "1", memory: "2Gi" } } }] },
    },
  ],
};

async function list({ plural }: ResourceType, { fieldSelector = "" }: ListOptions = {}) {
  calls.push([plural, fieldSelector].join(" ").trim());
  if (failures[plural] !== undefined) throw failures[plural];
  return { resourceVersion: "1", items: objects[plural] ?? [] };
}

beforeEach(() => {
  calls = [];
  failures = { configmaps: new KubeError(404, "NotFound", "none") };
  interval = "1 min";
  now = 0;
  reader = createClusterCapacity({
    kube: {
      list,
      async get(type, namespace, name) {
        calls.push(`${type.plural} ${namespace}/${name}`);
        throw failures[type.plural];
      },
    },
    clock: { now: () => now },
    log: createLogger({ level: "silent" }),
    operatorConfig: () => flinkConfig({ [key]: interval }),
  });
});

async function read() {
  reader.current();
  await new Promise(setImmediate);
  return reader.current();
}

const reading = [
  "nodes",
  "pods spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed",
  "configmaps kube-system/cluster-autoscaler-status",
];

describe("the free nodes", () => {
  test.each(["-1 min", "0 s"])("are not read with an interval of %s", async (text) => {
    interval = text;
    expect([await read(), calls]).toEqual([undefined, []]);
  });

  test("are read when somebody asks, without a wait, and again after the interval", async () => {
    expect(reader.current()).toBe("unread");
    expect(reader.current()).toBe("unread");
    expect(await read()).toEqual({ nodes: [{ cpu: 3, memoryBytes: 6 * gib }] });
    now = 59_999;
    await read();
    expect(calls).toEqual(reading);
    now = 60_000;
    expect(reader.current()).toEqual({ nodes: [{ cpu: 3, memoryBytes: 6 * gib }] });
    expect(calls).toEqual([...reading, ...reading]);
  });

  test("have less after a scaling, until they are read again", async () => {
    await read();
    const demand = { taskManagers: 2, cpu: 1, memoryBytes: gib };
    reader.reserve(demand);
    expect(reader.current()).toEqual({ nodes: [{ cpu: 1, memoryBytes: 4 * gib }] });
    reader.reserve(demand);
    expect(reader.current()).toEqual({ nodes: [{ cpu: 1, memoryBytes: 4 * gib }] });
    now = 60_000;
    expect(await read()).toEqual({ nodes: [{ cpu: 3, memoryBytes: 6 * gib }] });
  });

  test("have less for one interval more, since the pods of a scaling may not be on nodes yet", async () => {
    await read();
    now = 50_000;
    reader.reserve({ taskManagers: 2, cpu: 1, memoryBytes: gib });
    now = 60_000;
    reader.current();
    reader.reserve({ taskManagers: 1, cpu: 1, memoryBytes: gib });
    expect(await read()).toEqual({ nodes: [{ cpu: 0, memoryBytes: 3 * gib }] });
    now = 120_000;
    expect(await read()).toEqual({ nodes: [{ cpu: 3, memoryBytes: 6 * gib }] });
  });

  test("are unknown without the right to list them, and asked for no more often", async () => {
    failures.nodes = new KubeError(403, "Forbidden", "nodes is forbidden");
    expect(await read()).toEqual({ unknown: "nodes is forbidden" });
    reader.reserve({ taskManagers: 1, cpu: 1, memoryBytes: gib });
    expect(await read()).toEqual({ unknown: "nodes is forbidden" });
    expect(calls).toEqual(reading);
  });

  test("are unknown after any error, and known again after the next reading", async () => {
    failures.pods = new TypeError("what?");
    expect(await read()).toEqual({ unknown: "what?" });
    delete failures.pods;
    now = 60_000;
    expect(await read()).toMatchObject({ nodes: [{ cpu: 3 }] });
  });

  test("do not need the status of the Cluster Autoscaler", async () => {
    failures.configmaps = new KubeError(403, "Forbidden", "no");
    expect(await read()).toMatchObject({ nodes: [{ cpu: 3 }] });
  });
});
