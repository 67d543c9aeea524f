import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Meter } from "../format/Meter.tsx";
import { Card } from "../layout/Card.tsx";
import { Scroll } from "../layout/Scroll.tsx";
import { Graph } from "./Graph.tsx";

export function GraphTab({ page: { graph } }: { readonly page: ResourcePage }) {
  if (graph === undefined) return <p class="muted">Flink shows no graph of this job at present.</p>;
  return (
    <div class="stack">
      <Card title="Job graph">
        <Scroll label="Job graph">
          <Graph graph={graph} />
        </Scroll>
      </Card>
      <Card title="Vertices">
        <Scroll label="Vertices">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Status</th>
                <th scope="col" class="number">
                  Parallelism
                </th>
                <th scope="col" class="number">
                  Busy
                </th>
                <th scope="col" class="number">
                  Back pressure
                </th>
              </tr>
            </thead>
            <tbody>
              {graph.vertices.map(({ id, name, status, parallelism, busy, backPressured }) => (
                <tr key={id}>
                  <th scope="row" class="wrap">
                    {name}
                  </th>
                  <td>{status}</td>
                  <td class="number">{parallelism}</td>
                  <td class="number">{busy === undefined ? "–" : <Meter share={busy} />}</td>
                  <td class="number">
                    {backPressured === undefined ? "–" : <Meter share={backPressured} />}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Card>
    </div>
  );
}
