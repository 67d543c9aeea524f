import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Moment } from "../format/Time.tsx";
import { Card } from "../layout/Card.tsx";
import { Conditions } from "./Conditions.tsx";
import { Desired } from "./Desired.tsx";
import { Sides } from "./Sides.tsx";
import { Timeline } from "./Timeline.tsx";

export function Overview({ page }: { readonly page: ResourcePage }) {
  return (
    <div class="columns">
      <div class="column">
        {page.pendingChange !== undefined && <PendingChange change={page.pendingChange} />}
        <Card title="What the operator does">
          <ul class="sentences">
            {page.explanation.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Card>
        {page.sides !== undefined && <Sides sides={page.sides} />}
        <Desired differences={page.desired} />
        <Conditions conditions={page.conditions} />
        <Labels labels={page.row.labels} />
      </div>
      <div class="column">
        <Timeline entries={page.timeline} />
      </div>
    </div>
  );
}

/** By the word of the status. */
const waitsFor: Readonly<Record<string, string>> = {
  Approval: "It waits for approval.",
  DisruptionWindow: "It waits for the disruption window.",
  Wave: "It waits for its turn in the wave of its namespace.",
};

function PendingChange({ change }: { readonly change: NonNullable<ResourcePage["pendingChange"]> }) {
  return (
    <Card title="A change waits" class="is-attention">
      <p>{change.summary}</p>
      <p class="muted">
        {waitsFor[change.reason] ?? change.reason}
        {change.until !== undefined && (
          <>
            {" "}
            It is made at <Moment at={change.until} />.
          </>
        )}
      </p>
    </Card>
  );
}

function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const all = Object.entries(labels);
  if (all.length === 0) return null;
  return (
    <Card title="Labels">
      <ul class="labels">
        {all.map(([key, value]) => (
          <li key={key}>
            <span class="muted">{key}</span>
            {value}
          </li>
        ))}
      </ul>
    </Card>
  );
}
