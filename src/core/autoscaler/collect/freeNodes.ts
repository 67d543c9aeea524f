import type { KubeObject } from "../../../api/kubernetes.ts";
import { parseQuantity, quantityToNumber } from "../../../config/values/quantity.ts";
import { ValueError } from "../../../config/values/valueError.ts";
import type { FreeNode } from "../model/clusterCapacity.ts";

/** The fields of a Node that are read. */
interface NodeFields {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly allocatable?: Amounts;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The fields of a Pod that are read. */
interface PodFields {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly ContainerFields[];
    readonly initContainers?: readonly ContainerFields[];
    readonly overhead?: Amounts;
    readonly resources?: { readonly requests?: Amounts };
  };
}

interface ContainerFields {
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Amounts };
}

type Amounts = Readonly<Record<string, string | number>>;

/** Pods that take room of a node. */
export const scheduledPods = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed";

/** What `freeNodes` reads of a Node. */
export function projectNode(node: KubeObject): KubeObject {
  const { spec, status } = node as NodeFields;
  const { name, labels } = node.metadata;
  return {
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: { unschedulable: spec?.unschedulable },
    status: {
      allocatable: status?.allocatable,
      conditions: status?.conditions?.filter(({ type }) => type === "Ready"),
    },
  };
}

/** What `freeNodes` reads of a Pod. */
export function projectPod(pod: KubeObject): KubeObject {
  const { spec = {} } = pod as PodFields;
  const requestsOf = ({ restartPolicy, resources }: ContainerFields) => ({
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    resources: { requests: resources?.requests },
  });
  return {
    metadata: { name: pod.metadata.name },
    spec: {
      nodeName: spec.nodeName,
      containers: spec.containers?.map(requestsOf),
      initContainers: spec.initContainers?.map(requestsOf),
      overhead: spec.overhead,
      resources: spec.resources,
    },
  };
}

/**
 * What each node that takes pods has left: its allocatable CPU and memory without the requests of its pods, as the scheduler counts.
 * Then the nodes that the Cluster Autoscaler may add by its `status`. Amounts that cannot be read count as 0.
 */
export function freeNodes(
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
  status: string | undefined,
): FreeNode[] {
  const requested = new Map<string, FreeNode>();
  for (const pod of pods) {
    const { nodeName } = (pod as PodFields).spec ?? {};
    if (nodeName !== undefined) requested.set(nodeName, sum(requested.get(nodeName) ?? none, requestOf(pod)));
  }
  const known = nodes.filter(takesPods).map((node) => ({
    group: node.metadata.labels?.[NODE_GROUP],
    size: amounts((node as NodeFields).status?.allocatable),
    used: requested.get(node.metadata.name) ?? none,
  }));
  const largest = known.reduce((most, { size }) => (size.memoryBytes > most.memoryBytes ? size : most), none);
  const future = addableNodes(status).flatMap(({ group, count }) => {
    const size = known.find((node) => node.group === group)?.size ?? largest;
    return Array.from({ length: Math.min(count, MAX_ADDED) }, () => size);
  });
  return [
    ...known.map(({ size, used }) => ({
      cpu: size.cpu - used.cpu,
      memoryBytes: size.memoryBytes - used.memoryBytes,
    })),
    ...future,
  ];
}

/** The label that names the group of a node as the Cluster Autoscaler does on EKS (ClusterResourceManager). */
const NODE_GROUP = "eks.amazonaws.com/nodegroup";

/** Of one group: a typing error in its size creates no huge list. */
const MAX_ADDED = 1_000;

function takesPods(node: KubeObject): boolean {
  const { spec, status } = node as NodeFields;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return spec?.unschedulable !== true && ready?.status === "True";
}

/** https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers */
function requestOf(pod: KubeObject): FreeNode {
  const { containers = [], initContainers = [], overhead, resources } = (pod as PodFields).spec ?? {};
  const of = (container: ContainerFields) => amounts(container.resources?.requests);
  let sidecars = none;
  let starting = none;
  for (const container of initContainers) {
    const withOthers = sum(sidecars, of(container));
    starting = most(starting, withOthers);
    if (container.restartPolicy === "Always") sidecars = withOthers;
  }
  const running = containers.map(of).reduce(sum, sidecars);
  const byContainers = most(running, starting);
  const whole = amounts(resources?.requests);
  const request = {
    cpu: resources?.requests?.cpu === undefined ? byContainers.cpu : whole.cpu,
    memoryBytes: resources?.requests?.memory === undefined ? byContainers.memoryBytes : whole.memoryBytes,
  };
  return sum(request, amounts(overhead));
}

const none: FreeNode = { cpu: 0, memoryBytes: 0 };

const sum = (a: FreeNode, b: FreeNode): FreeNode => ({
  cpu: a.cpu + b.cpu,
  memoryBytes: a.memoryBytes + b.memoryBytes,
});

const most = (a: FreeNode, b: FreeNode): FreeNode => ({
  cpu: Math.max(a.cpu, b.cpu),
  memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
});

const amounts = (of: Amounts | undefined): FreeNode => ({
  cpu: amount(of?.cpu),
  memoryBytes: amount(of?.memory),
});

function amount(text: string | number | undefined): number {
  if (text === undefined) return 0;
  try {
    return quantityToNumber(parseQuantity(text));
  } catch (error) {
    if (error instanceof ValueError) return 0;
    throw error;
  }
}

/**
 * How many nodes each group may still get, in the status of the Cluster Autoscaler: a text before its version 1.30, and YAML from then
 * on. Both name the group, the size it has been set to, and its limits, in this order. Empty: there is none that can be read.
 */
function addableNodes(status = ""): { readonly group: string; readonly count: number }[] {
  const group =
    /^\s*(?:- )?[Nn]ame:\s*(\S+)[\s\S]*?cloudProviderTarget[=:]\s*(\d+)[^a-z]*minSize[=:]\s*\d+[^a-z]*maxSize[=:]\s*(\d+)/gm;
  return [...status.matchAll(group)].map(([, name = "", target, largest]) => ({
    group: name,
    count: Math.max(0, Number(largest) - Number(target)),
  }));
}
