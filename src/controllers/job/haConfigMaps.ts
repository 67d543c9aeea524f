import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { APP_LABEL, COMPONENT_LABEL, clusterTypes, components, TYPE_LABEL } from "../../api/v1beta1/names.ts";
import type { Action } from "../../core/job/model/decision.ts";
import {
  hasHaMetadata,
  isHaConfigMap,
  isJobGraphKey,
  isJobGraphOfOther,
} from "../../core/job/model/facts.ts";
import type { KubeApi } from "../../kube/api.ts";
import { projectConfigMap } from "../flinkdeployment/project.ts";

/** Reads from the API server and not from the store: deletion and restore need the objects that exist now. */
async function configMapsOf(kube: KubeApi, namespace: string, clusterId: string): Promise<KubeObject[]> {
  const types = Object.values(clusterTypes).join(",");
  const labelSelector = `${APP_LABEL}=${clusterId},${TYPE_LABEL} in (${types}),${COMPONENT_LABEL}!=autoscaler`;
  const { items } = await kube.list(resourceTypes.configMap, { namespace, labelSelector });
  return items;
}

/** Deletes the cluster's ConfigMaps: all, or those of high availability alone. */
export async function deleteConfigMaps(
  kube: KubeApi,
  namespace: string,
  clusterId: string,
  all: boolean,
): Promise<undefined> {
  for (const { metadata } of await configMapsOf(kube, namespace, clusterId)) {
    if (!all && !isHaConfigMap(metadata.name)) continue;
    const precondition = metadata.uid === undefined ? {} : { uid: metadata.uid };
    await kube.delete(resourceTypes.configMap, namespace, metadata.name, precondition);
  }
}

async function haConfigMapsOf(kube: KubeApi, namespace: string, clusterId: string): Promise<KubeObject[]> {
  const maps = await configMapsOf(kube, namespace, clusterId);
  return maps.filter(({ metadata }) => isHaConfigMap(metadata.name));
}

/**
 * Removes the job graphs, so that the next JobManager takes the one that it is launched with, and the lease of a leader that is
 * gone. The pointers to checkpoints stay.
 *
 * @throws HaMetadataMissing if there is nothing to restore from.
 */
export async function prepareHaRestore(
  kube: KubeApi,
  namespace: string,
  clusterId: string,
): Promise<undefined> {
  const maps = await haConfigMapsOf(kube, namespace, clusterId);
  if (!hasHaMetadata(maps.map((map) => projectConfigMap(map).facts))) throw new HaMetadataMissing();
  await prepare(kube, namespace, clusterId, maps, isJobGraphKey);
}

/**
 * Of a session cluster: removes the lease of a leader that is gone, and the graphs of jobs that the next JobManager does not
 * read. It recovers the others.
 */
export async function releaseHaLease(
  kube: KubeApi,
  namespace: string,
  { clusterId, flinkVersion }: Extract<Action, { kind: "release-ha-lease" }>,
): Promise<undefined> {
  const maps = await haConfigMapsOf(kube, namespace, clusterId);
  const isUnread = (key: string) => flinkVersion !== undefined && isJobGraphOfOther(key, flinkVersion);
  await prepare(kube, namespace, clusterId, maps, isUnread);
}

async function prepare(
  kube: KubeApi,
  namespace: string,
  clusterId: string,
  maps: readonly KubeObject[],
  isToGo: (key: string) => boolean,
): Promise<void> {
  const released = await releasable(kube, namespace, clusterId, maps);
  for (const map of maps) {
    const graphs = Object.keys((map.data as Record<string, string> | undefined) ?? {}).filter(isToGo);
    const lease = released(map);
    if (graphs.length === 0 && lease === undefined) continue;
    await kube.mergePatch(resourceTypes.configMap, namespace, map.metadata.name, {
      metadata: { resourceVersion: map.metadata.resourceVersion, ...lease },
      ...(graphs.length === 0 ? {} : { data: Object.fromEntries(graphs.map((key) => [key, null])) }),
    });
  }
}

/**
 * How the lease of a leader that is gone is given back, as Flink 2 does itself at an orderly end. Flink 1 does not, or takes it
 * again in the same moment (1.20), and the next JobManager waits for it to expire. Undefined for a ConfigMap that nobody leads
 * by, and for all while a JobManager's pod exists: read anew, since a lease that is taken from one that lives would give the
 * cluster two leaders.
 */
async function releasable(
  kube: KubeApi,
  namespace: string,
  clusterId: string,
  maps: readonly KubeObject[],
): Promise<(map: KubeObject) => { readonly annotations: Record<string, string> } | undefined> {
  if (maps.every((map) => releasedLease(map) === undefined)) return () => undefined;
  const labelSelector = `${APP_LABEL}=${clusterId},${COMPONENT_LABEL}=${components.jobManager}`;
  const { items } = await kube.list(resourceTypes.pod, { namespace, labelSelector });
  return (map) => {
    const lease = items.length > 0 ? undefined : releasedLease(map);
    return lease === undefined ? undefined : { annotations: { [LEADER_ANNOTATION]: lease } };
  };
}

const LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader";
const HOLDER = /"holderIdentity"\s*:\s*"[^"]+"/;
const RENEWAL = /"renewTime"\s*:\s*"[^"]*"/;
/** In the format of Flink's own. */
const LONG_AGO = "1970-01-01T00:00:00.000000Z";

/**
 * The lock without its holder, and renewed long ago, everything else as Flink wrote it; undefined where it has no holder. Flink
 * 1.16 and 1.17 look at the time alone (fabric8's client 5.12), later versions at the holder first.
 */
function releasedLease({ metadata }: KubeObject): string | undefined {
  const lock = metadata.annotations?.[LEADER_ANNOTATION];
  if (lock === undefined || !HOLDER.test(lock)) return undefined;
  return lock.replace(HOLDER, '"holderIdentity":""').replace(RENEWAL, `"renewTime":"${LONG_AGO}"`);
}

export class HaMetadataMissing extends Error {
  override readonly name = "HaMetadataMissing";
  override readonly message =
    "HA metadata is not available to restore from. It is possible that the job has finished or terminally failed, " +
    "or the configmaps have been deleted. Manual restore required.";
}
