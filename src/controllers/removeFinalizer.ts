import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import type { KubeApi } from "../kube/api.ts";
import { isKubeError, KubeError } from "../kube/errors.ts";

/**
 * Removes one finalizer of the object and leaves the others. It is not locked by the resourceVersion: the garbage collector removes
 * its own finalizer from an object that is deleted in the foreground at the same moment. Undefined if the finalizer is not there.
 * Rejects with a Conflict if another one has its place meanwhile, or another object its name.
 */
export async function removeFinalizer(
  kube: Pick<KubeApi, "jsonPatch">,
  type: ResourceType,
  { metadata }: KubeObject,
  finalizer: string,
): Promise<KubeObject | undefined> {
  const { namespace = "", name, uid, finalizers = [] } = metadata;
  const index = finalizers.indexOf(finalizer);
  if (index < 0) return undefined;
  const path = `/metadata/finalizers/${index}`;
  try {
    return await kube.jsonPatch(type, namespace, name, [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path, value: finalizer },
      { op: "remove", path },
    ]);
  } catch (error) {
    if (isKubeError(error) && error.status === 422)
      throw new KubeError(409, "Conflict", "the finalizers have changed", { cause: error });
    throw error;
  }
}
