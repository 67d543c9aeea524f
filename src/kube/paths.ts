import type { ResourceType } from "../api/kubernetes.ts";

/** What a URL refers to: a collection without `name`, an object with it. */
export interface ResourceLocation {
  /** Absent or "": all namespaces, or a cluster-scoped type. */
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: "status" | "log" | undefined;
}

export type Query = Record<string, string | number | boolean | undefined>;

/** The path and query of a resource, e.g. /apis/apps/v1/namespaces/default/deployments/a?dryRun=All. */
export function resourcePath(type: ResourceType, location: ResourceLocation = {}, query: Query = {}): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const parts = [root];
  if (location.namespace) parts.push("namespaces", encodeURIComponent(location.namespace));
  parts.push(type.plural);
  if (location.name !== undefined) parts.push(encodeURIComponent(location.name));
  if (location.subresource !== undefined) parts.push(location.subresource);
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  return search.size === 0 ? parts.join("/") : `${parts.join("/")}?${search}`;
}
