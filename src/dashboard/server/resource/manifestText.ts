import { dump } from "js-yaml";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { apiVersionOf } from "../../../api/kubernetes.ts";
import { ValueError } from "../../../config/values/valueError.ts";
import { withoutBookkeeping } from "../../../runtime/projection.ts";
import { readManifest } from "../../../views/manifest.ts";
import { patchOf } from "../../../views/stableSpec.ts";
import { fleetTypes } from "../fleet/row.ts";
import { HttpError } from "../httpError.ts";
import type { Subject } from "./subject.ts";

/** The part of a resource that people write. */
interface Editable {
  readonly metadata: { readonly labels: object; readonly annotations: object };
  readonly spec: object;
}

export const editableOf = (object: KubeObject): Editable => {
  const { labels = {}, annotations = {} } = withoutBookkeeping(object).metadata;
  return { metadata: { labels, annotations }, spec: (object.spec ?? {}) as object };
};

/** A resource for the editor: without managedFields, status, and what the API server sets. */
export function manifestOf({ plural, object }: Pick<Subject, "plural" | "object">): string {
  const { metadata, spec } = editableOf(object);
  const { name, namespace } = object.metadata;
  const type = fleetTypes[plural];
  const shown = {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name, namespace, ...withoutEmpty(metadata) },
    spec,
  };
  return dump(shown, { lineWidth: -1, noRefs: true });
}

const withoutEmpty = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => Object.keys(value as object).length > 0));

/** The resource of an edited manifest. Throws an HttpError if it is not a manifest of the same resource. */
export function editedObject({ plural, namespace, name }: Subject, text: string): KubeObject {
  const type = fleetTypes[plural];
  const refuse = (message: string, field = "manifest"): never => {
    throw new HttpError(400, message, field);
  };
  const read = (): KubeObject => {
    try {
      return readManifest(text, [type.kind], { aliases: false });
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      return refuse(`The manifest ${error.message}.`);
    }
  };
  const object = read() as Partial<KubeObject> | string | null;
  if (typeof object !== "object" || object === null) return refuse("The manifest is no object.");
  if (object.kind !== type.kind) refuse(`The kind is ${type.kind}, and stays so.`, "kind");
  if (object.apiVersion !== apiVersionOf(type))
    refuse(`The apiVersion is ${apiVersionOf(type)}, and stays so.`, "apiVersion");
  if (object.metadata?.name !== name) refuse(`The name is ${name}, and stays so.`, "metadata.name");
  if ((object.metadata?.namespace ?? namespace) !== namespace)
    refuse(`The namespace is ${namespace}, and stays so.`, "metadata.namespace");
  if (typeof object.spec !== "object" || object.spec === null) refuse("The spec must be an object.", "spec");
  return object as KubeObject;
}

/** The merge patch that makes the resource what the manifest says. Empty: nothing is edited. */
export function patchFromManifest(subject: Subject, text: string): Record<string, unknown> {
  const before = editableOf(subject.object);
  const after = editableOf(editedObject(subject, text));
  return patchOf(
    before as unknown as Record<string, unknown>,
    after as unknown as Record<string, unknown>,
  ) as Record<string, unknown>;
}
