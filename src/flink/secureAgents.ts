import type { SecureContextOptions } from "node:tls";
import type { Agent, Dispatcher } from "undici";
import type { RestTls } from "../api/flinkFacts.ts";
import { FlinkRestError } from "./api.ts";
import { type OwnStores, storesChangedAt, tlsOptions } from "./tls.ts";

/** HTTP agents for JobManagers with TLS: one for each TLS configuration, created again when a store changes. */
export interface SecureAgents {
  /** Rejects with a FlinkRestError if a store cannot be used. */
  agentFor(tls: RestTls): Promise<Dispatcher>;
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
  readonly dispatcher: Promise<Dispatcher>;
  readonly changedAt: number;
  checkedAt: number;
}

export function createSecureAgents(
  createAgent: (connect: object) => Agent,
  { stores = {}, authorization }: SecureOptions = {},
  now: () => number = () => performance.now(),
): SecureAgents {
  const agents = new Map<string, CachedAgent>();

  async function make(tls: RestTls): Promise<Agent> {
    let options: SecureContextOptions;
    try {
      options = await tlsOptions(tls, stores);
    } catch (error) {
      throw new FlinkRestError(0, "broken", (error as Error).message, { cause: error });
    }
    return createAgent({ ...options, checkServerIdentity: () => undefined });
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
      if (known !== undefined && now() - known.checkedAt < checkIntervalMs) return known.dispatcher;
      const changedAt = storesChangedAt(tls, stores);
      if (known?.changedAt === changedAt) {
        known.checkedAt = now();
        return known.dispatcher;
      }
      const agent = make(tls);
      const dispatcher = agent.then((made) => made.compose(withAuthorization));
      const made: CachedAgent = { agent, dispatcher, changedAt, checkedAt: now() };
      agents.set(key, made);
      // An unusable store is read again by the next call.
      dispatcher.catch(() => agents.get(key) === made && agents.delete(key));
      // Waits for its requests in flight.
      known?.agent.then((old) => old.close()).catch(() => undefined);
      return dispatcher;
    },
    async close() {
      const made = await Promise.allSettled([...agents.values()].map(({ agent }) => agent));
      await Promise.all(made.map((each) => each.status === "fulfilled" && each.value.destroy()));
    },
  };
}
