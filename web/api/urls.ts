import { type FleetRow, type Plural, routes } from "../../src/dashboard/contract.ts";

/** What names one resource in every cluster. */
export interface ResourceRef {
  readonly cluster: string;
  readonly plural: Plural;
  readonly namespace: string;
  readonly name: string;
}

const plurals: readonly string[] = [
  "flinkdeployments",
  "flinksessionjobs",
  "flinkbluegreendeployments",
] satisfies Plural[];

export const idOf = ({ cluster, plural, namespace, name }: ResourceRef): string =>
  [cluster, plural, namespace, name].join("/");

/** Undefined for what is no id of a resource. */
export function refOf(id: string): ResourceRef | undefined {
  const [cluster, plural, namespace, name, ...more] = id.split("/");
  if (!cluster || !namespace || !name || more.length > 0) return undefined;
  if (plural === undefined || !plurals.includes(plural)) return undefined;
  return { cluster, plural: plural as Plural, namespace, name };
}

type ResourceRoute =
  | "resource"
  | "resourceEvents"
  | "logs"
  | "series"
  | "plan"
  | "spec"
  | "actions"
  | "schema"
  | "flink";

/** The path of a route of one resource, with its query. */
export function urlOf(
  route: ResourceRoute,
  ref: ResourceRef | FleetRow,
  query: Readonly<Record<string, string>> = {},
): string {
  const path = routes[route].replaceAll(/:(cluster|namespace|plural|name)/g, (_, key: keyof ResourceRef) =>
    encodeURIComponent(ref[key]),
  );
  const search = new URLSearchParams(query).toString();
  return search === "" ? path : `${path}?${search}`;
}
