import { useEffect, useState } from "preact/hooks";
import type { FleetRow, Series } from "../../src/dashboard/contract.ts";
import { request } from "../api/request.ts";
import { inCluster } from "../api/session.ts";
import { urlOf } from "../api/urls.ts";
import { formatUnit } from "../format/format.ts";
import { Plot } from "./Plot.tsx";

interface Props {
  readonly row: FleetRow;
  readonly metric: Series["metric"];
  readonly title: string;
}

const EVERY_MS = 10_000;

/** One metric of a resource over time. It is asked for again while it is in view. */
export function SeriesPlot({ row, metric, title }: Props) {
  const [series, setSeries] = useState<readonly Series[]>();
  const [problem, setProblem] = useState<string>();
  // A row is replaced often, its id says which resource it is
  useEffect(() => {
    let closed = false;
    const ask = async (): Promise<void> => {
      if (document.visibilityState !== "visible") return;
      try {
        const next = await inCluster(row.cluster, () =>
          request<Series[]>("GET", urlOf("series", row, { metric })),
        );
        if (closed) return;
        setSeries(next);
        setProblem(undefined);
      } catch (error) {
        if (!closed) setProblem((error as Error).message);
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => {
      closed = true;
      clearInterval(timer);
    };
  }, [row.id, metric]);
  const isEmpty = series?.every(({ points }) => points.length === 0) ?? false;
  return (
    <figure class="card plot">
      <figcaption>
        <h2>{title}</h2>
        {series !== undefined && !isEmpty && <span class="muted">{latestOf(series)}</span>}
      </figcaption>
      {problem !== undefined && <p class="problem">{problem}</p>}
      {isEmpty && <p class="muted">Nothing was measured yet.</p>}
      {series !== undefined && !isEmpty && <Plot title={title} series={series} />}
    </figure>
  );
}

/** What the plot shows at its end, in words. */
function latestOf(series: readonly Series[]): string {
  return series
    .map(({ label, unit, points }) => {
      const value = points.at(-1)?.[1];
      const text = value === undefined || value === null ? "not known" : formatUnit(value, unit);
      return series.length === 1 ? `now ${text}` : `${label}: ${text}`;
    })
    .join(", ");
}
