/** What a node still has to give to pods. */
export interface FreeNode {
  /** Cores. */
  readonly cpu: number;
  readonly memoryBytes: number;
}

/** The free nodes of the Kubernetes cluster, or why they are not known. */
export type ClusterCapacity = { readonly nodes: readonly FreeNode[] } | { readonly unknown: string };

/** TaskManagers that a scaling adds, with the size of one. */
export interface CapacityDemand extends FreeNode {
  readonly taskManagers: number;
}

/**
 * The nodes with these TaskManagers on them, each on the first node that has room, as the Java operator tries it
 * (ClusterResourceManager). Undefined: they do not all find one. The scheduler has the last word: it may place pods otherwise.
 */
export function reserve(nodes: readonly FreeNode[], demand: CapacityDemand): FreeNode[] | undefined {
  const { after, missing } = place(nodes, demand);
  return missing === 0 ? after : undefined;
}

/** The nodes with as many of the TaskManagers as find room, and the number of those that do not. */
export function place(
  nodes: readonly FreeNode[],
  { taskManagers, cpu, memoryBytes }: CapacityDemand,
): { readonly after: FreeNode[]; readonly missing: number } {
  let missing = taskManagers;
  const after = nodes.map((node) => {
    const room = Math.floor(Math.min(node.cpu / cpu, node.memoryBytes / memoryBytes) + ROUNDING);
    const placed = Math.max(0, Math.min(missing, room));
    missing -= placed;
    return placed === 0
      ? node
      : { cpu: node.cpu - placed * cpu, memoryBytes: node.memoryBytes - placed * memoryBytes };
  });
  return { after, missing };
}

/** Sums of tenths of a core are not exact: 0.3 cores have room for three times 0.1. */
const ROUNDING = 1e-9;
