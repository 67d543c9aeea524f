import { randomBytes } from "node:crypto";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../../runtime/clock.ts";
import type { Caller } from "./callers.ts";
import { type Exchange, whenOver } from "./exchange.ts";
import { HttpError } from "./httpError.ts";
import { flinkProxyPath } from "./resource/flinkRest.ts";
import { clusterIdOf, type Subject } from "./resource/subject.ts";
import { flinkSecurityHeaders } from "./securityHeaders.ts";

/** The most bytes, and milliseconds, of an answer. A log of a TaskManager is the largest. */
const maxBytes = 64 * 1024 * 1024;
const timeoutMs = 60_000;
/** How long Flink's UI can be used without a look at the resource's page. */
const ticketMs = 30 * 60_000;
const maxTickets = 1_000;
const maxCallerTickets = 20;

/**
 * What Flink's UI reads (Flink 1.16 to 2.3): its own files and its REST API. Other GETs act or run code: `yarn-cancel` and `yarn-stop` end
 * the job, for the proxy of YARN, which knows no other method; the plan of a jar is made by running its main method.
 */
const readPaths: readonly RegExp[] = [
  /^$/,
  /^[\w.-]+\.(html|js|css|ico|png|svg|txt|map|json|woff2?|ttf)$/,
  /^assets\//,
  /^(v\d+\/)?(config|overview|datasets)$/,
  /^(v\d+\/)?(jobmanager|taskmanagers)(\/|$)/,
  /^(v\d+\/)?jobs(\/[^/]+)?$/,
  /^(v\d+\/)?jobs\/[^/]+\/(accumulators|checkpoints|config|exceptions|execution-result|jobmanager|metrics|plan|rescales|resource-requirements|savepoints|status|taskmanagers|vertices)(\/|$)/,
  /^(v\d+\/)?applications\/[^/]+$/,
  /^(v\d+\/)?applications\/[^/]+\/(exceptions|jobmanager)(\/|$)/,
];

/**
 * The path below the JobManager's service, encoded anew segment by segment. Throws an HttpError for what could lead elsewhere, or would
 * act.
 */
export function flinkPath(rest: string): string {
  const segments = rest.split("/").map((segment, at, all) => {
    const isLast = at === all.length - 1;
    let text: string;
    try {
      text = decodeURIComponent(segment);
    } catch {
      throw refused();
    }
    const isEmpty = text === "" && !isLast;
    // Nor is it decoded twice: what still has a percent sign is an attempt at that.
    if (isEmpty || text === "." || text === ".." || /[/\\%?#\p{Cc}]/u.test(text)) throw refused();
    return text;
  });
  // Flink's router takes a slash at the end away.
  const path = segments.join("/").replace(/\/$/, "");
  if (!readPaths.some((each) => each.test(path)))
    throw new HttpError(
      403,
      "Only what Flink's UI reads can be got here: this path of Flink is none of that, or acts on the job.",
    );
  return `/${segments.map(encodeURIComponent).join("/")}`;
}

const refused = (): HttpError => new HttpError(400, "This is no path of Flink's REST API.");

const passedOn = ["content-type", "content-encoding", "last-modified", "etag"];

/** Passes a GET on to the JobManager of a resource, which the caller was found to be allowed to get. */
export async function proxyToFlink(subject: Subject, rest: string, exchange: Exchange): Promise<void> {
  const { caller, namespace } = subject;
  const { request, response, query } = exchange;
  const clusterId = clusterIdOf(subject);
  if (clusterId === undefined || clusterId === "")
    throw new HttpError(404, "The resource has no Flink cluster at the moment.");
  const search = query.size === 0 ? "" : `?${query}`;
  const gone = new AbortController();
  whenOver(exchange, () => gone.abort());
  const answer = await caller.apiServer
    .get(`${flinkProxyPath(namespace, clusterId)}${flinkPath(rest)}${search}`, caller.token, {
      method: request.method === "HEAD" ? "HEAD" : "GET",
      headers: {
        accept: request.headers.accept ?? "*/*",
        ...(request.headers["accept-encoding"] === undefined
          ? {}
          : { "accept-encoding": String(request.headers["accept-encoding"]) }),
      },
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]),
    })
    .catch(() => {
      throw new HttpError(502, "The JobManager does not answer through the API server's proxy.");
    });
  const headers = passedOn.flatMap((name): [string, string][] => {
    const value = answer.headers[name];
    return typeof value === "string" ? [[name, value]] : [];
  });
  // A redirect would lead out of the proxy.
  const status = answer.statusCode >= 300 && answer.statusCode < 400 ? 502 : answer.statusCode;
  response.writeHead(status, {
    ...flinkSecurityHeaders,
    ...Object.fromEntries(headers),
    "cache-control": "no-store",
  });
  let size = 0;
  const bounded = new Transform({
    transform(chunk: Uint8Array, _, done) {
      size += chunk.length;
      if (size > maxBytes) done(new Error("the answer is too large"));
      else done(null, chunk);
    },
  });
  // What is cut off shows at the client as a broken connection.
  await pipeline(answer.body, bounded, response).catch(() => response.destroy());
}

/**
 * Tickets for Flink's UI. It runs in a sandbox, whose origin is no site: a browser sends it no cookie of ours. So the path itself says who
 * asks, for one resource, and only to look.
 */
export interface FlinkTickets {
  issue(subject: Subject): string;
  /** Undefined: there is none, or it is too old. */
  use(ticket: string | undefined): Ticket | undefined;
  /** Those that this caller was given are worth nothing any more. */
  revoke(caller: Pick<Caller, "key">): void;
}

/** Who looks at which resource. The resource itself is read with each use, and so is the right to get it. */
export interface Ticket {
  readonly cluster: string;
  readonly token: string;
  /** The key of the caller. */
  readonly key: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

export function createFlinkTickets(clock: Pick<Clock, "now">): FlinkTickets {
  /** In the order of issue, which is that of their ends. */
  const tickets = new Map<string, Ticket & { readonly until: number }>();

  function dropOldest(of: (ticket: Ticket) => boolean, most: number): void {
    const found = [...tickets].filter(([, ticket]) => of(ticket));
    for (const [id] of found.slice(0, Math.max(0, found.length - most))) tickets.delete(id);
  }

  return {
    issue({ caller: { cluster, token, key }, plural, namespace, name }) {
      const now = clock.now();
      for (const [id, { until }] of tickets) {
        if (until >= now) break;
        tickets.delete(id);
      }
      const ticket = randomBytes(24).toString("base64url");
      const until = now + ticketMs;
      tickets.set(ticket, { cluster: cluster.name, token, key, plural, namespace, name, until });
      dropOldest((each) => each.key === key, maxCallerTickets);
      dropOldest(() => true, maxTickets);
      return ticket;
    },
    use(ticket = "") {
      const found = tickets.get(ticket);
      return found === undefined || clock.now() > found.until ? undefined : found;
    },
    revoke({ key }) {
      for (const [id, ticket] of tickets) if (ticket.key === key) tickets.delete(id);
    },
  };
}
