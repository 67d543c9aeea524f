import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { API_VERSION, APP_LABEL, COMPONENT_LABEL } from "../../../api/v1beta1/names.ts";

/** The data of a ConfigMap. */
export type Data = Readonly<Record<string, string>>;

/** The name of the ConfigMap with the stored state of a resource (REFERENCE 1.29). */
export const stateConfigMapName = (name: string): string => `autoscaler-${name}`;

/** The ConfigMap as it is created. It is deleted with the resource that owns it. */
export const stateConfigMap = (owner: KubeObject, kind: string, data: Data): KubeObject => ({
  apiVersion: "v1",
  kind: resourceTypes.configMap.kind,
  metadata: {
    name: stateConfigMapName(owner.metadata.name),
    ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
    labels: { [COMPONENT_LABEL]: "autoscaler", [APP_LABEL]: owner.metadata.name },
    ownerReferences: [
      {
        apiVersion: API_VERSION,
        kind,
        name: owner.metadata.name,
        uid: owner.metadata.uid ?? "",
        controller: false,
        blockOwnerDeletion: true,
      },
    ],
  },
  data: { ...data },
});

/** The merge patch from one data to the other, locked by the version that was read. */
export function statePatch(before: Data, after: Data, resourceVersion: string | undefined): object {
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const changed = Object.entries(after).filter(([key, text]) => before[key] !== text);
  return {
    metadata: { resourceVersion },
    data: { ...Object.fromEntries(removed.map((key) => [key, null])), ...Object.fromEntries(changed) },
  };
}

export const isSameData = (one: Data, other: Data): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([key, text]) => other[key] === text);

/** Whose a ConfigMap is. "earlier": of a deleted resource with the same name, with which Kubernetes deletes it. */
export type Ownership = "own" | "earlier" | { readonly kind: string; readonly name: string };

/** One without owners is the resource's own. `kind`: that of the resource. */
export function ownershipOf(
  { metadata: { ownerReferences: owners = [] } }: KubeObject,
  { metadata: { name, uid } }: KubeObject,
  kind: string,
): Ownership {
  const [first] = owners;
  if (first === undefined || owners.some((owner) => owner.uid === uid)) return "own";
  return owners.some((owner) => owner.kind === kind && owner.name === name) ? "earlier" : first;
}

export const dataOf = ({ data }: KubeObject): Data => (data as Data | undefined) ?? {};
