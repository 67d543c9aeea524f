import type { ComponentChildren } from "preact";
import type { FleetRow } from "../../src/dashboard/contract.ts";
import { formatBytes, formatCount, formatVersion } from "../format/format.ts";
import { Meter } from "../format/Meter.tsx";
import { Ago } from "../format/Time.tsx";
import type { SortColumn } from "../routing/route.ts";

export interface Column {
  readonly name: SortColumn;
  readonly title: string;
  readonly hint: string;
  /** Numbers are aligned at their ends. */
  readonly isNumber?: boolean;
  /** The first click sorts from large to small. */
  readonly descendsFirst?: boolean;
  cell(row: FleetRow): ComponentChildren;
}

const missing = (
  <span class="muted">
    <span aria-hidden="true">–</span>
    <span class="hidden">not known</span>
  </span>
);

const or = <T,>(value: T | undefined, show: (value: T) => ComponentChildren): ComponentChildren =>
  value === undefined ? missing : show(value);

/** The columns after health and name. */
export const columns: readonly Column[] = [
  {
    name: "version",
    title: "Flink",
    hint: "Flink's version",
    cell: (row) => or(row.flinkVersion, formatVersion),
  },
  {
    name: "parallelism",
    title: "Par.",
    hint: "The job's parallelism",
    isNumber: true,
    descendsFirst: true,
    cell: (row) => or(row.parallelism, String),
  },
  {
    name: "restarts",
    title: "Restarts",
    hint: "How often Flink has restarted the job since it was started",
    isNumber: true,
    descendsFirst: true,
    cell: (row) =>
      or(row.restarts, (count) => <span class={count > 0 ? "warn" : ""}>{formatCount(count)}</span>),
  },
  {
    name: "checkpoint",
    title: "Checkpoint",
    hint: "When the last checkpoint was completed",
    isNumber: true,
    cell: (row) => or(row.checkpointAt, (at) => <Ago at={at} />),
  },
  {
    name: "size",
    title: "Size",
    hint: "The size of the last checkpoint",
    isNumber: true,
    descendsFirst: true,
    cell: (row) => or(row.checkpointBytes, formatBytes),
  },
  {
    name: "lag",
    title: "Lag",
    hint: "Records that wait at the sources, where the autoscaler measures them",
    isNumber: true,
    descendsFirst: true,
    cell: (row) => or(row.lag, formatCount),
  },
  {
    name: "busy",
    title: "Busy",
    hint: "The share of time that the busiest vertex works, where the autoscaler measures it",
    isNumber: true,
    descendsFirst: true,
    cell: (row) => or(row.busy, (busy) => <Meter share={busy} />),
  },
  {
    name: "changed",
    title: "Last change",
    hint: "When the spec was last changed, and by whom",
    descendsFirst: true,
    cell: (row) =>
      or(row.changedAt, (at) => (
        <span class="changed">
          <Ago at={at} />
          {row.changedBy !== undefined && <span class="muted by">{row.changedBy}</span>}
        </span>
      )),
  },
];
