import type { ResourceType } from "../../../api/kubernetes.ts";
import { isForbidden } from "../../../kube/errors.ts";
import type { Caller } from "../callers.ts";
import type { Rights } from "../rights.ts";
import { fleetTypes, plurals } from "./row.ts";
import type { Scope } from "./sharedWatches.ts";

const namespaceType: ResourceType = { group: "", version: "v1", kind: "Namespace", plural: "namespaces" };

/** Each namespace takes six questions to the API server a minute. */
const maxNamespaces = 100;
/** Questions at the same time. */
const atOnce = 8;

export interface Scopes {
  readonly scopes: readonly Scope[];
  readonly problems: readonly string[];
}

/**
 * What a caller may look at: all of a kind where they may, else what they may in each namespace. The namespaces are those that they may
 * list, else those that the administrator or the caller names. Rejects with a KubeError.
 */
export async function scopesOf(caller: Caller, rights: Rights, asked: readonly string[]): Promise<Scopes> {
  const may = (scope: Scope): Promise<boolean> => mayFollow(caller, scope, rights);
  const everywhere = await allowed(
    plurals.map((plural) => ({ plural, namespace: undefined })),
    may,
  );
  const others = plurals.filter((each) => !everywhere.some(({ plural }) => plural === each));
  if (others.length === 0) return { scopes: everywhere, problems: [] };

  const { namespaces, problem } = await candidates(caller, asked);
  const inNamespaces = await allowed(
    namespaces.flatMap((namespace) => others.map((plural) => ({ plural, namespace }))),
    may,
  );
  const without = others.filter((each) => !inNamespaces.some(({ plural }) => plural === each));
  return {
    scopes: [...everywhere, ...inNamespaces],
    problems: [
      ...(problem === undefined ? [] : [problem]),
      ...without.map((plural) => `You may not list and watch ${plural} in any namespace that is known here.`),
    ],
  };
}

/** Whether the caller may list and watch there. Rejects with a KubeError. */
export async function mayFollow(
  caller: Caller,
  { plural, namespace }: Scope,
  rights: Rights,
): Promise<boolean> {
  const right = { type: fleetTypes[plural], namespace };
  const answers = await Promise.all(["list", "watch"].map((verb) => rights.may(caller, { ...right, verb })));
  return answers.every(Boolean);
}

async function candidates(
  { kube, cluster }: Caller,
  asked: readonly string[],
): Promise<{ readonly namespaces: readonly string[]; readonly problem?: string }> {
  const named = [...new Set([...cluster.namespaces, ...asked])];
  const bounded = (all: readonly string[]) =>
    all.length <= maxNamespaces
      ? { namespaces: all }
      : {
          namespaces: all.slice(0, maxNamespaces),
          problem: `Only ${maxNamespaces} of ${all.length} namespaces are looked into: a right to list in all namespaces shows them all.`,
        };
  try {
    const { items } = await kube.list(namespaceType);
    const listed = items.map(({ metadata }) => metadata.name);
    // What was asked for comes first: it is what matters to the caller.
    return bounded([...new Set([...named.filter((each) => listed.includes(each)), ...listed])]);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return bounded(named);
  }
}

async function allowed(scopes: readonly Scope[], may: (scope: Scope) => Promise<boolean>): Promise<Scope[]> {
  const found: Scope[] = [];
  for (let at = 0; at < scopes.length; at += atOnce) {
    const some = scopes.slice(at, at + atOnce);
    const answers = await Promise.all(some.map(may));
    found.push(...some.filter((_, index) => answers[index]));
  }
  return found;
}
