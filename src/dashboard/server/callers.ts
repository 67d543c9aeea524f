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
  /** The caller's connections stay until the returned function is called. */
  hold(caller: Caller): () => void;
  /** Their token is refused: the connections end as soon as nobody holds them. */
  drop(caller: Caller): void;
  readonly size: number;
  close(): Promise<void>;
}

interface Known {
  readonly caller: Caller;
  /** Requests, streams among them, that are not over. */
  holders: number;
  usedAt: number;
  isRefused: boolean;
}

/** How long the connections of somebody who does nothing stay. */
const idleMs = 10 * 60_000;
const maxCallers = 500;
/** The field manager of what people do here, to which the name of the user is added. It is what `changedBy` shows. */
export const FIELD_MANAGER = "flink-dashboard";

export function createCallers(clock: Clock): Callers {
  const callers = new Map<string, Known>();
  const apiServers = new Map<Cluster, ApiServer>();

  const apiServerOf = (cluster: Cluster): ApiServer => {
    const known = apiServers.get(cluster) ?? createApiServer(cluster.access);
    apiServers.set(cluster, known);
    return known;
  };

  function forget({ caller }: Known): void {
    callers.delete(caller.key);
    void caller.kube.close();
  }

  /** The map is in the order of use. */
  function forgetIdle(now: number): void {
    for (const known of [...callers.values()]) {
      const isIdle = callers.size >= maxCallers || now - known.usedAt >= idleMs;
      if (isIdle && known.holders === 0) forget(known);
    }
  }

  const create = (cluster: Cluster, token: string, key: string): Caller => ({
    cluster,
    token,
    key,
    kube: createKubeClient(
      { ...cluster.access, authorization: { header: () => `Bearer ${token}`, renew: () => false } },
      { userAgent: FIELD_MANAGER, fieldManager: FIELD_MANAGER, connections: 8 },
    ),
    apiServer: apiServerOf(cluster),
  });

  return {
    of(cluster, token) {
      const now = clock.now();
      const key = createHash("sha256").update(`${cluster.name}\n${token}`).digest("base64url");
      const known = callers.get(key) ?? {
        caller: create(cluster, token, key),
        holders: 0,
        usedAt: now,
        isRefused: false,
      };
      known.usedAt = now;
      callers.delete(key);
      forgetIdle(now);
      callers.set(key, known);
      return known.caller;
    },
    hold({ key }) {
      const known = callers.get(key);
      if (known === undefined) return () => {};
      known.holders += 1;
      return () => {
        known.holders -= 1;
        known.usedAt = clock.now();
        if (known.isRefused && known.holders === 0) forget(known);
      };
    },
    drop({ key }) {
      const known = callers.get(key);
      if (known === undefined) return;
      known.isRefused = true;
      if (known.holders === 0) forget(known);
    },
    get size() {
      return callers.size;
    },
    async close() {
      await Promise.all([
        ...[...callers.values()].map(({ caller }) => caller.kube.close()),
        ...[...apiServers.values()].map((each) => each.close()),
      ]);
    },
  };
}
