import type { KindDeclaration } from "../../api/declaration.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isConflict, isNotFound } from "../../kube/errors.ts";
import { type Clock, sleep } from "../../runtime/clock.ts";
import { decideCrd, type PresentDefinition } from "./decide.ts";

export interface CrdUpgradeOptions {
  readonly kube: Pick<KubeApi, "get" | "apply">;
  readonly clock: Clock;
  readonly kinds: readonly KindDeclaration[];
  /** Called with the name of each definition that is applied and served. */
  onApplied(name: string): void;
}

export class CrdRefused extends Error {
  override readonly name = "CrdRefused";
}

const type = resourceTypes.customResourceDefinition;
/** How often to check whether the API server serves an applied definition, in milliseconds. */
const pollIntervalMs = 200;
const timeoutMs = 60_000;

/**
 * Upgrades the CustomResourceDefinitions by server-side apply. All are checked before the first write; if one would lose
 * a field, none is written. Throws CrdRefused.
 */
export async function upgradeCrds(options: CrdUpgradeOptions): Promise<void> {
  const present = await Promise.all(options.kinds.map((kind) => read(options, kind)));
  const refused = options.kinds
    .map((kind, index) => decideCrd(kind, present[index]))
    .flatMap((decision) => (decision.kind === "refuse" ? [decision.reason] : []));
  if (refused.length > 0) throw new CrdRefused(refused.join("\n"));
  for (const kind of options.kinds) await applyDefinition(options, kind);
}

const nameOf = (kind: KindDeclaration): string => `${kind.plural}.${kind.group}`;

async function read(
  { kube }: CrdUpgradeOptions,
  kind: KindDeclaration,
): Promise<PresentDefinition | undefined> {
  try {
    return (await kube.get(type, "", nameOf(kind))) as PresentDefinition;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Locked by the resourceVersion of the checked definition: after a concurrent change it is checked again. */
async function applyDefinition(options: CrdUpgradeOptions, kind: KindDeclaration): Promise<void> {
  const present = await read(options, kind);
  const decision = decideCrd(kind, present);
  if (decision.kind === "refuse") throw new CrdRefused(decision.reason);
  const { definition } = decision;
  const resourceVersion = present?.metadata.resourceVersion;
  const object = {
    ...definition,
    metadata: { ...definition.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
  } as unknown as KubeObject;
  try {
    await options.kube.apply(type, object);
  } catch (error) {
    if (isConflict(error)) return applyDefinition(options, kind);
    throw error;
  }
  await waitUntilEstablished(options, nameOf(kind));
  options.onApplied(nameOf(kind));
}

async function waitUntilEstablished({ kube, clock }: CrdUpgradeOptions, name: string): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  while (!isEstablished(await kube.get(type, "", name))) {
    if (clock.now() > deadline) throw new Error(`the API server does not serve ${name} after a minute`);
    await sleep(clock, pollIntervalMs);
  }
}

function isEstablished({ status }: KubeObject): boolean {
  // For a definition created just now the API server returns null.
  const { conditions } = (status ?? {}) as { conditions?: { type: string; status: string }[] | null };
  return (conditions ?? []).some(
    (condition) => condition.type === "Established" && condition.status === "True",
  );
}
