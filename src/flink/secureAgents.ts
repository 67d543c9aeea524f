import type { SecureContextOptions } from "node:tls";
import type { Agent, Dispatcher } from "undici";
import type { RestTls } from "../api/flinkFacts.ts";
import { FlinkRestError } from "./api.ts";
import { type OwnStores, storesChangedAt, tlsOptions } from "./tls.ts";

/** Agents for JobManagers with TLS: one for all that trust and show the same, made anew when a store changes. */
export interface SecureAgents {
  /** Rejects with a FlinkRestError where a store cannot be used. */
  agentFor(tls: RestTls): Promise<Dispatcher>;
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
  readonly agent: Promise<Agent>;
  readonly dispatcher: Promise<Dispatcher>;
  readonly changedAt: number;
  lookedAt: number;
}

export function createSecureAgents(
  agentWith: (connect: object) => Agent,
  { stores = {}, authorization }: SecureOptions = {},
  now: () => number = () => performance.now(),
): SecureAgents {
  const agents = new Map<string, Known>();

  async function make(tls: RestTls): Promise<Agent> {
    let options: SecureContextOptions;
    try {
      options = await tlsOptions(tls, stores);
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
      const dispatcher = agent.then((made) => made.compose(withAuthorization));
      const made: Known = { agent, dispatcher, changedAt, lookedAt: now() };
      agents.set(key, made);
      // A store that cannot be used is read again by the next call.
      dispatcher.catch(() => agents.get(key) === made && agents.delete(key));
      // Its calls under way come to their end first.
      known?.agent.then((old) => old.close()).catch(() => undefined);
      return dispatcher;
    },
    async close() {
      const made = await Promise.allSettled([...agents.values()].map(({ agent }) => agent));
      await Promise.all(made.map((each) => each.status === "fulfilled" && each.value.destroy()));
    },
  };
}
