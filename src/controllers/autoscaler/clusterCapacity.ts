import { resourceTypes } from "../../api/kubernetes.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import {
  freeNodes,
  projectNode,
  projectPod,
  scheduledPods,
} from "../../core/autoscaler/collect/freeNodes.ts";
import {
  type CapacityDemand,
  type ClusterCapacity,
  place,
  reserve,
} from "../../core/autoscaler/model/clusterCapacity.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isAbsent } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../telemetry/log.ts";

/** The free nodes of the cluster, read again at an interval, and only if somebody asks. */
export interface ClusterCapacityReader {
  /** Without waiting. "unread": read for the first time at this moment. Undefined: the configuration does not ask for it. */
  current(): ClusterCapacity | "unread" | undefined;
  /**
   * What a scaling takes counts from now on, also in what is read for one interval more: its pods may not be on nodes yet. Those
   * that are count twice until then, which delays a scaling and never overfills a node.
   */
  reserve(demand: CapacityDemand): void;
}

interface Reservation {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly demand: CapacityDemand;
}

export interface ClusterCapacityOptions {
  readonly kube: Pick<KubeApi, "get" | "list">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Pick<Logger, "warn">;
  operatorConfig(): FlinkConfig;
}

export function createClusterCapacity(options: ClusterCapacityOptions): ClusterCapacityReader {
  const { kube, clock, log, operatorConfig } = options;
  let known: ClusterCapacity | undefined;
  /** When the last reading began, in milliseconds since the epoch. */
  let readAt = Number.NEGATIVE_INFINITY;
  let isReading = false;
  let reserved: readonly Reservation[] = [];

  async function read(): Promise<ClusterCapacity> {
    try {
      const [nodes, pods, status] = await Promise.all([
        kube.list(resourceTypes.node, { project: projectNode }),
        kube.list(resourceTypes.pod, { fieldSelector: scheduledPods, project: projectPod }),
        clusterAutoscalerStatus(),
      ]);
      return { nodes: freeNodes(nodes.items.map(projectNode), pods.items.map(projectPod), status) };
    } catch (error) {
      log.warn({ error }, "the free capacity of the cluster cannot be read");
      return { unknown: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Undefined: there is no Cluster Autoscaler, or its status may not be read. */
  async function clusterAutoscalerStatus(): Promise<string | undefined> {
    try {
      const { data } = await kube.get(resourceTypes.configMap, "kube-system", "cluster-autoscaler-status");
      return (data as Record<string, string> | undefined)?.status;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  return {
    current() {
      const intervalMs = operatorConfig().get(operatorOptions.resourceViewRefreshInterval);
      if (intervalMs <= 0) {
        known = undefined;
        return undefined;
      }
      if (!isReading && (known === undefined || clock.now() - readAt >= intervalMs)) {
        isReading = true;
        readAt = clock.now();
        void read().then((capacity) => {
          reserved = reserved.filter(({ at }) => at > readAt - intervalMs);
          known = reserved.reduce(withReservation, capacity);
          isReading = false;
        });
      }
      return known ?? "unread";
    },

    reserve(demand) {
      if (known === undefined || "unknown" in known) return;
      const nodes = reserve(known.nodes, demand);
      if (nodes === undefined) return;
      reserved = [...reserved, { at: clock.now(), demand }];
      known = { nodes };
    },
  };
}

/** Of TaskManagers that do not all find room, some may be on nodes already. */
const withReservation = (capacity: ClusterCapacity, { demand }: Reservation): ClusterCapacity =>
  "unknown" in capacity ? capacity : { nodes: place(capacity.nodes, demand).after };
