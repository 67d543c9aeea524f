import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { refOf } from "../api/urls.ts";
import { formatBytes } from "../format/format.ts";
import { Ago } from "../format/Time.tsx";
import { HealthBadge } from "../health/HealthBadge.tsx";
import { Card } from "../layout/Card.tsx";
import { Link } from "../routing/Link.tsx";
import { hrefOf } from "../routing/route.ts";

type Side = NonNullable<ResourcePage["sides"]>[number];

export function Sides({ sides }: { readonly sides: readonly Side[] }) {
  return (
    <Card title="Blue and green">
      <div class="sides">
        {sides.map((each) => (
          <OneSide key={each.side} {...each} />
        ))}
      </div>
    </Card>
  );
}

function OneSide({ side, active, row }: Side) {
  const ref = row && refOf(row.id);
  return (
    <div class={`side is-${side}${active ? " active" : ""}`}>
      <h3>
        {side === "blue" ? "Blue" : "Green"} {active && <span class="chip is-true">serves</span>}
      </h3>
      {row === undefined ? (
        <p class="muted">This side does not exist at present.</p>
      ) : (
        <>
          <HealthBadge health={row.health} />
          <p>
            {ref === undefined ? (
              row.name
            ) : (
              <Link href={hrefOf({ page: "resource", ref, tab: "overview" })}>{row.name}</Link>
            )}
          </p>
          <p class="muted">
            {row.jobState ?? "no job"}, parallelism {row.parallelism ?? "not known"}
            {row.checkpointAt !== undefined && (
              <>
                , checkpoint <Ago at={row.checkpointAt} />
                {row.checkpointBytes !== undefined && ` (${formatBytes(row.checkpointBytes)})`}
              </>
            )}
          </p>
          {row.message !== "" && <p>{row.message}</p>}
        </>
      )}
    </div>
  );
}
