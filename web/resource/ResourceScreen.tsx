import { useEffect } from "preact/hooks";
import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Operations } from "../acting/Operations.tsx";
import { idOf, type ResourceRef } from "../api/urls.ts";
import { EditorTab } from "../editor/EditorTab.tsx";
import { sentence } from "../format/format.ts";
import { Link } from "../routing/Link.tsx";
import { fleetHref } from "../routing/navigation.ts";
import type { Tab } from "../routing/route.ts";
import { AutoscalerTab } from "./AutoscalerTab.tsx";
import { GraphTab } from "./GraphTab.tsx";
import { Overview } from "./Overview.tsx";
import { PodsTab } from "./PodsTab.tsx";
import { ResourceHeader } from "./ResourceHeader.tsx";
import { Script } from "./Script.tsx";
import { StateTab } from "./StateTab.tsx";
import { TabList } from "./TabList.tsx";
import { useResource } from "./useResource.ts";

interface Props {
  readonly resource: ResourceRef;
  readonly tab: Tab;
}

export function ResourceScreen({ resource, tab }: Props) {
  const { page, failure, state } = useResource(resource);
  useEffect(() => {
    document.title = `${resource.name} · Flink jobs`;
    scrollTo(0, 0);
  }, [resource.name]);
  return (
    <>
      <nav class="crumbs" aria-label="Place">
        <Link href={fleetHref()}>Flink jobs</Link>
        <span aria-hidden="true">/</span>
        <span class="muted">{resource.cluster}</span>
        <span aria-hidden="true">/</span>
        <span class="muted">{resource.namespace}</span>
        {state === "lost" && failure === undefined && (
          <span class="live is-lost" role="status">
            <span class="dot" aria-hidden="true" />
            Connection lost, trying again…
          </span>
        )}
      </nav>
      {failure !== undefined && (
        <p class="note is-error" role="alert">
          {failure}
          {page !== undefined && " What was last seen of it is below."}
        </p>
      )}
      {page === undefined ? (
        failure === undefined && (
          <div class="skeleton" role="status" aria-label="The resource is being read">
            <span />
            <span />
            <span />
          </div>
        )
      ) : (
        <>
          <ResourceHeader page={page} />
          <Operations id={idOf(resource)} />
          <Remarks remarks={page.remarks} />
          <TabList page={page} resource={resource} current={tab} />
          <TabContent page={page} tab={tab} />
        </>
      )}
    </>
  );
}

function Remarks({ remarks }: Pick<ResourcePage, "remarks">) {
  if (remarks.length === 0) return null;
  return (
    <ul class="note is-warning">
      {remarks.map((remark) => (
        <li key={remark}>{sentence(remark)}</li>
      ))}
    </ul>
  );
}

function TabContent({ page, tab }: { readonly page: ResourcePage; readonly tab: Tab }) {
  switch (tab) {
    case "overview":
      return <Overview page={page} />;
    case "state":
      return <StateTab page={page} />;
    case "pods":
      return <PodsTab page={page} />;
    case "graph":
      return <GraphTab page={page} />;
    case "autoscaler":
      return <AutoscalerTab page={page} />;
    case "script":
      return <Script script={page.script} />;
    case "manifest":
      return <EditorTab page={page} />;
  }
}
