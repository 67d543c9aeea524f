import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Moment } from "../format/Time.tsx";
import { Card } from "../layout/Card.tsx";
import { Scroll } from "../layout/Scroll.tsx";

export function Exceptions({ exceptions }: Pick<ResourcePage, "exceptions">) {
  return (
    <Card title="Exceptions">
      {exceptions.length === 0 && <p class="muted">Flink reports no exception.</p>}
      {exceptions.map(({ at, name, stack, task }, index) => (
        <details key={`${at} ${name}`} class="exception" open={index === 0}>
          <summary>
            <strong>{name}</strong>
            {task !== undefined && <span class="muted"> in {task}</span>}
            <span class="muted end">
              <Moment at={at} />
            </span>
          </summary>
          <Scroll class="stack-trace" label={`Stack trace of ${name}`}>
            <pre>{stack}</pre>
          </Scroll>
        </details>
      ))}
    </Card>
  );
}
