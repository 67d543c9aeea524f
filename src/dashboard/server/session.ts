import { randomBytes } from "node:crypto";
import { type CookieJar, getIronSession, type IronSession, nodeCookies } from "iron-session";
import type { Exchange } from "./exchange.ts";
import { HttpError } from "./httpError.ts";

/** What the sealed cookie holds. */
export interface SessionData {
  csrf: string;
  /** By the name of the cluster. */
  logins: Record<string, Login>;
  /** Why an earlier login is over, by the name of the cluster. */
  ended: Record<string, string>;
  /** A login at the identity provider that has begun. */
  oidc: OidcAttempt;
}

export interface Login {
  readonly token: string;
  /** As the API server names the caller. */
  readonly user: string;
  /** When they signed in, in milliseconds since the epoch. */
  readonly at: number;
  /** Of an identity provider that gave a refresh token. */
  readonly refresh?: Refresh;
}

export interface Refresh {
  readonly token: string;
  /** From when on the login's token is renewed, in milliseconds since the epoch. It is before the token ends. */
  readonly renewAt: number;
}

export interface OidcAttempt {
  readonly cluster: string;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

export interface SessionOptions {
  /** At least 32 characters; the first seals, all open. */
  readonly keys: readonly string[];
  readonly hours: number;
  /** Without TLS a browser drops a cookie that is for TLS only. */
  readonly plainHttp: boolean;
}

/** The session of a request: what the cookie holds, with `save`. */
export type Session = IronSession<SessionData>;

export const COOKIE = "flink-dashboard";

/**
 * The sealed cookie is all there is of a session, so several replicas need no store, and a restart signs nobody out. A cookie that is not
 * sealed with one of the keys, or is too old, is no session.
 */
export const readSession = (
  { request, response }: Pick<Exchange, "request" | "response">,
  { keys, hours, plainHttp }: SessionOptions,
): Promise<Session> =>
  getIronSession<SessionData>(cookiesOf(request, response), {
    cookieName: COOKIE,
    // The highest number seals.
    password: Object.fromEntries(keys.map((key, at) => [keys.length - at, key])),
    ttl: hours * 3_600,
    // A token may have 4 KiB, which is the limit of one cookie.
    chunk: true,
    // Without an age, the browser forgets it when it is closed.
    cookieOptions: { httpOnly: true, sameSite: "strict", secure: !plainHttp, path: "/", maxAge: undefined },
  });

/**
 * The cookies of a request and its answer. What is saved twice is sent once, and a part of the first save that the second one does not
 * have is taken back: the browser would keep it, and send it in the place of the second.
 */
function cookiesOf(request: Exchange["request"], response: Exchange["response"]): CookieJar {
  const jar = nodeCookies(request, response);
  const written = new Map<string, Parameters<CookieJar["write"]>>();
  return {
    ...jar,
    read: (name) => written.get(name)?.[1] ?? jar.read(name),
    write(...cookie) {
      written.set(cookie[0], cookie);
      response.removeHeader("set-cookie");
      for (const each of written.values()) jar.write(...each);
    },
  };
}

/** Throws an HttpError if the credentials of all clusters do not fit. */
export async function saveSession(session: Session): Promise<void> {
  session.csrf ??= randomBytes(24).toString("base64url");
  try {
    await session.save();
  } catch {
    throw new HttpError(
      413,
      "The tokens of all clusters do not fit into the session's cookie: sign out of one cluster first, or use a shorter token.",
    );
  }
}
