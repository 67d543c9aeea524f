import * as client from "openid-client";
import type { Logger } from "../../telemetry/log.ts";
import type { Exchange } from "./exchange.ts";
import { HttpError } from "./httpError.ts";
import type { KnownCluster, Logins } from "./logins.ts";
import type { OidcOptions } from "./options.ts";
import { isCrossSite } from "./requestOrigin.ts";
import { type Session, saveSession } from "./session.ts";

/** A login at an identity provider: the authorization code flow with PKCE, state and nonce. */
export interface OidcLogin {
  start(exchange: Exchange, session: Session): Promise<void>;
  callback(exchange: Exchange, session: Session): Promise<void>;
}

export const CALLBACK = "/api/oidc/callback";
const timeoutSeconds = 10;

export function createOidcLogin(publicUrl: string | undefined, logins: Logins, log: Logger): OidcLogin {
  const discovered = new Map<string, Promise<client.Configuration>>();

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

  return {
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
      const token = await atProvider(cluster.name, async () => {
        const tokens = await client.authorizationCodeGrant(
          await configurationOf(cluster),
          new URL(`${redirectUri()}?${query}`),
          {
            pkceCodeVerifier: attempt.verifier,
            expectedState: attempt.state,
            expectedNonce: attempt.nonce,
            idTokenExpected: true,
          },
        );
        return tokens.id_token;
      });
      if (token === undefined) throw new HttpError(502, "The identity provider gave no id token.");
      exchange.audited.user = await logins.signIn(session, cluster.name, token);
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
  const url = `${CALLBACK}?${query}`
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;");
  const page = `<!doctype html><meta charset="utf-8"><title>Signing in</title><meta http-equiv="refresh" content="0;url=${url}">`;
  response
    .writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .end(page);
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
