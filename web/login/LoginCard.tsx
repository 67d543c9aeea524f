import { useEffect, useRef, useState } from "preact/hooks";
import { type ClusterLogin, routes } from "../../src/dashboard/contract.ts";
import { logIn } from "../api/session.ts";
import { rememberPlace } from "../routing/navigation.ts";
import { askForLogin } from "./wanted.ts";

interface Props {
  readonly cluster: ClusterLogin;
  readonly isFirst: boolean;
}

export function LoginCard({ cluster: { name, methods, ended, user }, isFirst }: Props) {
  return (
    <section class="card login-card" aria-label={`Cluster ${name}`}>
      <h2>{name}</h2>
      {ended !== undefined && (
        <p class="note is-warning" role="alert">
          {ended}
        </p>
      )}
      {user !== undefined && <p>You are signed in as {user}.</p>}
      {methods.includes("oidc") && (
        <a
          class="button primary wide"
          href={`${routes.oidcStart}?cluster=${encodeURIComponent(name)}`}
          onClick={rememberPlace}
        >
          Sign in with your identity provider
        </a>
      )}
      {methods.includes("token") && <TokenForm cluster={name} isFirst={isFirst} />}
      {methods.includes("header") && (
        <p class="muted">
          A proxy in front of the dashboard signs you in. If you see this page behind it, its token was not
          accepted: sign in there again, or ask its administrator.
        </p>
      )}
    </section>
  );
}

function TokenForm({ cluster, isFirst }: { readonly cluster: string; readonly isFirst: boolean }) {
  const field = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (isFirst) field.current?.focus();
  }, [isFirst]);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (token === "") return setProblem("Enter a token.");
    setBusy(true);
    const failure = await logIn(cluster, token);
    setBusy(false);
    setProblem(failure);
    if (failure === undefined) askForLogin("");
    else field.current?.select();
  };
  const id = `token-${cluster}`;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label for={id}>Token</label>
      <input
        ref={field}
        id={id}
        type="password"
        autoComplete="off"
        spellcheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-hint`}
      />
      <p
        id={`${id}-hint`}
        class={problem === undefined ? "muted hint" : "problem hint"}
        role={problem === undefined ? undefined : "alert"}
      >
        {problem ?? (
          <>
            A bearer token of the cluster, for example of <code>kubectl create token NAME</code>.
          </>
        )}
      </p>
      <button type="submit" class="button primary wide" disabled={busy}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
