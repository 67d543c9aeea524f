import { isKubeError } from "../../kube/errors.ts";
import {
  type ActionRequest,
  type EditRequest,
  type LoginRequest,
  type PlanRequest,
  routes,
} from "../contract.ts";
import type { Caller } from "./callers.ts";
import { type Exchange, readBody, sendJson, textOf } from "./exchange.ts";
import { createFlinkTickets, proxyToFlink } from "./flinkProxy.ts";
import type { Handler, HandlerParts } from "./handler.ts";
import { HttpError } from "./httpError.ts";
import { CALLBACK } from "./oidc.ts";
import { actOn, readActionRequest } from "./resource/actions.ts";
import { sendLog } from "./resource/logs.ts";
import { patchFromManifest } from "./resource/manifestText.ts";
import { pageOf, surroundingsOf } from "./resource/page.ts";
import { planPatch } from "./resource/plannedEdit.ts";
import { schemaOf } from "./resource/schema.ts";
import { createSeenVersions } from "./resource/seenVersions.ts";
import { seriesOf } from "./resource/series.ts";
import { applyManifest } from "./resource/specEdit.ts";
import { readSubject, type Subject } from "./resource/subject.ts";
import type { Route } from "./router.ts";
import type { Session } from "./session.ts";
import { createStreams } from "./streams.ts";

/** Where Flink's UI runs: its path says who asks. */
export const FLINK_TICKETS = "/api/flink/:ticket/";

export function createHandlers(parts: HandlerParts): readonly Route<Handler>[] {
  const { logins, oidc, rights, limits, clock } = parts;
  const seen = createSeenVersions();
  const tickets = createFlinkTickets(clock);
  const streams = createStreams({ ...parts, seen });
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

  /** The subject of a write, with who writes: for the audit line, and as the field manager. */
  async function byUser({ audited }: Exchange, subject: Subject): Promise<Subject> {
    // A name that cannot be had now is no reason to refuse: the write itself is asked with the same token.
    const user = await rights.user(subject.caller).catch(() => undefined);
    if (user === undefined) return subject;
    audited.user = user;
    return { ...subject, user };
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
    // Also where the API server accepts the id token no more.
    oidc.revoke(current, cluster === undefined ? Object.keys(current.logins ?? {}) : [cluster]);
    await logins.signOut(current, cluster);
    sendJson(exchange, await logins.describe(exchange, current));
  };

  const resource: Handler = (exchange, current) =>
    withSubject(exchange, current, async (subject) => {
      seen.note(subject);
      sendJson(exchange, await pageOf(subject, rights, await surroundingsOf(subject, now)));
    });

  const plan: Handler = (exchange, current) =>
    withSubject(exchange, current, async (subject) => {
      const { manifest } = await readBody<PlanRequest>(exchange);
      const patch = patchFromManifest(subject, textOf(manifest, "manifest"));
      sendJson(exchange, await planPatch(subject, patch, now));
    });

  const spec: Handler = (exchange, current) =>
    withSubject(exchange, current, async (found) => {
      const subject = await byUser(exchange, found);
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
    return withSubject(exchange, current, async (found) => {
      const subject = request.dryRun === true ? found : await byUser(exchange, found);
      sendJson(exchange, await actOn(subject, request, now));
      streams.actedOn(subject);
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
    get(routes.fleet, streams.fleet),
    get(routes.resource, resource),
    get(routes.resourceEvents, (exchange, current) =>
      withCaller(exchange, current, (caller) => streams.page(exchange, current, caller)),
    ),
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
