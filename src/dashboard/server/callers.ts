import { createHash } from "node:crypto";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { createKubeClient, type KubeClient } from "../../kube/client.ts";
import type { ClusterAccess } from "../../kube/clusterAccess.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type ApiServer, createApiServer } from "./apiServer.ts";

/** One cluster, as the administrator names it. */
export interface Cluster {
  readonly name: string;
  /** Without credentials. */
  readonly access: ClusterAccess;
  /** Namespaces that are looked into for callers who may not list namespaces. */
  readonly namespaces: readonly string[];
  /** The operator's configuration there; absent: not known. */
  readonly operatorConfig?: () => FlinkConfig;
}

/** Somebody at one cluster, with what their token may do. */
export interface Caller {
  readonly cluster: Cluster;
  readonly token: string;
  /** The same for the same cluster and token. It does not tell the token. */
  readonly key: string;
  readonly kube: KubeClient;
  readonly apiServer: ApiServer;
}

export interface Callers {
  /** The caller of a token, which goes to this cluster and to no other. */
  of(cluster: Cluster, token: string): Caller;
  close(): Promise<void>;
}

/** How long the connections of somebody who does nothing stay. */
const idleMs = 10 * 60_000;
const maxCallers = 500;
/** The field manager of what people do here. It is what `changedBy` shows. */
export const FIELD_MANAGER = "flink-dashboard";

export function createCallers(clock: Clock): Callers {
  const callers = new Map<string, { readonly caller: Caller; usedAt: number }>();
  const apiServers = new Map<Cluster, ApiServer>();

  const apiServerOf = (cluster: Cluster): ApiServer => {
    const known = apiServers.get(cluster) ?? createApiServer(cluster.access);
    apiServers.set(cluster, known);
    return known;
  };

  /** The map is in the order of use. */
  function closeIdle(now: number): void {
    for (const [key, { caller, usedAt }] of callers) {
      if (callers.size <= maxCallers && now - usedAt < idleMs) return;
      callers.delete(key);
      void caller.kube.close();
    }
  }

  return {
    of(cluster, token) {
      const now = clock.now();
      const key = createHash("sha256").update(`${cluster.name}\n${token}`).digest("base64url");
      const known = callers.get(key);
      const caller = known?.caller ?? {
        cluster,
        token,
        key,
        kube: createKubeClient(
          { ...cluster.access, authorization: { header: () => `Bearer ${token}`, renew: () => false } },
          { userAgent: FIELD_MANAGER, fieldManager: FIELD_MANAGER, connections: 8 },
        ),
        apiServer: apiServerOf(cluster),
      };
      callers.delete(key);
      callers.set(key, { caller, usedAt: now });
      closeIdle(now);
      return caller;
    },
    async close() {
      await Promise.all([
        ...[...callers.values()].map(({ caller }) => caller.kube.close()),
        ...[...apiServers.values()].map((each) => each.close()),
      ]);
    },
  };
}
