import { createHash } from "node:crypto";
import * as client from "openid-client";
import type { Clock } from "../../runtime/clock.ts";
import { createRecentMap } from "../../runtime/recentMap.ts";
import type { Logger } from "../../telemetry/log.ts";
import { type Exchange, escapeHtml } from "./exchange.ts";
import { HttpError } from "./httpError.ts";
import type { KnownCluster, Logins } from "./logins.ts";
import type { OidcOptions } from "./options.ts";
import { isCrossSite } from "./requestOrigin.ts";
import { type Refresh, type Session, saveSession } from "./session.ts";

/** A login at an identity provider: the authorization code flow with PKCE, state and nonce. */
export interface OidcLogin {
  start(exchange: Exchange, session: Session): Promise<void>;
  callback(exchange: Exchange, session: Session): Promise<void>;
  /** Renews the tokens that are about to end, with the provider's refresh tokens. A login that cannot be renewed ends with its token. */
  renew(session: Session): Promise<void>;
  /** Takes back the refresh tokens of these clusters' logins, where the provider has a way to. It is not waited for. */
  revoke(session: Session, clusters: readonly string[]): void;
}

export const CALLBACK = "/api/oidc/callback";
const timeoutSeconds = 10;
/** How long before its end a token is renewed. One with a short life is renewed after two thirds of it. */
const renewedBeforeMs = 60_000;
/** The shortest time between two renewals of a login, and between two attempts where one fails. */
const againMs = 10_000;

interface Tokens {
  readonly idToken: string;
  /** Undefined: the provider gives no refresh token, or does not say when the id token ends. */
  readonly refresh: Refresh | undefined;
}

interface Renewal {
  readonly tokens: Promise<Tokens | undefined>;
  /** Until when they are the answer, in milliseconds since the epoch. */
  until: number;
}

export function createOidcLogin(
  publicUrl: string | undefined,
  logins: Logins,
  clock: Pick<Clock, "now">,
  log: Logger,
): OidcLogin {
  const discovered = new Map<string, Promise<client.Configuration>>();
  /**
   * By a hash of the refresh token. Providers accept each once, and a browser asks for several things at a time. The answer with the new
   * cookie may never reach it, so it may come with the old one at any time after.
   */
  const renewals = createRecentMap<Renewal>(1_000);

  function configurationOf({ name, options: { oidc } }: KnownCluster): Promise<client.Configuration> {
    if (oidc === undefined || publicUrl === undefined)
      throw new HttpError(404, `There is no login by an identity provider at ${name}.`);
    const found = discovered.get(name) ?? discover(oidc);
    discovered.set(name, found);
    // What failed is tried again with the next login.
    found.catch(() => discovered.delete(name));
    return found;
  }

  const redirectUri = (): string => `${(publicUrl ?? "").replace(/\/+$/, "")}${CALLBACK}`;

  /** The error of a provider may quote what it was sent, so it goes to the log alone, which redacts it. */
  async function atProvider<Answer>(cluster: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof HttpError) throw error;
      log.warn(
        { cluster, reason: (error as { code?: string }).code },
        "a login at the identity provider failed",
      );
      throw new HttpError(
        502,
        "The login at the identity provider failed: try again, or ask the administrator, whose log has more.",
      );
    }
  }

  async function askForNewer(cluster: KnownCluster, { token }: Refresh): Promise<Tokens | undefined> {
    const newer = await atProvider(cluster.name, async () =>
      tokensOf(await client.refreshTokenGrant(await configurationOf(cluster), token), clock.now(), token),
    );
    // Without one of these it could not be renewed again, or there is nothing to renew it with.
    return newer?.refresh === undefined ? undefined : newer;
  }

  function newerOf(cluster: KnownCluster, refresh: Refresh): Promise<Tokens | undefined> {
    const key = createHash("sha256").update(`${cluster.name}\n${refresh.token}`).digest("base64url");
    const known = renewals.get(key);
    if (known !== undefined && clock.now() < known.until) return known.tokens;
    const tokens = askForNewer(cluster, refresh).catch(() => undefined);
    const renewal: Renewal = { tokens, until: Number.POSITIVE_INFINITY };
    renewals.set(key, renewal);
    void tokens.then((newer) => {
      if (newer?.refresh === undefined) renewal.until = clock.now() + againMs;
      else if (newer.refresh.token === refresh.token) renewal.until = newer.refresh.renewAt;
    });
    return tokens;
  }

  /** The newest tokens that the refresh token leads to: those of an old cookie may have been renewed more than once. */
  async function newestOf(cluster: KnownCluster, refresh: Refresh): Promise<Tokens | undefined> {
    let newest: Tokens | undefined;
    for (let next: Refresh | undefined = refresh; next !== undefined && isDue(next); ) {
      const newer = await newerOf(cluster, next);
      next = newer?.refresh;
      newest = newer ?? newest;
    }
    return newest;
  }

  const isDue = ({ renewAt }: Refresh): boolean => clock.now() >= renewAt;

  return {
    async renew(session) {
      for (const [name, { refresh }] of Object.entries(session.logins ?? {})) {
        if (refresh === undefined || !isDue(refresh)) continue;
        try {
          const { idToken, refresh: newer } = (await newestOf(logins.cluster(name), refresh)) ?? {};
          if (idToken !== undefined && newer !== undefined) await logins.renew(session, name, idToken, newer);
        } catch (error) {
          log.warn({ cluster: name, reason: (error as Error).message }, "a login could not be renewed");
        }
      }
    },

    revoke(session, clusters) {
      for (const name of clusters) {
        const { refresh } = session.logins?.[name] ?? {};
        if (refresh === undefined) continue;
        void atProvider(name, async () => {
          const configuration = await configurationOf(logins.cluster(name));
          if (configuration.serverMetadata().revocation_endpoint !== undefined)
            await client.tokenRevocation(configuration, refresh.token);
        }).catch(() => {});
      }
    },

    async start({ request, query, response }, session) {
      // Its answer would take the place of the session, which the browser does not send from there.
      if (isCrossSite(request))
        throw new HttpError(403, "The request comes from another site: begin the login in the dashboard.");
      const cluster = logins.cluster(query.get("cluster") ?? undefined);
      const configuration = await atProvider(cluster.name, () => configurationOf(cluster));
      const verifier = client.randomPKCECodeVerifier();
      const state = client.randomState();
      const nonce = client.randomNonce();
      session.oidc = { cluster: cluster.name, verifier, state, nonce };
      await saveSession(session);
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri(),
        scope: cluster.options.oidc?.scopes ?? "openid",
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
      });
      response.writeHead(302, { location: url.href, "cache-control": "no-store" }).end();
    },

    async callback(exchange, session) {
      const { query, response } = exchange;
      if (query.get("again") === null) {
        exchange.audited.isNone = true;
        return comeBack(exchange);
      }
      const attempt = session.oidc;
      if (attempt === undefined) throw new HttpError(400, "No login has begun in this browser: start again.");
      delete session.oidc;
      // It is over, whatever comes of it.
      await saveSession(session);
      const cluster = logins.cluster(attempt.cluster);
      exchange.audited.cluster = cluster.name;
      query.delete("again");
      const tokens = await atProvider(cluster.name, async () => {
        const answer = await client.authorizationCodeGrant(
          await configurationOf(cluster),
          new URL(`${redirectUri()}?${query}`),
          {
            pkceCodeVerifier: attempt.verifier,
            expectedState: attempt.state,
            expectedNonce: attempt.nonce,
            idTokenExpected: true,
          },
        );
        return tokensOf(answer, clock.now());
      });
      if (tokens === undefined) throw new HttpError(502, "The identity provider gave no id token.");
      exchange.audited.user = await logins.signIn(session, cluster.name, tokens.idToken, tokens.refresh);
      response.writeHead(302, { location: "/", "cache-control": "no-store" }).end();
    },
  };
}

/**
 * The identity provider sends the browser here, from another site: the session's cookie, which is for this site alone, does not come
 * along. This page loads the same path again, which is then a request of this site.
 */
function comeBack({ query, response }: Exchange): void {
  query.set("again", "1");
  const url = escapeHtml(`${CALLBACK}?${query}`);
  const page = `<!doctype html><meta charset="utf-8"><title>Signing in</title><meta http-equiv="refresh" content="0;url=${url}">`;
  response
    .writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .end(page);
}

/** `before`: the refresh token that it was asked with, which goes on where the answer has no other. Undefined: there is no id token. */
function tokensOf(
  answer: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers,
  now: number,
  before?: string,
): Tokens | undefined {
  const { id_token: idToken, refresh_token: token = before } = answer;
  if (idToken === undefined) return undefined;
  const { exp } = answer.claims() ?? {};
  const refresh =
    token === undefined || exp === undefined ? undefined : { token, renewAt: renewAt(exp, now) };
  return { idToken, refresh };
}

/** `exp`: in seconds. It may be past for a clock of ours that is ahead. */
function renewAt(exp: number, now: number): number {
  const endsAt = exp * 1_000;
  return Math.max(now + againMs, endsAt - Math.min(renewedBeforeMs, (endsAt - now) / 3));
}

const discover = ({ issuer, clientId, clientSecret }: OidcOptions): Promise<client.Configuration> =>
  client.discovery(
    new URL(issuer),
    clientId,
    undefined,
    clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret),
    {
      timeout: timeoutSeconds,
      ...(issuer.startsWith("http://") ? { execute: [client.allowInsecureRequests] } : {}),
    },
  );
