import type { SnapshotRow } from "../../src/dashboard/contract.ts";
import { formatBytes } from "../format/format.ts";
import { Ago } from "../format/Time.tsx";
import { Card } from "../layout/Card.tsx";

/** Every snapshot that is known, with whether a start would use it. */
export function Snapshots({ snapshots }: { readonly snapshots: readonly SnapshotRow[] }) {
  return (
    <Card title="Snapshots">
      {snapshots.length === 0 ? (
        <p class="muted">No completed snapshot is known.</p>
      ) : (
        <ol class="ledger">
          {snapshots.map((snapshot) => (
            <Snapshot key={`${snapshot.name} ${snapshot.location}`} snapshot={snapshot} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function Snapshot({ snapshot }: { readonly snapshot: SnapshotRow }) {
  const { kind, name, location, at, bytes, trigger, wouldRestore, why } = snapshot;
  return (
    <li class={wouldRestore ? "chosen" : ""}>
      <div class="entry-head">
        <strong>{kind === "savepoint" ? "Savepoint" : "Checkpoint"}</strong>
        {name !== undefined && <span>{name}</span>}
        {wouldRestore && <span class="chip is-true">would be restored</span>}
        <span class="muted end">
          {trigger !== undefined && `${trigger}, `}
          {bytes !== undefined && `${formatBytes(bytes)}, `}
          {at === undefined ? "time not known" : <Ago at={at} />}
        </span>
      </div>
      <code class="location">{location}</code>
      <p class="muted">{why}</p>
    </li>
  );
}
