import { type FleetRow, type Health, healths } from "../../src/dashboard/contract.ts";
import { formatVersion } from "../format/format.ts";
import { countHealths, type HealthCounts } from "../health/health.ts";
import type { FleetQuery, SortColumn } from "../routing/route.ts";

export type FleetItem =
  | { readonly type: "row"; readonly key: string; readonly row: FleetRow }
  | {
      readonly type: "group";
      readonly key: string;
      readonly title: string;
      readonly count: number;
      readonly healths: HealthCounts;
      readonly collapsed: boolean;
    };

export interface FleetView {
  readonly items: readonly FleetItem[];
  /** Rows that the filters leave. */
  readonly shown: number;
  /** Of the rows that all filters but the one on health leave. */
  readonly counts: HealthCounts;
}

/** What a fleet page shows of these rows. `collapsed` has the keys of groups whose rows are hidden. */
export function viewOf(
  rows: Iterable<FleetRow>,
  query: FleetQuery,
  collapsed: ReadonlySet<string> = new Set(),
): FleetView {
  const matching = [...rows].filter(matcherOf(query));
  const counts = countHealths(matching);
  const { healths: wanted } = query;
  const shown = wanted.length === 0 ? matching : matching.filter(({ health }) => wanted.includes(health));
  shown.sort(comparatorOf(query.sort, query.descending));
  return { items: itemsOf(shown, query.group, collapsed), shown: shown.length, counts };
}

function matcherOf(query: FleetQuery): (row: FleetRow) => boolean {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const [labelKey = "", labelValue] = query.label.trim().split(/=(.*)/s);
  return (row) =>
    (query.cluster === "" || row.cluster === query.cluster) &&
    (query.namespace === "" || row.namespace === query.namespace) &&
    (query.kind === "" || row.plural === query.kind) &&
    (query.version === "" || row.flinkVersion === query.version) &&
    (labelKey === "" ||
      (Object.hasOwn(row.labels, labelKey) &&
        (labelValue === undefined || row.labels[labelKey] === labelValue))) &&
    words.every((word) => searchTextOf(row).includes(word));
}

/** Rows are never changed, only replaced. */
const searchTexts = new WeakMap<FleetRow, string>();

function searchTextOf(row: FleetRow): string {
  let text = searchTexts.get(row);
  if (text === undefined) {
    text = [row.name, row.namespace, row.message, row.jobState, row.lifecycleState, row.changedBy]
      .join("\n")
      .toLowerCase();
    searchTexts.set(row, text);
  }
  return text;
}

type Comparator = (a: FleetRow, b: FleetRow) => number;

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byName: Comparator = (a, b) =>
  compareTexts(a.name, b.name) || compareTexts(a.namespace, b.namespace) || compareTexts(a.id, b.id);

const severity = Object.fromEntries(healths.map((health, at) => [health, at])) as Record<Health, number>;

const sortValues: Readonly<Record<SortColumn, (row: FleetRow) => string | number | undefined>> = {
  trouble: (row) => severity[row.health],
  name: (row) => row.name,
  namespace: (row) => row.namespace,
  version: (row) => (row.flinkVersion === undefined ? undefined : versionKey(row.flinkVersion)),
  parallelism: (row) => row.parallelism,
  restarts: (row) => row.restarts,
  checkpoint: (row) => row.checkpointAt,
  size: (row) => row.checkpointBytes,
  lag: (row) => row.lag,
  busy: (row) => row.busy,
  changed: (row) => row.changedAt,
};

/** So that 1.9 comes before 1.20. */
const versionKey = (version: string): number => {
  const [major = 0, minor = 0] = formatVersion(version).split(".").map(Number);
  return major * 1000 + minor;
};

/** Rows without a value come last in both directions; equals are in the order of their names. */
export function comparatorOf(column: SortColumn, descending: boolean): Comparator {
  const value = sortValues[column];
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === right) return byName(a, b);
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return (left < right ? -1 : 1) * sign;
  };
}

function itemsOf(rows: readonly FleetRow[], group: string, collapsed: ReadonlySet<string>): FleetItem[] {
  const itemOf = (row: FleetRow): FleetItem => ({ type: "row", key: row.id, row });
  if (group === "") return rows.map(itemOf);
  const groups = Map.groupBy(rows, groupOf(group));
  return [...groups].flatMap(([title, members]) => {
    const key = `group:${title}`;
    const isCollapsed = collapsed.has(key);
    const head: FleetItem = {
      ...{ type: "group", key, title, count: members.length },
      ...{ healths: countHealths(members), collapsed: isCollapsed },
    };
    return [head, ...(isCollapsed ? [] : members.map(itemOf))];
  });
}

/** Groups are in the order of their first rows: with trouble first, so are the groups. */
function groupOf(group: string): (row: FleetRow) => string {
  if (group === "namespace") return (row) => row.namespace;
  if (group === "cluster") return (row) => row.cluster;
  const key = group.replace(/^label:/, "");
  return (row) => (Object.hasOwn(row.labels, key) ? `${key}=${row.labels[key]}` : `without label ${key}`);
}

export interface FilterOptions {
  readonly clusters: readonly string[];
  readonly namespaces: readonly string[];
  readonly versions: readonly string[];
  readonly kinds: readonly string[];
  readonly labels: readonly string[];
  readonly labelKeys: readonly string[];
}

/** At most so many labels are offered; others can be typed. */
const MOST_LABELS = 200;

/** What the filters can be set to. */
export function filterOptions(rows: Iterable<FleetRow>): FilterOptions {
  const found = {
    clusters: new Set<string>(),
    namespaces: new Set<string>(),
    versions: new Set<string>(),
    kinds: new Set<string>(),
    labels: new Set<string>(),
    labelKeys: new Set<string>(),
  };
  for (const row of rows) {
    found.clusters.add(row.cluster);
    found.namespaces.add(row.namespace);
    found.kinds.add(row.plural);
    if (row.flinkVersion !== undefined) found.versions.add(row.flinkVersion);
    for (const key in row.labels) {
      found.labelKeys.add(key);
      if (found.labels.size < MOST_LABELS) found.labels.add(`${key}=${row.labels[key]}`);
    }
  }
  const sorted = (set: Set<string>) => [...set].sort();
  return {
    clusters: sorted(found.clusters),
    namespaces: sorted(found.namespaces),
    versions: [...found.versions].sort((a, b) => versionKey(a) - versionKey(b)),
    kinds: sorted(found.kinds),
    labels: sorted(found.labels),
    labelKeys: sorted(found.labelKeys),
  };
}
