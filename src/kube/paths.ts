import type { ResourceType } from "../api/kubernetes.ts";

/** What one URL names: a collection without `name`, an object with it. */
export interface Place {
  /** Absent or "": all namespaces, or a type that has none. */
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: "status" | "log" | undefined;
}

export type Query = Record<string, string | number | boolean | undefined>;

/** The path and query of a resource, e.g. /apis/apps/v1/namespaces/default/deployments/a?dryRun=All. */
export function resourcePath(type: ResourceType, place: Place = {}, query: Query = {}): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const parts = [root];
  if (place.namespace) parts.push("namespaces", encodeURIComponent(place.namespace));
  parts.push(type.plural);
  if (place.name !== undefined) parts.push(encodeURIComponent(place.name));
  if (place.subresource !== undefined) parts.push(place.subresource);
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  return search.size === 0 ? parts.join("/") : `${parts.join("/")}?${search}`;
}
