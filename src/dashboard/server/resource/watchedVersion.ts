import { mayFollow } from "../fleet/scopes.ts";
import type { JoinedWatch, Scope, SharedWatches } from "../fleet/sharedWatches.ts";
import type { Rights } from "../rights.ts";
import type { Subject } from "./subject.ts";

/** The version of a resource by a watch that it shares with others, so that nobody has to ask for it. */
export interface WatchedVersion {
  /** Undefined: it is not known, or the resource is not there. Ask for it. */
  version(): string | undefined;
  leave(): void;
}

/** The watch of all namespaces where there is one, else that of the resource's namespace; none where the caller may not watch. */
export async function watchVersion(
  { caller, plural, namespace, name }: Subject,
  watches: SharedWatches,
  rights: Rights,
): Promise<WatchedVersion> {
  const everywhere: Scope = { plural, namespace: undefined };
  const scopes = [
    ...(watches.has(caller.cluster.name, everywhere) ? [everywhere] : []),
    { plural, namespace },
  ];
  for (const scope of scopes) {
    if (!(await mayFollow(caller, scope, rights))) continue;
    let joined: JoinedWatch | undefined = watches.join(scope, {
      caller,
      onRefused() {
        joined = undefined;
      },
    });
    return {
      version: () => joined?.rows.get(namespace, name)?.metadata.resourceVersion,
      leave: () => joined?.leave(),
    };
  }
  return { version: () => undefined, leave() {} };
}
