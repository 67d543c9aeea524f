import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Ago } from "../format/Time.tsx";
import { Card } from "../layout/Card.tsx";

export function Conditions({ conditions }: Pick<ResourcePage, "conditions">) {
  if (conditions.length === 0) return null;
  return (
    <Card title="Conditions">
      <ul class="conditions">
        {conditions.map(({ type, status, reason, message, at }) => (
          <li key={type}>
            <strong>{type}</strong>
            <span class={`chip ${status === "True" ? "is-true" : ""}`}>{status}</span>
            <span>{reason}</span>
            <span class="muted end">
              <Ago at={at} />
            </span>
            {message !== "" && <p class="muted">{message}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
