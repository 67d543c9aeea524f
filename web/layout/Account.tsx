import type { Session } from "../../src/dashboard/contract.ts";
import { logOut, signedIn } from "../api/session.ts";
import { askForLogin } from "../login/wanted.ts";
import { Menu } from "./Menu.tsx";

/** Who the caller is in each cluster, and the ways in and out. */
export function Account({ session }: { readonly session: Session }) {
  const inside = session.clusters.filter(signedIn);
  const [only] = session.clusters;
  const label =
    session.clusters.length === 1
      ? (only?.user ?? "Sign in")
      : `${inside.length} of ${session.clusters.length} clusters`;
  return (
    <Menu label={label} class="account">
      <ul class="logins">
        {session.clusters.map(({ name, user, ended }) => (
          <li key={name}>
            <span>
              <strong>{name}</strong>
              <span class="muted">{user ?? ended ?? "not signed in"}</span>
            </span>
            {user === undefined ? (
              <button type="button" class="quiet" onClick={() => askForLogin(name)}>
                Sign in
              </button>
            ) : (
              <button type="button" class="quiet" onClick={() => void logOut(name)}>
                Sign out<span class="hidden"> of {name}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {inside.length > 1 && (
        <button type="button" class="quiet wide" onClick={() => void logOut()}>
          Sign out everywhere
        </button>
      )}
    </Menu>
  );
}
