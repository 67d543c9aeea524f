import { type Dispatcher, Pool } from "undici";
import type { ClusterAccess } from "../../kube/clusterAccess.ts";

/** GETs of an API server whose answers are passed on as they arrive: logs, and what is behind its proxies. */
export interface ApiServer {
  get(path: string, token: string, options: RawOptions): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

export interface RawOptions {
  readonly method?: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** `access`: its credentials are not used. The connections are shared, as no request but by its token tells who it is from. */
export function createApiServer(access: ClusterAccess): ApiServer {
  const base = new URL(access.server);
  const prefix = base.pathname.replace(/\/+$/, "");
  const pool = new Pool(base.origin, {
    allowH2: false,
    connections: 32,
    connect: {
      timeout: 10_000,
      ...(access.ca === undefined ? {} : { ca: access.ca }),
      ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
      rejectUnauthorized: access.skipTlsVerify !== true,
    },
  });
  return {
    get: (path, token, { method = "GET", headers = {}, signal }) =>
      pool.request({
        path: `${prefix}${path}`,
        method,
        headers: { ...headers, "user-agent": "flink-dashboard", authorization: `Bearer ${token}` },
        signal,
        headersTimeout: 30_000,
        bodyTimeout: 30_000,
      }),
    close: () => pool.destroy(),
  };
}
