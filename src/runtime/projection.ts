import type { KubeObject } from "../api/kubernetes.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Leaves out of an object what no controller reads and what is often more than half of it: the field managers'
 * records and kubectl's copy of the last apply. Does not change the object it is given.
 */
export function withoutBookkeeping(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  if (metadata.annotations?.[lastApplied] !== undefined) {
    const { [lastApplied]: __, ...annotations } = metadata.annotations;
    metadata.annotations = annotations;
  }
  return { ...object, metadata };
}

/** The same, but with the records of those who wrote through the scale subresource. */
export function keepingScaleRecords(object: KubeObject): KubeObject {
  const records = (object.metadata.managedFields ?? []) as { readonly subresource?: string }[];
  const kept = withoutBookkeeping(object);
  const managedFields = records.filter(({ subresource }) => subresource === "scale");
  return { ...kept, metadata: { ...kept.metadata, managedFields } };
}

/** Keeps of an object its identity, its metadata without bookkeeping, and the named top-level fields. */
export function keepingOnly(...fields: string[]): (object: KubeObject) => KubeObject {
  return (object) => {
    const { apiVersion, kind, metadata } = withoutBookkeeping(object);
    const kept: KubeObject = { metadata };
    if (apiVersion !== undefined) kept.apiVersion = apiVersion;
    if (kind !== undefined) kept.kind = kind;
    for (const field of fields) {
      if (object[field] !== undefined) kept[field] = object[field];
    }
    return kept;
  };
}
