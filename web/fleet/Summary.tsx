import { type Health, healths } from "../../src/dashboard/contract.ts";
import { HealthIcon } from "../health/HealthIcon.tsx";
import { type HealthCounts, healthMeanings, healthWords } from "../health/health.ts";

interface Props {
  readonly counts: HealthCounts;
  readonly wanted: readonly Health[];
  onToggle(health: Health): void;
}

/** The number of resources of each health. Each is a switch of the filter. */
export function Summary({ counts, wanted, onToggle }: Props) {
  return (
    <fieldset class="summary">
      <legend class="hidden">Filter by health</legend>
      {healths.map((health) => (
        <button
          key={health}
          type="button"
          class={`counter is-${health}${counts[health] === 0 ? " none" : ""}`}
          aria-pressed={wanted.includes(health)}
          title={healthMeanings[health]}
          onClick={() => onToggle(health)}
        >
          <span class="word">
            <HealthIcon health={health} />
            {healthWords[health]}
          </span>
          <span class="count">{counts[health].toLocaleString("en")}</span>
        </button>
      ))}
    </fieldset>
  );
}
