import { useEffect } from "preact/hooks";
import type { ClusterLogin } from "../../src/dashboard/contract.ts";
import { signedIn } from "../api/session.ts";
import { LoginCard } from "./LoginCard.tsx";
import { askForLogin } from "./wanted.ts";

interface Props {
  readonly clusters: readonly ClusterLogin[];
  /** The cluster that the page behind it needs; absent: any. */
  readonly needed?: string | undefined;
}

/** The page that was asked for stays in the address, and is shown once the caller is signed in. */
export function LoginPage({ clusters, needed }: Props) {
  useEffect(() => {
    document.title = "Sign in · Flink jobs";
  }, []);
  const asked = clusters.filter(({ name }) => needed === undefined || name === needed);
  return (
    <div class="login">
      <h1>Sign in</h1>
      <p class="muted">
        You see and may do here what Kubernetes lets you. Your credential is kept in a sealed cookie of this
        browser and is sent to its own cluster only.
      </p>
      {asked.length === 0 && (
        <p class="note is-warning">
          {needed === undefined
            ? "No cluster is configured. Ask the administrator of this dashboard."
            : `There is no cluster "${needed}" here.`}
        </p>
      )}
      {asked.map((cluster, at) => (
        <LoginCard key={cluster.name} cluster={cluster} isFirst={at === 0} />
      ))}
      {needed !== undefined && clusters.some(signedIn) && (
        <a class="button quiet" href="/" onClick={() => askForLogin("")}>
          Back to the clusters that you are signed in to
        </a>
      )}
    </div>
  );
}
