import type { AutoscaledVertex, ResourcePage } from "../../src/dashboard/contract.ts";
import { plural } from "../format/format.ts";
import { Ago } from "../format/Time.tsx";
import { Card } from "../layout/Card.tsx";
import { SeriesPlot } from "./SeriesPlot.tsx";

export function AutoscalerTab({ page: { row, autoscaler } }: { readonly page: ResourcePage }) {
  if (autoscaler === undefined) return <p class="muted">The autoscaler is not used for this job.</p>;
  return (
    <div class="stack">
      <div class="plots">
        <SeriesPlot row={row} metric="parallelism" title="Parallelism" />
        <SeriesPlot row={row} metric="load" title="Load" />
        <SeriesPlot row={row} metric="lag" title="Lag" />
      </div>
      {autoscaler.map((vertex) => (
        <Vertex key={vertex.id} vertex={vertex} />
      ))}
    </div>
  );
}

function Vertex({ vertex: { name, parallelism, chain, history } }: { readonly vertex: AutoscaledVertex }) {
  return (
    <Card title={name} end={<span class="chip">parallelism {parallelism}</span>}>
      <ol class="sentences numbered">
        {chain.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      {history.length > 0 && (
        <details>
          <summary>{plural(history.length, "earlier decision")}</summary>
          <ul class="sentences">
            {history.map(({ at, parallelism: earlier }) => (
              <li key={at}>
                parallelism {earlier}, <Ago at={at} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}
