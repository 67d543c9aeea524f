import type { Clock } from "../../runtime/clock.ts";
import type { Exchange } from "./exchange.ts";
import type { SharedWatches } from "./fleet/sharedWatches.ts";
import type { Limits } from "./limits.ts";
import type { Logins } from "./logins.ts";
import type { OidcLogin } from "./oidc.ts";
import type { Rights } from "./rights.ts";
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
