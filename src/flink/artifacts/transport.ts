import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent } from "undici";
import { hostRefusalReason, type JarPolicy } from "../../api/jarUri.ts";
import { restrictedReason } from "../../api/restrictedAddress.ts";
import { ArtifactError } from "./api.ts";

/** GET requests to any host, with timeouts. */
export interface Transport {
  /** Follows no redirect. Rejects with the reason of the signal, or the error of the connection. */
  get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Reply>;
  close(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Discards the rest of the body. */
  discard(): void;
}

export interface TransportOptions {
  /** Milliseconds until a connection is made, TLS included. */
  readonly connectMs: number;
  /** Milliseconds without a single byte. */
  readonly idleMs: number;
  /** Resolves a host's addresses. Absent: the system's resolver. */
  readonly lookup?: LookupFunction;
  /** Certificates to trust, in PEM. Absent: those of Node (NODE_EXTRA_CA_CERTS adds to them). */
  readonly ca?: string;
}

export function createTransport({ connectMs, idleMs, lookup, ca }: TransportOptions): Transport {
  const agent = new Agent({
    allowH2: false,
    pipelining: 1,
    // Redirects and resumed downloads reuse a connection at once or never.
    keepAliveTimeout: 1_000,
    keepAliveMaxTimeout: 1_000,
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    connect: {
      timeout: connectMs,
      ...(lookup === undefined ? {} : { lookup }),
      ...(ca === undefined ? {} : { ca }),
    },
  });
  return {
    async get(url, headers, signal) {
      signal.throwIfAborted();
      const asked = agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: "GET",
        headers: { accept: "*/*", "accept-encoding": "identity", ...headers },
        signal,
      });
      const { statusCode, headers: answered, body } = await unlessAborted(asked, signal);
      // The connection of an unread body may break: nothing listens for that error.
      body.on("error", () => {});
      return {
        status: statusCode,
        header: (name) => {
          const value = answered[name];
          return Array.isArray(value) ? value[0] : value;
        },
        body,
        discard: () => void body.destroy(),
      };
    },
    close: () => agent.destroy(),
  };
}

/** undici does not abort a request that still waits for its connection. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Resolves names, and fails if any of the addresses is not allowed. The connection uses one of the checked addresses: the
 * name is not resolved a second time (DNS rebinding).
 */
export const checkedLookup =
  (policy: () => JarPolicy, resolve: typeof systemLookup = systemLookup): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const kind = addresses.map(({ address }) => restrictedReason(address)).find((why) => why !== undefined);
      const refused = hostRefusalReason(hostname, policy(), kind);
      if (refused !== undefined) return callback(new ArtifactError("not-allowed", refused), []);
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family);
    });
  };
