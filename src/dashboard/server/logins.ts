import type { ServerResponse } from "node:http";
import { isKubeError } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import { createRecentMap } from "../../runtime/recentMap.ts";
import type { LoginMethod, Session as SessionAnswer } from "../contract.ts";
import { isIn } from "./addresses.ts";
import type { Caller, Callers, Cluster } from "./callers.ts";
import { type Exchange, isOver, whenOver } from "./exchange.ts";
import { HttpError } from "./httpError.ts";
import type { ClusterOptions, DashboardOptions } from "./options.ts";
import { isCrossSite } from "./requestOrigin.ts";
import type { Rights } from "./rights.ts";
import { type Login, type Refresh, type Session, saveSession } from "./session.ts";

/** Who the caller of a request is at each cluster. */
export interface Logins {
  /** Throws an HttpError if there is no such cluster. */
  cluster(name: string | undefined): KnownCluster;
  /** Throws an HttpError if the caller is not signed in there. */
  callerAt(exchange: Exchange, session: Session, cluster: string | undefined): Caller;
  /** The callers at all clusters that the request is signed in to. */
  callers(exchange: Exchange, session: Session): Caller[];
  /** The caller of a token that was kept elsewhere. Throws an HttpError if it is known not to be accepted. */
  callerOf(exchange: Exchange, cluster: string, token: string): Caller;
  /**
   * Checks a token by asking the API server, and keeps it. Resolves to the user's name. Rejects with an HttpError: 401. `refresh` is left
   * out where it does not fit into the cookie.
   */
  signIn(session: Session, cluster: string, token: string, refresh?: Refresh): Promise<string>;
  /**
   * Puts another token of the same user in the place of the login's. Rejects with an HttpError: it is of somebody else, or not accepted.
   * `refresh` is left out where it does not fit into the cookie.
   */
  renew(session: Session, cluster: string, token: string, refresh: Refresh): Promise<void>;
  signOut(session: Session, cluster: string | undefined): Promise<void>;
  /** Takes out of the session what was signed out of: an answer that was under way may have given the browser its cookie back. */
  forgetSignedOut(session: Session): void;
  /** Calls `listener` when one of the session's logins is signed out of. The returned function takes it back. */
  onSignedOut(session: Session, listener: () => void): () => void;
  /** The API server does not accept the caller's token any more. */
  ended(caller: Caller): void;
  /** Calls `listener` when that is found. The returned function takes it back. */
  onEnded(caller: Caller, listener: () => void): () => void;
  describe(exchange: Exchange, session: Session): Promise<SessionAnswer>;
}

export interface KnownCluster extends Cluster {
  readonly options: ClusterOptions;
}

/** The longest token. Kubernetes' own have 1 to 2 KiB, those of identity providers up to 4. */
const maxToken = 8 * 1024;
/** How long a token that was refused is not tried again: the API server may have been wrong for a moment. */
const refusedMs = 60_000;
const TOO_OLD = "Your login is over: it was too long ago. Sign in again.";
const ENDED = "Your login is over: the API server does not accept its token any more.";

export function createLogins(
  { trustedProxies, sessionHours }: Pick<DashboardOptions, "trustedProxies" | "sessionHours">,
  clusters: readonly KnownCluster[],
  callers: Callers,
  rights: Rights,
  clock: Pick<Clock, "now">,
): Logins {
  /** When a token was refused, by the key of the caller. Another request of the same session still has the token in its cookie. */
  const refusedAt = createRecentMap<number>(10_000);
  /** By the key of the login. */
  const signedOut = createRecentMap<true>(10_000);
  const signOutListeners = new Set<{ readonly session: Session; call(): void }>();
  const listeners = new Set<{ readonly key: string; call(): void }>();
  /** What each request holds, by the key of the caller. */
  const held = new WeakMap<ServerResponse, Map<string, () => void>>();

  function markEnded(caller: Caller): void {
    refusedAt.set(caller.key, clock.now());
    callers.drop(caller);
    for (const listener of [...listeners]) if (listener.key === caller.key) listener.call();
  }

  const isRefused = ({ key }: Caller): boolean => {
    const at = refusedAt.get(key);
    return at !== undefined && clock.now() - at < refusedMs;
  };

  /** The caller's connections stay until the request, which may be a stream, is over. */
  function holdFor(exchange: Exchange, caller: Caller): Caller {
    if (isOver(exchange)) return caller;
    let holds = held.get(exchange.response);
    if (holds === undefined) {
      const all = new Map<string, () => void>();
      held.set(exchange.response, all);
      whenOver(exchange, () => {
        for (const release of all.values()) release();
      });
      holds = all;
    }
    if (!holds.has(caller.key)) holds.set(caller.key, callers.hold(caller));
    return caller;
  }

  /** A cookie that is sealed anew says nothing of when the login was. */
  const isTooOld = ({ at }: Login): boolean => !(clock.now() - at < sessionHours * 3_600_000);

  const whyOver = (login: Login): string => (isTooOld(login) ? TOO_OLD : ENDED);

  function cluster(name: string | undefined): KnownCluster {
    const found = clusters.find((each) => each.name === name);
    if (found === undefined) throw new HttpError(404, "There is no cluster of this name.", "cluster");
    return found;
  }

  /** From a proxy that is trusted, else nothing. It is not kept: each request brings it. */
  function headerToken({ request }: Exchange, { options }: KnownCluster): string | undefined {
    const { loginHeader } = options;
    if (loginHeader === undefined || !isIn(trustedProxies, request.socket.remoteAddress)) return undefined;
    const value = request.headers[loginHeader];
    if (typeof value !== "string") return undefined;
    const token = value.replace(/^Bearer /i, "").trim();
    return isToken(token) ? token : undefined;
  }

  function present(exchange: Exchange, session: Session, known: KnownCluster): Caller | undefined {
    const fromHeader = headerToken(exchange, known);
    // The proxy vouches for it anew with each request.
    if (fromHeader !== undefined) return holdFor(exchange, callers.of(known, fromHeader));
    const login = session.logins?.[known.name];
    if (login === undefined || isTooOld(login)) return undefined;
    const caller = callers.of(known, login.token);
    return isRefused(caller) ? undefined : holdFor(exchange, caller);
  }

  async function check(caller: Caller): Promise<string> {
    const release = callers.hold(caller);
    try {
      const user = await rights.user(caller);
      refusedAt.delete(caller.key);
      return user;
    } catch (error) {
      if (!isKubeError(error) || error.status !== 401) throw error;
      callers.drop(caller);
      throw new HttpError(
        401,
        `The API server of ${caller.cluster.name} does not accept this token.`,
        "token",
      );
    } finally {
      release();
    }
  }

  const methodsOf = (exchange: Exchange, known: KnownCluster): LoginMethod[] => [
    "token",
    ...(known.options.oidc === undefined ? [] : (["oidc"] as const)),
    ...(headerToken(exchange, known) === undefined ? [] : (["header"] as const)),
  ];

  return {
    cluster,
    callerAt(exchange, session, name) {
      const caller = present(exchange, session, cluster(name));
      if (caller !== undefined) return caller;
      const login = session.logins?.[cluster(name).name];
      throw new HttpError(
        401,
        login === undefined ? `You are not signed in to ${name}: sign in first.` : whyOver(login),
      );
    },
    callers: (exchange, session) =>
      clusters.flatMap((each) => {
        const caller = present(exchange, session, each);
        return caller === undefined ? [] : [caller];
      }),
    callerOf(exchange, name, token) {
      const caller = callers.of(cluster(name), token);
      if (isRefused(caller)) throw new HttpError(401, ENDED);
      return holdFor(exchange, caller);
    },
    async signIn(session, name, token, refresh) {
      const known = cluster(name);
      const trimmed = token.trim();
      if (!isToken(trimmed))
        throw new HttpError(
          400,
          `This is no token: at most ${maxToken} letters, digits and punctuation.`,
          "token",
        );
      const user = await check(callers.of(known, trimmed));
      session.ended = without(session.ended ?? {}, name);
      // What was known of the session before is of no use any more.
      delete session.csrf;
      await keep(session, name, { token: trimmed, user, at: clock.now() }, refresh);
      return user;
    },
    async renew(session, name, token, refresh) {
      const login = session.logins?.[name];
      const user = await check(callers.of(cluster(name), token));
      if (login?.user !== user) throw new HttpError(401, `The renewed token is not one of ${login?.user}.`);
      // It is the same login: it ends as long after its beginning as it would have.
      await keep(session, name, { token, user, at: login.at }, refresh);
    },
    async signOut(session, name) {
      for (const key of keysOf(session, name)) {
        signedOut.set(key, true);
        for (const each of [...signOutListeners]) if (keysOf(each.session).includes(key)) each.call();
      }
      session.logins = name === undefined ? {} : without(session.logins ?? {}, name);
      session.ended = name === undefined ? {} : without(session.ended ?? {}, name);
      delete session.csrf;
      await saveSession(session);
    },
    forgetSignedOut(session) {
      for (const [name, login] of Object.entries(session.logins ?? {}))
        if (signedOut.get(keyOf(name, login)) !== undefined)
          session.logins = without(session.logins ?? {}, name);
    },
    onSignedOut(session, call) {
      const listener = { session, call };
      signOutListeners.add(listener);
      return () => signOutListeners.delete(listener);
    },
    ended: markEnded,
    onEnded({ key }, call) {
      const listener = { key, call };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async describe(exchange, session) {
      let isChanged = false;
      const logins = await Promise.all(
        clusters.map(async (known) => {
          const kept = session.logins?.[known.name];
          const caller = present(exchange, session, known);
          let user: string | undefined;
          try {
            user = caller && (await rights.user(caller));
          } catch (error) {
            if (isKubeError(error) && error.status === 401) {
              if (caller !== undefined) markEnded(caller);
            }
            // An API server that does not answer says nothing of the login.
            else user = kept?.user;
          }
          if (kept !== undefined && user === undefined) {
            session.logins = without(session.logins ?? {}, known.name);
            session.ended = { ...session.ended, [known.name]: whyOver(kept) };
            isChanged = true;
          }
          const ended = user === undefined ? session.ended?.[known.name] : undefined;
          return {
            name: known.name,
            methods: methodsOf(exchange, known),
            ...(user === undefined ? {} : { user }),
            ...(ended === undefined ? {} : { ended }),
          };
        }),
      );
      // From another site the browser sends no cookie, and a new one would take the place of that which it has.
      const isSaved = (session.csrf === undefined || isChanged) && !isCrossSite(exchange.request);
      if (isSaved) await saveSession(session);
      return { clusters: logins, csrf: session.csrf ?? "" };
    },
  };
}

/** The same however often the login is renewed, and whatever else the session holds. */
const keyOf = (cluster: string, { user, at }: Login): string => `${cluster} ${at} ${user}`;

/** Of all logins of a session, or of the one of a cluster. */
const keysOf = ({ logins = {} }: Session, cluster?: string): string[] =>
  Object.entries(logins).flatMap(([name, login]) =>
    cluster === undefined || cluster === name ? [keyOf(name, login)] : [],
  );

async function keep(
  session: Session,
  cluster: string,
  login: Login,
  refresh: Refresh | undefined,
): Promise<void> {
  const others = session.logins;
  const save = (each: Login): Promise<void> => {
    session.logins = { ...others, [cluster]: each };
    return saveSession(session);
  };
  if (refresh === undefined) await save(login);
  else await save({ ...login, refresh }).catch(() => save(login));
}

/** What may be in a header, RFC 6750. */
const isToken = (text: string): boolean => text.length <= maxToken && /^[\w.~+/=:-]+$/.test(text);

const without = <Value>(from: Readonly<Record<string, Value>>, name: string): Record<string, Value> =>
  Object.fromEntries(Object.entries(from).filter(([each]) => each !== name));
