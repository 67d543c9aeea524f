import type { Health } from "../../src/dashboard/contract.ts";
import { HealthIcon } from "./HealthIcon.tsx";
import { healthMeanings, healthWords } from "./health.ts";

export function HealthBadge({ health }: { readonly health: Health }) {
  return (
    <span class={`health is-${health}`} title={healthMeanings[health]}>
      <HealthIcon health={health} />
      {healthWords[health]}
    </span>
  );
}
