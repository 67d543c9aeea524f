import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../telemetry/log.ts";
import { clientAddress, isIn } from "./addresses.ts";
import { createAudit } from "./audit.ts";
import { createCallers } from "./callers.ts";
import { limitConnections } from "./connections.ts";
import { type Exchange, sendError, sendJson } from "./exchange.ts";
import { createSharedWatches } from "./fleet/sharedWatches.ts";
import { createHandlers } from "./handlers.ts";
import { asHttpError, HttpError } from "./httpError.ts";
import { createLimits } from "./limits.ts";
import { createLogins, type KnownCluster } from "./logins.ts";
import { createOidcLogin } from "./oidc.ts";
import type { DashboardOptions } from "./options.ts";
import { checkWrite } from "./requestOrigin.ts";
import { createRights } from "./rights.ts";
import { findRoute } from "./router.ts";
import { securityHeaders } from "./securityHeaders.ts";
import { readSession } from "./session.ts";
import type { StaticFiles } from "./staticFiles.ts";

export interface DashboardServer {
  /** Resolves to the port. */
  listen(port: number, host?: string): Promise<number>;
  /** Ends the streams, lets other requests complete for a while, and closes all connections. */
  close(): Promise<void>;
}

export interface DashboardServerOptions {
  readonly options: DashboardOptions;
  readonly files: StaticFiles;
  /** The operator's configuration at a cluster, where it is known. */
  operatorConfigOf(cluster: string): (() => FlinkConfig) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The headers of a session with tokens for two clusters fit well. */
const maxHeaderSize = 64 * 1024;
const readMethods = ["GET", "HEAD", "OPTIONS"];
const maxConnections = 4_000;
const maxAddressConnections = 1_000;
/** How long requests may still take when the server ends. */
const drainMs = 5_000;

export function createDashboardServer({
  options,
  files,
  operatorConfigOf,
  clock,
  log,
}: DashboardServerOptions): DashboardServer {
  const { publicUrl, trustedProxies, plainHttp, sessionHours: hours, sessionKeys: keys } = options;
  const clusters = options.clusters.map((each): KnownCluster => {
    const operatorConfig = operatorConfigOf(each.name);
    const { name, access, namespaces } = each;
    return { name, access, namespaces, options: each, ...(operatorConfig && { operatorConfig }) };
  });
  const callers = createCallers(clock);
  const rights = createRights(clock);
  const limits = createLimits(clock);
  const logins = createLogins(options, clusters, callers, rights, clock);
  const audit = createAudit(log);
  const closing = new AbortController();
  const oidc = createOidcLogin(publicUrl, logins, clock, log);
  const routes = createHandlers({
    closing: closing.signal,
    logins,
    rights,
    limits,
    clock,
    oidc,
    watches: createSharedWatches({ clock, log }),
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const exchange = exchangeOf(request, response);
    try {
      await answer(exchange);
    } catch (error) {
      const known = asHttpError(error);
      // The client learns nothing of an error of ours, and the log all.
      if (known === undefined) log.error({ error, path: loggedPath(exchange) }, "a request failed");
      sendError(exchange, known ?? new HttpError(500, "The dashboard failed at this: its log has more."));
    }
  }

  function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
    const [path = "/", search = ""] = (request.url ?? "/").split(/\?(.*)/s);
    const forwarded = request.headers["x-forwarded-for"];
    return {
      request,
      response,
      path,
      query: new URLSearchParams(search),
      params: {},
      audited: {},
      address: clientAddress(
        trustedProxies,
        request.socket.remoteAddress,
        typeof forwarded === "string" ? forwarded : undefined,
      ),
    };
  }

  async function answer(exchange: Exchange): Promise<void> {
    const { request, path, address, audited } = exchange;
    const method = request.method ?? "";
    if (path === "/healthz") return sendJson(exchange, { ok: true });
    limits.count("request", address);
    if (!path.startsWith("/api/")) {
      if (method !== "GET" && method !== "HEAD") throw new HttpError(405, "Pages can only be got.");
      return files(exchange);
    }
    const { route, params } = findRoute(routes, method, path);
    const session = await readSession(exchange, { keys, hours, plainHttp });
    if (session.csrf !== undefined) limits.count("request", session.csrf);
    logins.forgetSignedOut(session);
    await oidc.renew(session);
    const respond = async (): Promise<void> => {
      if (!readMethods.includes(method)) {
        limits.count("write", address, ...(session.csrf === undefined ? [] : [session.csrf]));
        checkWrite(request, session.csrf, publicUrl);
      }
      await route.handler({ ...exchange, params }, session);
    };
    const { audit: action } = route;
    if (action === undefined) return respond();
    const { cluster = "", namespace, plural, name } = params;
    const user = session.logins?.[cluster]?.user ?? "unknown";
    const entry = { user, address, action, cluster, namespace, plural, name };
    await audit.around(() => (audited.isNone ? undefined : { ...entry, ...audited }), respond);
  }

  /** A ticket in it lets whoever reads it look at a Flink UI. */
  function loggedPath({ request, path }: Exchange): string {
    try {
      return path.startsWith("/api/") ? findRoute(routes, request.method ?? "", path).route.pattern : path;
    } catch {
      return "/api/";
    }
  }

  const server = createServer(
    { maxHeaderSize, requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 60_000 },
    (request, response) => void handle(request, response),
  );
  server.maxConnections = maxConnections;
  // A trusted proxy has the connections of all its clients.
  limitConnections(server, maxAddressConnections, (address) => isIn(trustedProxies, address));

  return {
    async listen(port, host) {
      server.listen(port, host);
      await once(server, "listening");
      server.on("error", (error) => log.error({ error }, "the dashboard's server is in trouble"));
      return (server.address() as AddressInfo).port;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      // Streams have no end of their own.
      closing.abort();
      const cancel = clock.after(drainMs, () => server.closeAllConnections());
      await closed;
      cancel();
      await callers.close();
    },
  };
}
