import type { KubeObject } from "../api/kubernetes.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * A copy of an object without managedFields and kubectl's last-applied-configuration, which no controller reads and which
 * are often more than half of it.
 */
export function withoutBookkeeping(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  if (metadata.annotations?.[lastApplied] !== undefined) {
    const { [lastApplied]: __, ...annotations } = metadata.annotations;
    metadata.annotations = annotations;
  }
  return { ...object, metadata };
}

/** The same, but with the managedFields entries of the scale subresource. */
export function withScaleRecords(object: KubeObject): KubeObject {
  const records = (object.metadata.managedFields ?? []) as { readonly subresource?: string }[];
  const kept = withoutBookkeeping(object);
  const managedFields = records.filter(({ subresource }) => subresource === "scale");
  return { ...kept, metadata: { ...kept.metadata, managedFields } };
}

/** Keeps the type, the metadata without bookkeeping, and the named top-level fields of an object. */
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
