import type { SecureContextOptions } from "node:tls";
import type { Agent, Dispatcher } from "undici";
import type { RestTls } from "../api/flinkFacts.ts";
import { FlinkRestError } from "./api.ts";
import { type OwnStores, storesChangedAt, tlsOptions } from "./tls.ts";

/** Agents for JobManagers with TLS: one for all that trust and show the same, made anew when a store changes. */
export interface SecureAgents {
  /** Throws a FlinkRestError where a store cannot be used. */
  agentFor(tls: RestTls): Dispatcher;
  close(): Promise<void>;
}

export interface SecureOptions {
  /** Go before the stores that an endpoint names. */
  readonly stores?: OwnStores;
  /** The Authorization header, as it is now; over plain HTTP it is not sent. */
  authorization?(): string | undefined;
}

/** How often the files are looked at. */
const lookEveryMs = 30_000;

interface Known {
  readonly agent: Agent;
  readonly dispatcher: Dispatcher;
  readonly changedAt: number;
  lookedAt: number;
}

export function createSecureAgents(
  agentWith: (connect: object) => Agent,
  { stores = {}, authorization }: SecureOptions = {},
  now: () => number = () => performance.now(),
): SecureAgents {
  const agents = new Map<string, Known>();

  function make(tls: RestTls): Agent {
    let options: SecureContextOptions;
    try {
      options = tlsOptions(tls, stores);
    } catch (error) {
      throw new FlinkRestError(0, "broken", (error as Error).message, { cause: error });
    }
    return agentWith({ ...options, checkServerIdentity: () => undefined });
  }

  const withAuthorization: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (request, handler) => {
    const header = authorization?.();
    const headers = request.headers as Record<string, string>;
    return dispatch(
      header === undefined ? request : { ...request, headers: { ...headers, authorization: header } },
      handler,
    );
  };

  return {
    agentFor(tls) {
      const key = JSON.stringify(tls);
      const known = agents.get(key);
      if (known !== undefined && now() - known.lookedAt < lookEveryMs) return known.dispatcher;
      const changedAt = storesChangedAt(tls, stores);
      if (known?.changedAt === changedAt) {
        known.lookedAt = now();
        return known.dispatcher;
      }
      const agent = make(tls);
      const dispatcher = agent.compose(withAuthorization);
      agents.set(key, { agent, dispatcher, changedAt, lookedAt: now() });
      // Its calls under way come to their end first.
      void known?.agent.close();
      return dispatcher;
    },
    async close() {
      await Promise.all([...agents.values()].map(({ agent }) => agent.destroy()));
    },
  };
}
