import { createRecentMap } from "../../runtime/recentMap.ts";
import type { Caller } from "./callers.ts";
import { openEventStream } from "./eventStream.ts";
import { type Exchange, whenOver } from "./exchange.ts";
import { followFleet } from "./fleet/fleetStream.ts";
import { rowId } from "./fleet/row.ts";
import type { Handler, HandlerParts } from "./handler.ts";
import { HttpError } from "./httpError.ts";
import { pageOf, type Surroundings, surroundingsOf } from "./resource/page.ts";
import { followPage } from "./resource/pageStream.ts";
import type { SeenVersions } from "./resource/seenVersions.ts";
import { checkName, readSubject, type Subject } from "./resource/subject.ts";
import { watchVersion } from "./resource/watchedVersion.ts";
import type { Session } from "./session.ts";

/** The routes whose answers are server-sent events. */
export interface Streams {
  readonly fleet: Handler;
  page(exchange: Exchange, session: Session, caller: Caller): Promise<void>;
  /** Something was done to a resource here: its open pages are made anew, though it may not have changed itself. */
  actedOn(subject: Subject): void;
}

/** Open streams of events, over all and of each session. Each browser window has one or two. */
const maxStreams = 1_000;
const maxSessionStreams = 20;
/** How long nobody asks whether the caller's login and right still count, where a watch tells that the resource is the same. */
const checkMs = 10_000;
const dayMs = 86_400_000;
/** Namespaces that a client may ask for by name. */
const maxAsked = 20;

type StreamParts = Omit<HandlerParts, "oidc" | "limits"> & { readonly seen: SeenVersions };

export function createStreams({ logins, rights, watches, clock, closing, seen }: StreamParts): Streams {
  const open = new Map<string, number>();
  /** How often each resource was acted on, by its id. */
  const acts = createRecentMap<number>(1_000);
  const idOf = ({ caller, plural, object }: Subject): string => rowId(caller.cluster.name, plural, object);
  const now = () => clock.now();

  function count(session: Session, exchange: Exchange): void {
    const key = session.csrf ?? exchange.address;
    const ofSession = open.get(key) ?? 0;
    const all = [...open.values()].reduce((sum, each) => sum + each, 0);
    if (ofSession >= maxSessionStreams || all >= maxStreams)
      throw new HttpError(429, "There are too many open pages: close some.");
    open.set(key, ofSession + 1);
    whenOver(exchange, () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left === 0) open.delete(key);
      else open.set(key, left);
    });
    // Its page opens another, with what it is still signed in to.
    whenOver(
      exchange,
      logins.onSignedOut(session, () => exchange.response.destroy()),
    );
  }

  /**
   * A stream has the token of its beginning. Before that ends it is closed: the page opens another, with a renewed one. It must be open: an
   * answer that has ended cannot become one.
   */
  function endBeforeTokens(exchange: Exchange, session: Session, clusters: readonly string[]): void {
    for (const name of clusters) {
      const { refresh } = session.logins?.[name] ?? {};
      if (refresh === undefined) continue;
      const leftMs = refresh.renewAt - now();
      // One that could not be renewed goes on to its end.
      if (leftMs > 0)
        whenOver(
          exchange,
          clock.after(Math.min(leftMs, dayMs), () => exchange.response.end()),
        );
    }
  }

  return {
    actedOn: (subject) => acts.set(idOf(subject), (acts.get(idOf(subject)) ?? 0) + 1),

    async fleet(exchange, session) {
      const callers = logins.callers(exchange, session);
      if (callers.length === 0)
        throw new HttpError(401, "You are not signed in to any cluster: sign in first.");
      const namespaces = exchange.query.getAll("namespace").slice(0, maxAsked);
      for (const each of namespaces) checkName(each, "namespace");
      count(session, exchange);
      const stream = openEventStream(exchange.response, clock, closing);
      endBeforeTokens(
        exchange,
        session,
        callers.map(({ cluster }) => cluster.name),
      );
      await followFleet({ callers, namespaces, stream, watches, rights, clock, logins });
    },

    async page(exchange, session, caller) {
      let subject = await readSubject(caller, exchange.params);
      count(session, exchange);
      const watched = await watchVersion(subject, watches, rights);
      whenOver(exchange, watched.leave);
      const stream = openEventStream(exchange.response, clock, closing);
      endBeforeTokens(exchange, session, [caller.cluster.name]);
      let surroundings: Surroundings | undefined;
      let readAt = now();
      async function read(): Promise<void> {
        subject = await readSubject(caller, exchange.params);
        readAt = now();
      }
      await followPage(stream, clock, {
        async version() {
          // With the caller's own credential: the watch may be with somebody else's.
          if (watched.version() === undefined || now() - readAt >= checkMs) await read();
          const version = watched.version() ?? subject.object.metadata.resourceVersion;
          return `${version} ${acts.get(idOf(subject)) ?? 0}`;
        },
        async page(isListed) {
          await read();
          if (isListed || surroundings === undefined) surroundings = await surroundingsOf(subject, now);
          seen.note(subject);
          return pageOf(subject, rights, surroundings);
        },
        onRefused: () => logins.ended(caller),
      });
    },
  };
}
