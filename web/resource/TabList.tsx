import type { ResourcePage } from "../../src/dashboard/contract.ts";
import type { ResourceRef } from "../api/urls.ts";
import { Link } from "../routing/Link.tsx";
import { hrefOf, type Tab, tabs } from "../routing/route.ts";

const titles: Readonly<Record<Tab, string>> = {
  overview: "Overview",
  state: "State",
  pods: "Pods and logs",
  graph: "Job graph",
  autoscaler: "Autoscaler",
  script: "Script",
  manifest: "Manifest",
};

/** A tab that would be empty for this resource is not offered. */
function hasContent(tab: Tab, page: ResourcePage): boolean {
  if (tab === "graph") return page.graph !== undefined;
  if (tab === "autoscaler") return page.autoscaler !== undefined;
  if (tab === "script") return page.script !== undefined;
  return true;
}

interface Props {
  readonly page: ResourcePage;
  readonly resource: ResourceRef;
  readonly current: Tab;
}

export function TabList({ page, resource, current }: Props) {
  return (
    <nav class="tabs" aria-label="Parts of the resource">
      {tabs
        .filter((tab) => tab === current || hasContent(tab, page))
        .map((tab) => (
          <Link key={tab} href={hrefOf({ page: "resource", ref: resource, tab })} current={tab === current}>
            {titles[tab]}
          </Link>
        ))}
    </nav>
  );
}
