import { apiVersionOf, type KubeObject, type ResourceType } from "../api/kubernetes.ts";
import type { KubeList, ListOptions, Selection } from "./api.ts";
import { isExpired, KubeError } from "./errors.ts";
import { resourcePath } from "./paths.ts";
import type { Transport } from "./transport.ts";

const defaultPage = 500;

/** Reads a whole collection, page by page. */
export async function list(
  transport: Transport,
  type: ResourceType,
  options: ListOptions,
): Promise<KubeList> {
  try {
    return await listPages(transport, type, options, options.limit ?? defaultPage);
  } catch (error) {
    // The revision of the pages was compacted. One page without a limit always succeeds.
    if (!isExpired(error)) throw error;
    return listPages(transport, type, options, undefined);
  }
}

/** Lists one object, only for the version. Without a resourceVersion in the request, the server must not use its cache. */
export async function newestVersion(
  transport: Transport,
  type: ResourceType,
  { namespace, labelSelector, fieldSelector }: Selection,
): Promise<string> {
  const path = resourcePath(type, { namespace }, { labelSelector, fieldSelector, limit: 1 });
  return pageOf(path, await transport.send({ method: "GET", type, path })).metadata.resourceVersion;
}

async function listPages(
  transport: Transport,
  type: ResourceType,
  options: ListOptions,
  limit: number | undefined,
): Promise<KubeList> {
  const items: KubeObject[] = [];
  let token: string | undefined;
  let resourceVersion: string | undefined;
  do {
    const query = {
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      limit,
      continue: token,
    };
    const path = resourcePath(type, { namespace: options.namespace }, query);
    const page = pageOf(path, await transport.send({ method: "GET", type, path }));
    resourceVersion ??= page.metadata.resourceVersion;
    for (const item of page.items) {
      // Items of a list have no apiVersion and kind.
      item.apiVersion ??= apiVersionOf(type);
      item.kind ??= type.kind;
      items.push(options.project === undefined ? item : options.project(item));
    }
    token = page.metadata.continue || undefined;
  } while (token !== undefined);
  return { resourceVersion, items };
}

interface Page {
  metadata: { resourceVersion: string; continue?: string };
  items: KubeObject[];
}

function pageOf(path: string, answer: unknown): Page {
  const page = answer as Partial<Page> | null;
  if (typeof page?.metadata?.resourceVersion !== "string") {
    throw new KubeError(0, "Malformed", `GET ${path}: the answer is not a list`);
  }
  // Go writes a nil slice as null.
  return { metadata: page.metadata, items: page.items ?? [] };
}
