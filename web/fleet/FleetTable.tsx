import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FleetQuery, SortColumn } from "../routing/route.ts";
import { ColumnHead } from "./ColumnHead.tsx";
import { columns } from "./columns.tsx";
import { FleetLine } from "./FleetLine.tsx";
import type { FleetItem } from "./fleetView.ts";
import { GroupLine } from "./GroupLine.tsx";
import { useKept } from "./useKept.ts";
import { topsOf, windowOf } from "./virtualWindow.ts";

const GROUP_HEIGHT = 44;
const LINE_HEIGHT = 56;
/** A row is a card where the window is narrow (fleet.css has the same width). */
const NARROW = "(max-width: 760px)";
const CARD_HEIGHT = 136;
/** Rows above and below the window, for fast scrolling. */
const MORE = 8;

interface Props {
  readonly items: readonly FleetItem[];
  readonly query: FleetQuery;
  readonly showCluster: boolean;
  onSort(column: SortColumn): void;
  onToggle(key: string): void;
}

/** Draws only the rows in view, whatever their number. The page itself scrolls. */
export function FleetTable({ items, query, showCluster, onSort, onToggle }: Props) {
  const body = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia(NARROW);
  const tops = useMemo(
    () =>
      topsOf(
        items.map(({ type }) => (type === "group" ? GROUP_HEIGHT : isNarrow ? CARD_HEIGHT : LINE_HEIGHT)),
      ),
    [items, isNarrow],
  );
  const { from, to } = useVisible(body);
  const { first, end } = windowOf(tops, from, to, MORE);
  const drawn = items.slice(first, end);
  const { make, forgetOthers } = useKept();
  forgetOthers(drawn.map(({ key }) => key));
  const move = useCallback((event: KeyboardEvent) => moveFocus(event, body.current), []);
  return (
    <div class="fleet-table" role="table" aria-label="Flink resources" aria-rowcount={items.length + 1}>
      <div role="rowgroup" class="head-group">
        <div class="line head" role="row" aria-rowindex={1}>
          <ColumnHead
            column="trouble"
            title="Health"
            hint="Those in trouble first"
            query={query}
            onSort={onSort}
          />
          <ColumnHead column="name" title="Name" hint="The resource's name" query={query} onSort={onSort} />
          <span role="columnheader" class="cell c-message">
            State
          </span>
          {columns.map(({ name, ...column }) => (
            <ColumnHead key={name} column={name} {...column} query={query} onSort={onSort} />
          ))}
        </div>
      </div>
      <div ref={body} role="rowgroup" class="body" style={{ height: `${tops.at(-1)}px` }} onKeyDown={move}>
        {drawn.map((item, offset) => {
          const index = first + offset;
          const top = tops[index] as number;
          const height = (tops[index + 1] as number) - top;
          const place = { index, top, height };
          return item.type === "row" ? (
            make(item.key, [item.row, index, top, height, showCluster], () => (
              <FleetLine key={item.key} row={item.row} showCluster={showCluster} {...place} />
            ))
          ) : (
            <GroupLine key={item.key} group={item} onToggle={onToggle} {...place} />
          );
        })}
      </div>
    </div>
  );
}

/** The arrow keys go from name to name. */
function moveFocus(event: KeyboardEvent, body: HTMLElement | null): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || body === null) return;
  const places = [...body.querySelectorAll<HTMLElement>(".line .name, .line.group button")].sort(
    (a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top,
  );
  const next = places[places.indexOf(document.activeElement as HTMLElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.closest(".line")?.scrollIntoView({ block: "nearest" });
}

/** The part of an element that is in the window, in its own coordinates. */
function useVisible(element: { readonly current: HTMLElement | null }): { from: number; to: number } {
  const [visible, setVisible] = useState({ from: 0, to: 1200 });
  useEffect(() => {
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      const top = element.current?.getBoundingClientRect().top ?? 0;
      setVisible({ from: -top, to: innerHeight - top });
    };
    const schedule = (): void => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    addEventListener("scroll", schedule, { passive: true });
    addEventListener("resize", schedule);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", schedule);
      removeEventListener("resize", schedule);
    };
  }, [element]);
  return visible;
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(
    () => typeof matchMedia !== "undefined" && matchMedia(query).matches,
  );
  useEffect(() => {
    const list = matchMedia(query);
    const change = (): void => setMatches(list.matches);
    list.addEventListener("change", change);
    return () => list.removeEventListener("change", change);
  }, [query]);
  return matches;
}
