import type { FleetRow } from "../../src/dashboard/contract.ts";
import { refOf } from "../api/urls.ts";
import { HealthBadge } from "../health/HealthBadge.tsx";
import { Link } from "../routing/Link.tsx";
import { navigate } from "../routing/navigation.ts";
import { hrefOf } from "../routing/route.ts";
import { columns } from "./columns.tsx";
import { shortKinds } from "./kinds.ts";

interface Props {
  readonly row: FleetRow;
  readonly top: number;
  readonly height: number;
  readonly index: number;
  /** With one cluster only, its name says nothing. */
  readonly showCluster: boolean;
}

export function FleetLine({ row, top, height, index, showCluster }: Props) {
  const ref = refOf(row.id);
  const href = ref === undefined ? "/" : hrefOf({ page: "resource", ref, tab: "overview" });
  const open = (event: MouseEvent): void => {
    const isLink = (event.target as Element).closest("a") !== null;
    const isSelecting = getSelection()?.toString() !== "";
    if (!isLink && !isSelecting) navigate(href);
  };
  return (
    // The name in it is the link for keyboards; the rest of the row only makes its target larger.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      class={`line is-${row.health}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
      onClick={open}
      data-index={index}
    >
      <span class="cell c-health" role="cell">
        <HealthBadge health={row.health} />
      </span>
      <span class="cell c-name" role="cell">
        <Link href={href} class="name">
          {row.name}
        </Link>
        <span class="muted place">
          {showCluster && `${row.cluster} / `}
          {row.namespace}
          <span class="kind">{shortKinds[row.plural]}</span>
        </span>
      </span>
      <span class="cell c-message" role="cell" title={row.message}>
        {row.message === "" ? <span class="muted">{row.jobState ?? ""}</span> : row.message}
      </span>
      {columns.map(({ name, title, isNumber, cell }) => (
        <span key={name} class={`cell c-${name}${isNumber ? " number" : ""}`} role="cell" data-title={title}>
          {cell(row)}
        </span>
      ))}
    </div>
  );
}
