import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { freeNodes, projectNode, projectPod } from "./freeNodes.ts";

const gib = 2 ** 30;

const node = (name: string, allocatable: object, more: object = {}, group?: string): KubeObject => ({
  metadata: { name, ...(group === undefined ? {} : { labels: { "eks.amazonaws.com/nodegroup": group } }) },
  status: {
    allocatable,
    conditions: [
      { type: "MemoryPressure", status: "False" },
      { type: "Ready", status: "True" },
    ],
  },
  ...more,
});

const requests = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
const pod = (nodeName: string | undefined, spec: object): KubeObject => ({
  metadata: { name: "p" },
  spec: { nodeName, ...spec },
});

/** As the operator reads them: without what is not needed. */
const free = (nodes: KubeObject[], pods: KubeObject[] = [], status?: string) =>
  freeNodes(nodes.map(projectNode), pods.map(projectPod), status);

const eight = { cpu: "8", memory: "32Gi" };

describe("what nodes have free", () => {
  it("is their allocatable amounts without the requests of their pods", () => {
    const pods = [
      pod("a", { containers: [requests("500m", "1Gi"), requests("1", "512Mi"), {}] }),
      pod("a", { containers: [requests("1500m", "512Mi")] }),
      pod("elsewhere", { containers: [requests("8", "32Gi")] }),
      pod(undefined, { containers: [requests("8", "32Gi")] }),
    ];
    expect(free([node("a", { cpu: "7910m", memory: "32Gi", pods: "110" }), node("b", eight)], pods)).toEqual([
      { cpu: 7.91 - 3, memoryBytes: 30 * gib },
      { cpu: 8, memoryBytes: 32 * gib },
    ]);
  });

  it("counts init containers, sidecars, overhead and requests of the whole pod as the scheduler does", () => {
    const sidecar = { restartPolicy: "Always", ...requests("1", "1Gi") };
    const used = (spec: object) => {
      const [only] = free([node("a", eight)], [pod("a", spec)]);
      return [8 - (only?.cpu ?? 0), 32 - (only?.memoryBytes ?? 0) / gib];
    };
    const containers = [requests("2", "2Gi")];
    expect(used({ containers, initContainers: [requests("4", "1Gi")] })).toEqual([4, 2]);
    expect(used({ containers, initContainers: [sidecar, requests("4", "1Gi")] })).toEqual([5, 3]);
    expect(used({ containers, overhead: { cpu: "250m", memory: "1Gi" } })).toEqual([2.25, 3]);
    expect(used({ containers, resources: { requests: { cpu: "6" } } })).toEqual([6, 2]);
  });

  it("leaves out nodes that take no pods", () => {
    const notReady = { status: { allocatable: eight, conditions: [{ type: "Ready", status: "Unknown" }] } };
    expect(free([node("a", eight, { spec: { unschedulable: true } }), node("b", eight, notReady)])).toEqual(
      [],
    );
  });

  it.each([
    ["no status", { status: undefined }],
    ["no amounts", { status: { conditions: [{ type: "Ready", status: "True" }] } }],
    ["amounts that are none", node("a", { cpu: "many", memory: "" })],
  ])("is nothing on a node with %s", (_, more) => {
    expect(free([node("a", {}, more)]).every(({ cpu, memoryBytes }) => cpu === 0 && memoryBytes === 0)).toBe(
      true,
    );
  });
});

describe("nodes that the Cluster Autoscaler may add", () => {
  const text = `Cluster-autoscaler status at 2026-01-01:
Cluster-wide:
  Health:      Healthy (ready=2 unready=0 registered=2)
NodeGroups:
  Name:        small
  Health:      Healthy (ready=1 registered=1 cloudProviderTarget=1 (minSize=1, maxSize=3))
               LastProbeTime: 2026-01-01
  Name:        other
  Health:      Healthy (ready=1 registered=1 cloudProviderTarget=2 (minSize=0, maxSize=2))
`;
  const yaml = `time: 2026-01-01
clusterWide:
  health:
    status: Healthy
nodeGroups:
- name: small
  health:
    status: Healthy
    nodeCounts:
      registered:
        total: 1
    cloudProviderTarget: 1
    minSize: 1
    maxSize: 3
    lastProbeTime: "2026-01-01"
- name: unlabelled
  health:
    cloudProviderTarget: 0
    minSize: 0
    maxSize: 1
`;
  const nodes = [node("a", { cpu: "2", memory: "4Gi" }, {}, "small"), node("b", eight)];
  const added = (status: string | undefined) =>
    free(nodes, [], status)
      .slice(nodes.length)
      .map(({ cpu }) => cpu);

  it.each([
    ["its text", text, [2, 2]],
    ["its YAML, with the largest node for a group that no node names", yaml, [2, 2, 8]],
    ["no status", undefined, []],
    ["a status that says nothing", "Initializing", []],
  ])("are read from %s", (_, status, cpus) => {
    expect(added(status)).toEqual(cpus);
  });

  it("are bounded", () => {
    expect(added(yaml.replaceAll("maxSize: 3", "maxSize: 999999999"))).toHaveLength(1_001);
  });
});
