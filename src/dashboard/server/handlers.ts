import { isKubeError } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import {
  type ActionRequest,
  type EditRequest,
  type LoginRequest,
  type PlanRequest,
  routes,
} from "../contract.ts";
import type { Caller } from "./callers.ts";
import { openEventStream } from "./eventStream.ts";
import { type Exchange, readBody, sendJson, textOf, whenOver } from "./exchange.ts";
import { followFleet } from "./fleet/fleetStream.ts";
import type { SharedWatches } from "./fleet/sharedWatches.ts";
import { createFlinkTickets, proxyToFlink } from "./flinkProxy.ts";
import { HttpError } from "./httpError.ts";
import type { Limits } from "./limits.ts";
import type { Logins } from "./logins.ts";
import { CALLBACK, type OidcLogin } from "./oidc.ts";
import { actOn, readActionRequest } from "./resource/actions.ts";
import { sendLog } from "./resource/logs.ts";
import { patchFromManifest } from "./resource/manifestText.ts";
import { pageOf } from "./resource/page.ts";
import { followPage } from "./resource/pageStream.ts";
import { planPatch } from "./resource/plannedEdit.ts";
import { schemaOf } from "./resource/schema.ts";
import { createSeenVersions } from "./resource/seenVersions.ts";
import { seriesOf } from "./resource/series.ts";
import { applyManifest } from "./resource/specEdit.ts";
import { checkName, readSubject, type Subject } from "./resource/subject.ts";
import type { Rights } from "./rights.ts";
import type { Route } from "./router.ts";
import type { Session } from "./session.ts";

export type Handler = (exchange: Exchange, session: Session) => Promise<void>;

export interface HandlerParts {
  readonly logins: Logins;
  readonly oidc: OidcLogin;
  readonly rights: Rights;
  readonly watches: SharedWatches;
  readonly limits: Limits;
  readonly clock: Clock;
  /** The server ends: so do the streams. */
  readonly closing: AbortSignal;
}

/** Where Flink's UI runs: its path says who asks. */
export const FLINK_TICKETS = "/api/flink/:ticket/";

/** Open streams of events, over all and of each session. Each browser window has one or two. */
const maxStreams = 1_000;
const maxSessionStreams = 20;
/** Namespaces that a client may ask for by name. */
const maxAsked = 20;

export function createHandlers(parts: HandlerParts): readonly Route<Handler>[] {
  const { logins, oidc, rights, watches, limits, clock, closing } = parts;
  const seen = createSeenVersions();
  const tickets = createFlinkTickets(clock);
  const streams = new Map<string, number>();
  const now = () => clock.now();

  /** The caller's resource. A login that is over is remembered. */
  async function withSubject<Result>(
    exchange: Exchange,
    session: Session,
    use: (subject: Subject) => Promise<Result>,
  ): Promise<Result> {
    return withCaller(exchange, session, async (caller) => use(await readSubject(caller, exchange.params)));
  }

  async function withCaller<Result>(
    exchange: Exchange,
    session: Session,
    use: (caller: Caller) => Promise<Result>,
  ): Promise<Result> {
    const caller = logins.callerAt(exchange, session, exchange.params.cluster);
    return asCaller(caller, () => use(caller));
  }

  async function asCaller<Result>(caller: Caller, ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask();
    } catch (error) {
      if (isKubeError(error) && error.status === 401) logins.ended(caller);
      throw error;
    }
  }

  function countStream(session: Session, exchange: Exchange): void {
    const key = session.csrf ?? exchange.address;
    const open = streams.get(key) ?? 0;
    const all = [...streams.values()].reduce((sum, each) => sum + each, 0);
    if (open >= maxSessionStreams || all >= maxStreams)
      throw new HttpError(429, "There are too many open pages: close some.");
    streams.set(key, open + 1);
    whenOver(exchange, () => {
      const left = (streams.get(key) ?? 1) - 1;
      if (left === 0) streams.delete(key);
      else streams.set(key, left);
    });
  }

  async function noteUser({ audited }: Exchange, caller: Caller): Promise<void> {
    // A name that cannot be had now is no reason to refuse: the write itself is asked with the same token.
    const user = await rights.user(caller).catch(() => undefined);
    if (user !== undefined) audited.user = user;
  }

  const session: Handler = async (exchange, current) =>
    sendJson(exchange, await logins.describe(exchange, current));

  const login: Handler = async (exchange, current) => {
    limits.count("login", exchange.address);
    const body = await readBody<LoginRequest>(exchange);
    const cluster = logins.cluster(textOf(body.cluster, "cluster")).name;
    exchange.audited.cluster = cluster;
    exchange.audited.user = await logins.signIn(current, cluster, textOf(body.token, "token"));
    sendJson(exchange, await logins.describe(exchange, current));
  };

  const logout: Handler = async (exchange, current) => {
    const { cluster } = await readBody<{ cluster: string }>(exchange);
    const left = logins
      .callers(exchange, current)
      .filter((caller) => cluster === undefined || cluster === caller.cluster.name);
    left.forEach(tickets.revoke);
    const users = left.flatMap((caller) => current.logins?.[caller.cluster.name]?.user ?? []);
    if (users.length > 0) exchange.audited.user = [...new Set(users)].join(", ");
    exchange.audited.cluster = left.map((caller) => caller.cluster.name).join(", ");
    await logins.signOut(current, cluster);
    sendJson(exchange, await logins.describe(exchange, current));
  };

  const fleet: Handler = async (exchange, current) => {
    const callers = logins.callers(exchange, current);
    if (callers.length === 0)
      throw new HttpError(401, "You are not signed in to any cluster: sign in first.");
    const namespaces = exchange.query.getAll("namespace").slice(0, maxAsked);
    for (const each of namespaces) checkName(each, "namespace");
    countStream(current, exchange);
    const stream = openEventStream(exchange.response, clock, closing);
    await followFleet({
      callers,
      namespaces,
      stream,
      watches,
      rights,
      clock,
      logins,
    });
  };

  const resource: Handler = (exchange, current) =>
    withSubject(exchange, current, async (subject) => {
      seen.note(subject);
      sendJson(exchange, await pageOf(subject, rights, now));
    });

  const resourceEvents: Handler = (exchange, current) =>
    withCaller(exchange, current, async (caller) => {
      const first = await readSubject(caller, exchange.params);
      countStream(current, exchange);
      const stream = openEventStream(exchange.response, clock, closing);
      let subject = first;
      await followPage(stream, clock, {
        async version() {
          subject = await readSubject(caller, exchange.params);
          return subject.object.metadata.resourceVersion ?? "";
        },
        onRefused: () => logins.ended(caller),
        page() {
          seen.note(subject);
          return pageOf(subject, rights, now);
        },
      });
    });

  const plan: Handler = (exchange, current) =>
    withSubject(exchange, current, async (subject) => {
      const { manifest } = await readBody<PlanRequest>(exchange);
      const patch = patchFromManifest(subject, textOf(manifest, "manifest"));
      sendJson(exchange, await planPatch(subject, patch, now));
    });

  const spec: Handler = (exchange, current) =>
    withSubject(exchange, current, async (subject) => {
      await noteUser(exchange, subject.caller);
      const body = await readBody<EditRequest>(exchange);
      const request = {
        manifest: textOf(body.manifest, "manifest"),
        resourceVersion: textOf(body.resourceVersion, "resourceVersion"),
      };
      sendJson(exchange, await applyManifest(subject, request, seen));
    });

  const actions: Handler = async (exchange, current) => {
    const request = readActionRequest(await readBody<ActionRequest>(exchange));
    exchange.audited.action = request.action;
    exchange.audited.isNone = request.dryRun === true;
    return withSubject(exchange, current, async (subject) => {
      if (request.dryRun !== true) await noteUser(exchange, subject.caller);
      sendJson(exchange, await actOn(subject, request, now));
    });
  };

  const flink: Handler = (exchange, current) =>
    withSubject(exchange, current, async (subject) => {
      const { rest = "" } = exchange.params;
      if (rest !== "") return proxyToFlink(subject, rest, exchange);
      const location = FLINK_TICKETS.replace(":ticket", tickets.issue(subject));
      exchange.response.writeHead(302, { location, "cache-control": "no-store" }).end();
    });

  const flinkTicket: Handler = async (exchange) => {
    const given = tickets.use(exchange.params.ticket);
    if (given === undefined)
      throw new HttpError(403, "Flink's page was open for too long: open it from the dashboard again.");
    const caller = logins.callerOf(exchange, given.cluster, given.token);
    // Read anew: the right to get it may have been taken away since, and its cluster may be another one.
    const subject = await asCaller(caller, () => readSubject(caller, { ...given }));
    // For the sandbox every answer is of another origin, and Flink's UI asks with credentials, which "*" does not cover. It has none: the
    // path is what lets it in.
    exchange.response.setHeader("access-control-allow-origin", "null");
    exchange.response.setHeader("access-control-allow-credentials", "true");
    await proxyToFlink(subject, exchange.params.rest ?? "", exchange);
  };

  /** For the sandbox each read is of another origin, and Flink's UI asks for logs with a header that a browser asks about first. */
  const flinkPreflight: Handler = async ({ response }) => {
    response
      .writeHead(204, {
        "access-control-allow-origin": "null",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "cache-control, pragma",
        "access-control-max-age": "600",
      })
      .end();
  };

  const route =
    (...methods: readonly string[]) =>
    (pattern: string, handler: Handler, audit?: string): Route<Handler> => ({
      methods,
      pattern,
      handler,
      ...(audit === undefined ? {} : { audit }),
    });
  const [get, post, put] = [route("GET"), route("POST"), route("PUT")];
  return [
    get(routes.session, session),
    post(routes.login, login, "sign in"),
    post(routes.logout, logout, "sign out"),
    get(routes.oidcStart, (exchange, current) => {
      limits.count("login", exchange.address);
      return oidc.start(exchange, current);
    }),
    get(CALLBACK, (exchange, current) => oidc.callback(exchange, current), "sign in"),
    get(routes.fleet, fleet),
    get(routes.resource, resource),
    get(routes.resourceEvents, resourceEvents),
    get(routes.logs, (exchange, current) =>
      withSubject(exchange, current, (subject) => sendLog(subject, exchange)),
    ),
    get(routes.series, (exchange, current) =>
      withSubject(exchange, current, async (subject) =>
        sendJson(exchange, await seriesOf(subject, exchange.query.get("metric"))),
      ),
    ),
    post(routes.plan, plan),
    put(routes.spec, spec, "edit"),
    post(routes.actions, actions, "act"),
    get(routes.schema, (exchange, current) =>
      withCaller(exchange, current, async (caller) =>
        sendJson(exchange, await schemaOf(caller, exchange.params.plural)),
      ),
    ),
    get(routes.flink, flink),
    get(FLINK_TICKETS, flinkTicket),
    route("OPTIONS")(FLINK_TICKETS, flinkPreflight),
  ];
}
