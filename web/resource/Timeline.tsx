import { useState } from "preact/hooks";
import type { TimelineEntry } from "../../src/dashboard/contract.ts";
import { Select } from "../fleet/Select.tsx";
import { formatDuration } from "../format/format.ts";
import { Moment } from "../format/Time.tsx";
import { Card } from "../layout/Card.tsx";

const kinds: Readonly<Record<TimelineEntry["kind"], string>> = {
  decision: "Decision",
  upgrade: "Upgrade",
  restart: "Restart",
  rescale: "Rescale",
  snapshot: "Snapshot",
  event: "Event",
};

const SHOWN_FIRST = 40;

/** What happened, newest first. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const [kind, setKind] = useState("");
  const [all, setAll] = useState(false);
  const matching = entries
    .filter((entry) => kind === "" || entry.kind === kind)
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const shown = all ? matching : matching.slice(0, SHOWN_FIRST);
  const choice = (
    <Select label="Show" value={kind} options={[["", "All"], ...Object.entries(kinds)]} onChange={setKind} />
  );
  return (
    <Card title="Timeline" end={entries.length > 1 && choice}>
      {shown.length === 0 && <p class="muted">Nothing was recorded.</p>}
      <ol class="timeline">
        {shown.map((entry, at) => (
          <Entry key={`${entry.at} ${at}`} entry={entry} />
        ))}
      </ol>
      {shown.length < matching.length && (
        <button type="button" class="button quiet" onClick={() => setAll(true)}>
          Show all {matching.length}
        </button>
      )}
    </Card>
  );
}

function Entry({
  entry: { at, kind, reason, message, warning, downtimeMs },
}: {
  readonly entry: TimelineEntry;
}) {
  return (
    <li class={`is-${kind}${warning ? " warning" : ""}`}>
      <div class="entry-head">
        <strong>{reason}</strong>
        <span class="muted">{kinds[kind]}</span>
        {warning && <span class="chip is-warning">Warning</span>}
        {downtimeMs !== undefined && (
          <span class="chip" title="How long no task of the job ran">
            down for {formatDuration(downtimeMs)}
          </span>
        )}
        <span class="muted end">
          <Moment at={at} />
        </span>
      </div>
      <p>{message}</p>
    </li>
  );
}
