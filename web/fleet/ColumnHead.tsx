import type { FleetQuery, SortColumn } from "../routing/route.ts";

interface Props {
  readonly column: SortColumn;
  readonly title: string;
  readonly hint: string;
  readonly isNumber?: boolean | undefined;
  readonly query: FleetQuery;
  onSort(column: SortColumn): void;
}

export function ColumnHead({ column, title, hint, isNumber = false, query, onSort }: Props) {
  const isSorted = query.sort === column;
  const order = query.descending ? "descending" : "ascending";
  return (
    <span
      role="columnheader"
      class={`cell c-${column === "trouble" ? "health" : column}${isNumber ? " number" : ""}`}
      aria-sort={isSorted ? order : "none"}
    >
      <button type="button" class="plain" title={`${hint}. Sort by it.`} onClick={() => onSort(column)}>
        {title}
        <span class={`arrow${isSorted ? ` ${order}` : ""}`} aria-hidden="true" />
      </button>
    </span>
  );
}
