import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent } from "undici";
import { whyRestricted } from "../../api/address.ts";
import { type JarPolicy, whyHostRefused } from "../../api/jarUri.ts";
import { ArtifactError } from "./api.ts";

/** GET requests to anywhere, with an end in time. */
export interface Transport {
  /** Follows no redirect. Rejects as its signal says, or with what went wrong on the way. */
  get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Reply>;
  close(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Does without the rest of the body. */
  discard(): void;
}

export interface TransportOptions {
  /** Milliseconds until a connection is made, TLS included. */
  readonly connectMs: number;
  /** Milliseconds without a single byte. */
  readonly idleMs: number;
  /** Asked for a host's addresses; absent: the system. */
  readonly lookup?: LookupFunction;
  /** Certificates to trust, in PEM form; absent: those of Node (NODE_EXTRA_CA_CERTS adds to them). */
  readonly ca?: string;
}

export function createTransport({ connectMs, idleMs, lookup, ca }: TransportOptions): Transport {
  const agent = new Agent({
    allowH2: false,
    pipelining: 1,
    // Redirects and resumed downloads come back to a host at once or not at all.
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
      // What is not read may break off without anybody there to be told.
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

/** undici does not let go of a request that still waits for its connection. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Resolves names, and fails where any of the addresses is of a kind that is refused. A connection is made to one of the
 * addresses that were judged and to no other: nothing is resolved a second time (DNS rebinding).
 */
export const checkedLookup =
  (policy: () => JarPolicy, resolve: typeof systemLookup = systemLookup): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const kind = addresses.map(({ address }) => whyRestricted(address)).find((why) => why !== undefined);
      const refused = whyHostRefused(hostname, policy(), kind);
      if (refused !== undefined) return callback(new ArtifactError("not-allowed", refused), []);
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family);
    });
  };
