import type { ComponentChildren } from "preact";
import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { ActionBar } from "../acting/ActionBar.tsx";
import { urlOf } from "../api/urls.ts";
import { kindNames } from "../fleet/kinds.ts";
import { formatBytes, formatCount, formatShare, formatVersion } from "../format/format.ts";
import { Ago } from "../format/Time.tsx";
import { HealthBadge } from "../health/HealthBadge.tsx";

export function ResourceHeader({ page }: { readonly page: ResourcePage }) {
  const { row } = page;
  return (
    <header class="resource-head">
      <div class="resource-title">
        <h1>{row.name}</h1>
        <HealthBadge health={row.health} />
        <span class="muted">{kindNames[row.plural]}</span>
        {row.jobState !== undefined && row.plural !== "flinkbluegreendeployments" && (
          // Flink's own page, in a tab of its own.
          <a class="external" href={urlOf("flink", row)} target="_blank" rel="noreferrer">
            Flink's UI<span class="hidden"> (opens a new tab)</span>
          </a>
        )}
      </div>
      {row.message !== "" && <p class="resource-message">{row.message}</p>}
      <ActionBar page={page} />
      <Facts page={page} />
    </header>
  );
}

function Facts({ page: { row } }: { readonly page: ResourcePage }) {
  return (
    <dl class="facts strip">
      <Fact name="Job" value={row.jobState} />
      <Fact name="Lifecycle" value={row.lifecycleState} />
      <Fact name="Flink" value={row.flinkVersion && formatVersion(row.flinkVersion)} />
      <Fact name="Parallelism" value={row.parallelism} />
      <Fact name="Restarts" value={row.restarts} />
      <Fact
        name="Last checkpoint"
        value={
          row.checkpointAt && (
            <>
              <Ago at={row.checkpointAt} />
              {row.checkpointBytes !== undefined && (
                <span class="muted">, {formatBytes(row.checkpointBytes)}</span>
              )}
            </>
          )
        }
      />
      <Fact name="Lag" value={row.lag === undefined ? undefined : `${formatCount(row.lag)} records`} />
      <Fact name="Busy" value={row.busy === undefined ? undefined : formatShare(row.busy)} />
      <Fact
        name="Last change"
        value={
          row.changedAt && (
            <>
              <Ago at={row.changedAt} />
              {row.changedBy !== undefined && <span class="muted"> by {row.changedBy}</span>}
            </>
          )
        }
      />
      <Fact name="Created" value={<Ago at={row.createdAt} />} />
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: ComponentChildren }) {
  if (value === undefined || value === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
