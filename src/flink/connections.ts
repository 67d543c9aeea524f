import { Agent, type AgentOptions } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContextOptions } from "node:tls";

/**
 * Connections to JobManagers. They are kept as long as the JobManager keeps them, so that a poll at any interval needs no new
 * one. Node's own agent takes 3 KiB for a kept connection, undici 27 KiB.
 */
export interface Connections {
  /** An agent for plain HTTP, or for TLS. It shares the bound on idle connections with the others. */
  agent(tls?: SecureContextOptions): Agent;
}

export interface ConnectionLimits {
  /** Sockets of one agent for one JobManager: one for the poller, one for an action. */
  readonly perJobManager: number;
  /** Idle connections altogether. Beyond that, the one that has idled longest is closed. */
  readonly idle: number;
}

/** When an idle connection is probed first. A peer that went without a word is noticed ten seconds later. */
const PROBE_AFTER_MS = 30_000;

export function createConnections({ perJobManager, idle: maxIdle }: ConnectionLimits): Connections {
  // In the order in which they became idle.
  const idle = new Set<Duplex>();
  const known = new WeakSet<Duplex>();

  function becameIdle(socket: Duplex): void {
    if (!known.has(socket)) {
      known.add(socket);
      socket.once("close", () => idle.delete(socket));
    }
    idle.add(socket);
    const [oldest] = idle;
    if (idle.size > maxIdle) oldest?.destroy();
  }

  /** Follows which of the agent's sockets are idle, through the two methods that Node documents for that. */
  function counted<T extends Agent>(agent: T): T {
    const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => unknown;
    const reuse = agent.reuseSocket.bind(agent);
    agent.keepSocketAlive = (socket) => {
      const kept = keep(socket);
      if (kept === true) becameIdle(socket);
      return kept as undefined;
    };
    agent.reuseSocket = (socket, request) => {
      idle.delete(socket);
      reuse(socket, request);
    };
    return agent;
  }

  const options: AgentOptions = {
    keepAlive: true,
    keepAliveMsecs: PROBE_AFTER_MS,
    maxSockets: perJobManager,
    maxFreeSockets: perJobManager,
  };
  return {
    agent: (tls) =>
      counted(
        tls === undefined
          ? new Agent(options)
          : // Certificates are not checked for the host: Flink's are issued for no name. One context for all connections.
            new TlsAgent({
              ...options,
              secureContext: createSecureContext(tls),
              checkServerIdentity: () => undefined,
            }),
      ),
  };
}

/** Ends an agent after its requests in flight. */
export function retire(agent: Agent): void {
  agent.keepSocketAlive = () => undefined;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}
