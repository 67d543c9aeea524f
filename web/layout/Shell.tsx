import type { ComponentChildren } from "preact";
import type { Session } from "../../src/dashboard/contract.ts";
import { Link } from "../routing/Link.tsx";
import { fleetHref } from "../routing/navigation.ts";
import { ThemeSwitch } from "../theme/ThemeSwitch.tsx";
import { Account } from "./Account.tsx";

interface Props {
  readonly session?: Session | undefined;
  readonly children: ComponentChildren;
}

export function Shell({ session, children }: Props) {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <Link href={fleetHref()} class="brand">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          Flink <span class="muted">on Kubernetes</span>
        </Link>
        <div class="top-end">
          <ThemeSwitch />
          {session !== undefined && <Account session={session} />}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
