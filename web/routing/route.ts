import { type Health, healths } from "../../src/dashboard/contract.ts";
import { idOf, type ResourceRef, refOf } from "../api/urls.ts";

/**
 * What the address says. It is all in the query: the server needs to know one page only, and a link works wherever the dashboard is
 * mounted.
 */
export type Route =
  | { readonly page: "fleet"; readonly query: FleetQuery }
  | { readonly page: "resource"; readonly ref: ResourceRef; readonly tab: Tab };

export const tabs = ["overview", "state", "pods", "graph", "autoscaler", "script", "manifest"] as const;
export type Tab = (typeof tabs)[number];

export const sortColumns = [
  "trouble",
  "name",
  "namespace",
  "version",
  "parallelism",
  "restarts",
  "checkpoint",
  "size",
  "lag",
  "busy",
  "changed",
] as const;
export type SortColumn = (typeof sortColumns)[number];

export interface FleetQuery {
  readonly text: string;
  readonly healths: readonly Health[];
  readonly namespace: string;
  /** "key" or "key=value". */
  readonly label: string;
  readonly version: string;
  readonly kind: string;
  readonly cluster: string;
  readonly sort: SortColumn;
  readonly descending: boolean;
  /** "", "namespace", "cluster", or "label:KEY". */
  readonly group: string;
}

export const wholeFleet: FleetQuery = {
  text: "",
  healths: [],
  namespace: "",
  label: "",
  version: "",
  kind: "",
  cluster: "",
  sort: "trouble",
  descending: false,
  group: "",
};

const isOneOf = <T extends string>(all: readonly T[], text: string): text is T =>
  (all as readonly string[]).includes(text);

/** Reads the query of an address. What it does not know it leaves at its default. */
export function parseRoute(search: string): Route {
  const params = new URLSearchParams(search);
  const of = (name: string): string => params.get(name) ?? "";
  const ref = refOf(of("resource"));
  if (ref !== undefined) {
    const tab = of("tab");
    return { page: "resource", ref, tab: isOneOf(tabs, tab) ? tab : "overview" };
  }
  const sort = of("sort").replace(/^-/, "");
  const group = of("group");
  return {
    page: "fleet",
    query: {
      text: of("q"),
      healths: of("health")
        .split(",")
        .filter((each) => isOneOf(healths, each)),
      namespace: of("namespace"),
      label: of("label"),
      version: of("version"),
      kind: of("kind"),
      cluster: of("cluster"),
      sort: isOneOf(sortColumns, sort) ? sort : "trouble",
      descending: of("sort").startsWith("-"),
      group: /^(namespace|cluster|label:.+)$/.test(group) ? group : "",
    },
  };
}

/** The address of a route: only what differs from the defaults is in it. */
export function hrefOf(route: Route): string {
  const params: [string, string][] =
    route.page === "resource"
      ? [
          ["resource", idOf(route.ref)],
          ["tab", route.tab === "overview" ? "" : route.tab],
        ]
      : fleetParams(route.query);
  const search = params
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${readable(encodeURIComponent(value))}`)
    .join("&");
  return search === "" ? "/" : `/?${search}`;
}

/** What a query may have as it is. */
const readable = (text: string): string =>
  text.replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":");

function fleetParams(query: FleetQuery): [string, string][] {
  const sort = `${query.descending ? "-" : ""}${query.sort}`;
  return [
    ["q", query.text],
    ["health", query.healths.join(",")],
    ["namespace", query.namespace],
    ["label", query.label],
    ["version", query.version],
    ["kind", query.kind],
    ["cluster", query.cluster],
    ["sort", sort === "trouble" ? "" : sort],
    ["group", query.group],
  ];
}
