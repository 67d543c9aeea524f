import type { FleetEvent, FleetRow } from "../../src/dashboard/contract.ts";

/** What is known of all clusters' resources. */
export interface Fleet {
  readonly rows: ReadonlyMap<string, FleetRow>;
  /** By cluster. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
  /** The clusters of which all rows have come. */
  readonly complete: ReadonlySet<string>;
  /** The parts of a cluster that is listed again; the rows that are known stay visible until the last part. */
  readonly staged: ReadonlyMap<string, ReadonlyMap<string, FleetRow>>;
}

export const emptyFleet: Fleet = {
  rows: new Map(),
  problems: new Map(),
  complete: new Set(),
  staged: new Map(),
};

const without = (rows: ReadonlyMap<string, FleetRow>, cluster: string): [string, FleetRow][] =>
  [...rows].filter(([, row]) => row.cluster !== cluster);

const withRows = (
  rows: Iterable<readonly [string, FleetRow]>,
  more: Iterable<FleetRow>,
): Map<string, FleetRow> => {
  const next = new Map(rows);
  for (const row of more) next.set(row.id, row);
  return next;
};

export function applyFleetEvent(fleet: Fleet, event: FleetEvent): Fleet {
  switch (event.type) {
    case "rows":
      return applyRows(fleet, event);
    case "changes": {
      const rows = withRows(fleet.rows, event.upserts);
      for (const id of event.deletes) rows.delete(id);
      const staged = new Map(fleet.staged);
      for (const [cluster, part] of staged) {
        const changed = withRows(
          part,
          event.upserts.filter((row) => row.cluster === cluster),
        );
        for (const id of event.deletes) changed.delete(id);
        staged.set(cluster, changed);
      }
      return { ...fleet, rows, staged };
    }
    case "problems":
      return { ...fleet, problems: new Map(fleet.problems).set(event.cluster, event.messages) };
    case "ended":
      return forgetCluster(fleet, event.cluster);
  }
}

function applyRows(fleet: Fleet, event: Extract<FleetEvent, { type: "rows" }>): Fleet {
  const { cluster } = event;
  if (!fleet.complete.has(cluster)) {
    const rows = withRows(event.first ? without(fleet.rows, cluster) : fleet.rows, event.rows);
    const complete = event.last ? new Set(fleet.complete).add(cluster) : fleet.complete;
    return { ...fleet, rows, complete };
  }
  const part = withRows(event.first ? [] : (fleet.staged.get(cluster) ?? []), event.rows);
  const staged = new Map(fleet.staged);
  if (!event.last) return { ...fleet, staged: staged.set(cluster, part) };
  staged.delete(cluster);
  return { ...fleet, staged, rows: withRows(without(fleet.rows, cluster), part.values()) };
}

/** What the caller may not see any more is not kept. */
export function forgetCluster(fleet: Fleet, cluster: string): Fleet {
  const drop = <T>(all: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...all].filter(([name]) => name !== cluster));
  return {
    rows: new Map(without(fleet.rows, cluster)),
    problems: drop(fleet.problems),
    staged: drop(fleet.staged),
    complete: new Set([...fleet.complete].filter((each) => each !== cluster)),
  };
}
