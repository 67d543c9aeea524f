import type { CheckpointSummary, FleetRow } from "../../src/dashboard/contract.ts";
import { formatBytes, formatDuration } from "../format/format.ts";
import { Moment } from "../format/Time.tsx";
import { Card } from "../layout/Card.tsx";
import { Scroll } from "../layout/Scroll.tsx";
import { SeriesPlot } from "./SeriesPlot.tsx";

interface Props {
  readonly row: FleetRow;
  readonly checkpoints: CheckpointSummary;
}

export function Checkpoints({ row, checkpoints: { completed, failed, restored, history } }: Props) {
  return (
    <>
      <div class="plots">
        <SeriesPlot row={row} metric="checkpointDuration" title="Duration of checkpoints" />
        <SeriesPlot row={row} metric="checkpointBytes" title="Size of checkpoints" />
      </div>
      <Card
        title="Checkpoints"
        end={
          <span class="muted">
            {completed} completed, {failed} failed, {restored} restored
          </span>
        }
      >
        <Scroll label="Checkpoints">
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  Id
                </th>
                <th scope="col">Kind</th>
                <th scope="col">Status</th>
                <th scope="col">Triggered</th>
                <th scope="col" class="number">
                  Duration
                </th>
                <th scope="col" class="number">
                  Size
                </th>
                <th scope="col">Failure</th>
              </tr>
            </thead>
            <tbody>
              {history.map(({ id, at, status, durationMs, bytes, isSavepoint, failure }) => (
                <tr key={id}>
                  <td class="number">{id}</td>
                  <td>{isSavepoint ? "Savepoint" : "Checkpoint"}</td>
                  <td>
                    <span
                      class={`chip ${status === "COMPLETED" ? "is-true" : status === "FAILED" ? "is-bad" : ""}`}
                    >
                      {status.toLowerCase().replaceAll("_", " ")}
                    </span>
                  </td>
                  <td>
                    <Moment at={at} />
                  </td>
                  <td class="number">{formatDuration(durationMs)}</td>
                  <td class="number">{formatBytes(bytes)}</td>
                  <td class="wrap">{failure}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Card>
    </>
  );
}
