import { type ClusterLogin, routes, type Session } from "../../src/dashboard/contract.ts";
import { createValue } from "../state/value.ts";
import { backoffMs } from "./backoff.ts";
import { ApiFailure, request } from "./request.ts";

/** Undefined until the server has answered for the first time. */
export const session = createValue<Session | undefined>(undefined);

/** Why the server could not say who is signed in. */
export const sessionFailure = createValue<string | undefined>(undefined);

export const signedIn = (each: ClusterLogin): boolean => each.user !== undefined;

let failures = 0;

/** Asks who is signed in. Until the server has answered once, it is asked again and again. */
export async function loadSession(): Promise<void> {
  try {
    session.set(await request<Session>("GET", routes.session));
    sessionFailure.set(undefined);
    failures = 0;
  } catch (error) {
    sessionFailure.set(error instanceof Error ? error.message : String(error));
    failures += 1;
    if (session.get() === undefined) setTimeout(() => void loadSession(), backoffMs(failures, Math.random()));
  }
}

/** Resolves to what is wrong with the token, or to undefined. */
export async function logIn(cluster: string, token: string): Promise<string | undefined> {
  try {
    session.set(await write<Session>("POST", routes.login, { cluster, token }));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export async function logOut(cluster?: string): Promise<void> {
  session.set(await write<Session>("POST", routes.logout, cluster === undefined ? {} : { cluster }));
}

/** The login of a cluster is over: its pages lead to the login form, which says why. */
export function endLogin(cluster: string, message: string): void {
  const known = session.get();
  if (known === undefined) return;
  const clusters = known.clusters.map((each) => {
    if (each.name !== cluster) return each;
    const { user: _, ...rest } = each;
    return { ...rest, ended: message };
  });
  session.set({ ...known, clusters });
}

const FORBIDDEN = 403;

/**
 * A request that changes something: it carries the session's CSRF token. That is another one after a login in another window, or when
 * the session was over: then it is sent again, unless it would be somebody else's.
 */
export async function write<T>(method: "POST" | "PUT", url: string, body: unknown): Promise<T> {
  const known = session.get();
  const send = (csrf = "") => request<T>(method, url, { body, csrf });
  try {
    return await send(known?.csrf);
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== FORBIDDEN) throw error;
    await loadSession();
    const newest = session.get();
    const isSame = url === routes.login || usersOf(newest) === usersOf(known);
    if (newest?.csrf === known?.csrf || !isSame) throw error;
    return send(newest?.csrf);
  }
}

const usersOf = (each: Session | undefined): string =>
  JSON.stringify(each?.clusters.map(({ name, user }) => [name, user]));

/** Runs a request of one cluster. Its answer 401 ends the login there. */
export async function inCluster<T>(cluster: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 401) endLogin(cluster, error.message);
    throw error;
  }
}
