import type { Agent } from "node:http";
import type { SecureContextOptions } from "node:tls";
import type { RestTls } from "../api/flinkFacts.ts";
import { FlinkRestError } from "./api.ts";
import { retire } from "./connections.ts";
import { type OwnStores, storesChangedAt, tlsOptions } from "./tls.ts";

/** HTTP agents for JobManagers with TLS: one for each TLS configuration, created again when a store changes. */
export interface SecureAgents {
  /** Rejects with a FlinkRestError if a store cannot be used. */
  agentFor(tls: RestTls): Promise<Agent>;
  /** The headers of a request over TLS. */
  headers(): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface SecureOptions {
  /** Take precedence over the stores of an endpoint. */
  readonly stores?: OwnStores;
  /** The current Authorization header. It is not sent over plain HTTP. */
  authorization?(): string | undefined;
}

/** How often the store files are checked for changes. */
const checkIntervalMs = 30_000;

interface CachedAgent {
  readonly agent: Promise<Agent>;
  readonly changedAt: number;
  checkedAt: number;
}

export function createSecureAgents(
  createAgent: (tls: SecureContextOptions) => Agent,
  { stores = {}, authorization }: SecureOptions = {},
  now: () => number = () => performance.now(),
): SecureAgents {
  const agents = new Map<string, CachedAgent>();

  async function make(tls: RestTls): Promise<Agent> {
    try {
      return createAgent(await tlsOptions(tls, stores));
    } catch (error) {
      throw new FlinkRestError(0, "broken", (error as Error).message, { cause: error });
    }
  }

  return {
    agentFor(tls) {
      const key = JSON.stringify(tls);
      const known = agents.get(key);
      if (known !== undefined && now() - known.checkedAt < checkIntervalMs) return known.agent;
      const changedAt = storesChangedAt(tls, stores);
      if (known?.changedAt === changedAt) {
        known.checkedAt = now();
        return known.agent;
      }
      const agent = make(tls);
      const made: CachedAgent = { agent, changedAt, checkedAt: now() };
      agents.set(key, made);
      // An unusable store is read again by the next call.
      agent.catch(() => agents.get(key) === made && agents.delete(key));
      known?.agent.then(retire).catch(() => undefined);
      return agent;
    },
    headers() {
      const header = authorization?.();
      return header === undefined ? {} : { authorization: header };
    },
    async close() {
      const made = await Promise.allSettled([...agents.values()].map(({ agent }) => agent));
      for (const each of made) if (each.status === "fulfilled") each.value.destroy();
    },
  };
}
