import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { plural } from "../format/format.ts";
import { replaceRoute } from "../routing/navigation.ts";
import type { FleetQuery, SortColumn } from "../routing/route.ts";
import { fleet, fleetState } from "../state/fleetFeed.ts";
import { useValue } from "../state/value.ts";
import { columns } from "./columns.tsx";
import { Filters } from "./Filters.tsx";
import { FleetTable } from "./FleetTable.tsx";
import { filterOptions, viewOf } from "./fleetView.ts";
import { Problems } from "./Problems.tsx";
import { Summary } from "./Summary.tsx";

interface Props {
  readonly query: FleetQuery;
  /** The clusters that the caller is signed in to. */
  readonly clusters: readonly string[];
}

/** Where the page was scrolled to when it was left. */
let leftAt = 0;

export function FleetPage({ query, clusters }: Props) {
  const known = useValue(fleet);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const options = useMemo(() => filterOptions(known.rows.values()), [known]);
  const view = useMemo(() => viewOf(known.rows.values(), query, collapsed), [known, query, collapsed]);
  const change = (part: Partial<FleetQuery>): void =>
    replaceRoute({ page: "fleet", query: { ...query, ...part } });
  useTitle(view.counts.Stalled);
  useScrollPosition();
  return (
    <>
      <div class="page-head">
        <h1>Flink jobs</h1>
        <Live total={known.rows.size} />
      </div>
      <Summary
        counts={view.counts}
        wanted={query.healths}
        onToggle={(health) => change({ healths: toggled(query.healths, health) })}
      />
      <Filters query={query} options={options} onChange={change} />
      <Problems problems={known.problems} onAsk={(namespace) => change({ namespace })} />
      <p class="hidden" role="status">
        {plural(view.shown, "resource")} shown
      </p>
      {view.items.length > 0 ? (
        <FleetTable
          items={view.items}
          query={query}
          showCluster={options.clusters.length > 1}
          onSort={(column) => change(sortedBy(query, column))}
          onToggle={(key) => setCollapsed(new Set(toggled([...collapsed], key)))}
        />
      ) : (
        <Nothing
          isComplete={clusters.every((each) => known.complete.has(each))}
          isFiltered={known.rows.size > 0}
        />
      )}
    </>
  );
}

function toggled<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? list.filter((each) => each !== item) : [...list, item];
}

function sortedBy(query: FleetQuery, column: SortColumn): Partial<FleetQuery> {
  if (query.sort === column) return { descending: !query.descending };
  const descending = columns.find(({ name }) => name === column)?.descendsFirst ?? false;
  return { sort: column, descending };
}

function Live({ total }: { readonly total: number }) {
  const state = useValue(fleetState);
  const words = { connecting: "Connecting…", live: "Live", lost: "Connection lost, trying again…" };
  return (
    <p class={`live is-${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {words[state]}
      <span class="muted">{plural(total, "resource")}</span>
    </p>
  );
}

function Nothing({ isComplete, isFiltered }: { readonly isComplete: boolean; readonly isFiltered: boolean }) {
  if (!isComplete)
    return (
      <div class="skeleton" role="status" aria-label="The resources are being read">
        {Array.from({ length: 8 }, (_, at) => (
          <span key={at} />
        ))}
      </div>
    );
  return (
    <div class="empty">
      <h2>{isFiltered ? "No resource matches the filters" : "No Flink resources yet"}</h2>
      <p class="muted">
        {isFiltered
          ? "Change or clear the filters to see more."
          : "FlinkDeployments, FlinkSessionJobs and FlinkBlueGreenDeployments that you may list appear here as soon as they are created."}
      </p>
    </div>
  );
}

function useTitle(degraded: number): void {
  useEffect(() => {
    document.title = degraded === 0 ? "Flink jobs" : `(${degraded}) Flink jobs`;
  }, [degraded]);
}

function useScrollPosition(): void {
  useLayoutEffect(() => {
    scrollTo(0, leftAt);
    const remember = (): void => {
      leftAt = scrollY;
    };
    addEventListener("scroll", remember, { passive: true });
    return () => removeEventListener("scroll", remember);
  }, []);
}
