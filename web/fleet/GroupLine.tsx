import { healths } from "../../src/dashboard/contract.ts";
import { plural } from "../format/format.ts";
import { HealthIcon } from "../health/HealthIcon.tsx";
import { healthWords } from "../health/health.ts";
import type { FleetItem } from "./fleetView.ts";

interface Props {
  readonly group: Extract<FleetItem, { type: "group" }>;
  readonly top: number;
  readonly height: number;
  readonly index: number;
  onToggle(key: string): void;
}

export function GroupLine({ group, top, height, index, onToggle }: Props) {
  return (
    <div
      class="line group"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
    >
      <span role="cell" aria-colspan={11} class="cell c-group">
        <button
          type="button"
          class="plain"
          aria-expanded={!group.collapsed}
          onClick={() => onToggle(group.key)}
        >
          <span class="chevron" aria-hidden="true" />
          {group.title}
        </button>
        <span class="muted">{plural(group.count, "resource")}</span>
        {healths
          .filter((each) => each !== "Ready" && group.healths[each] > 0)
          .map((each) => (
            <span key={each} class="tally" title={healthWords[each]}>
              <HealthIcon health={each} />
              {group.healths[each]}
              <span class="hidden"> {healthWords[each]}</span>
            </span>
          ))}
      </span>
    </div>
  );
}
