import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkStateSnapshot } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { listObjects } from "./clusterReader.ts";
import type { Kubectl } from "./kubectl.ts";

/** The FlinkStateSnapshots of one resource. */
export async function snapshotsOf(kubectl: Kubectl, { kind, metadata }: KubeObject): Promise<KubeObject[]> {
  const { namespace = "", name } = metadata;
  const all = await listObjects(kubectl, resourceTypes.flinkStateSnapshot, { namespace });
  return all.filter((object) => {
    const { jobReference } = asFlinkStateSnapshot(object).spec;
    return jobReference?.name === name && jobReference.kind === kind;
  });
}
