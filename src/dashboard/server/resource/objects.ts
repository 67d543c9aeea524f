import { type KubeObject, type ResourceType, resourceTypes } from "../../../api/kubernetes.ts";
import { APP_LABEL } from "../../../api/v1beta1/names.ts";
import { projectPod } from "../../../controllers/flinkdeployment/project.ts";
import type { OwnedObject } from "../../contract.ts";
import type { Caller } from "../callers.ts";

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: Readonly<Record<string, { readonly reason?: string }>>;
}

const ownedTypes: readonly ResourceType[] = [
  resourceTypes.deployment,
  resourceTypes.service,
  resourceTypes.configMap,
  resourceTypes.ingress,
  resourceTypes.pod,
];

/** Objects of one cluster, and what could not be read of them. */
export interface ClusterObjects {
  readonly objects: readonly KubeObject[];
  readonly unread: readonly string[];
}

/** All objects with the labels of Flink clusters. */
export async function readObjects(
  { kube }: Caller,
  namespace: string,
  labels: readonly string[],
): Promise<ClusterObjects> {
  const answers = await Promise.allSettled(
    ownedTypes.map(async (type) => {
      const lists = await Promise.all(
        labels.map((label) => kube.list(type, { namespace, labelSelector: `${APP_LABEL}=${label}` })),
      );
      return lists.flatMap(({ items }) => items.map((each) => ({ ...each, kind: type.kind })));
    }),
  );
  return {
    objects: answers.flatMap((each) => (each.status === "fulfilled" ? each.value : [])),
    unread: answers.flatMap((each, at) =>
      each.status === "fulfilled" ? [] : [`${ownedTypes[at]?.plural}: ${(each.reason as Error).message}`],
    ),
  };
}

export const podsIn = ({ objects }: ClusterObjects): readonly KubeObject[] =>
  objects.filter(({ kind }) => kind === resourceTypes.pod.kind);

/** The objects as a tree by their owners. What Kubernetes puts between a Deployment and its pods is left out. */
export function treeOf({ objects }: ClusterObjects): OwnedObject[] {
  const byUid = new Set(objects.map(({ metadata }) => metadata.uid));
  const ownersOf = ({ metadata }: KubeObject) => (metadata.ownerReferences ?? []).map(({ uid }) => uid);
  const isPod = ({ kind }: KubeObject) => kind === resourceTypes.pod.kind;
  const deployments = objects.filter(({ kind }) => kind === resourceTypes.deployment.kind);
  /** Of a ReplicaSet: the Deployment whose name it begins with. */
  const parentOf = (object: KubeObject): string | undefined => {
    const owner = ownersOf(object).find((uid) => byUid.has(uid));
    if (owner !== undefined) return owner;
    const replicaSet = object.metadata.ownerReferences?.find(({ kind }) => kind === "ReplicaSet");
    return deployments.find(({ metadata }) => replicaSet?.name.startsWith(`${metadata.name}-`))?.metadata.uid;
  };
  const childrenOf = (uid: string | undefined): OwnedObject[] =>
    objects
      .filter((each) => parentOf(each) === uid && each.metadata.uid !== uid)
      .map((each) => ({
        ...(isPod(each) ? podOf(each) : plainOf(each)),
        children: childrenOf(each.metadata.uid),
      }));
  return childrenOf(undefined);
}

function plainOf({ kind = "", metadata, spec, status }: KubeObject): OwnedObject {
  const base = { kind, name: metadata.name, children: [] };
  if (kind !== resourceTypes.deployment.kind)
    return { ...base, state: metadata.deletionTimestamp ? "Terminating" : "" };
  const { replicas = 1 } = (spec ?? {}) as { replicas?: number };
  const { readyReplicas = 0 } = (status ?? {}) as { readyReplicas?: number };
  return { ...base, ready: readyReplicas >= replicas, state: `${readyReplicas} of ${replicas} ready` };
}

function podOf(pod: KubeObject): OwnedObject {
  const { ready, deleting, problem, unschedulable } = projectPod(pod).facts;
  const { phase = "", containerStatuses = [] } = (pod.status ?? {}) as {
    phase?: string;
    containerStatuses?: readonly ContainerStatus[];
  };
  return {
    kind: "Pod",
    name: pod.metadata.name,
    ready,
    state:
      problem?.reason ??
      (unschedulable !== undefined ? "Unschedulable" : deleting ? "Terminating" : ready ? "Ready" : phase),
    containers: containerStatuses.map((each) => {
      const [state = "", details] = Object.entries(each.state ?? {})[0] ?? [];
      return {
        name: each.name,
        ready: each.ready === true,
        restarts: each.restartCount ?? 0,
        state: details?.reason ?? state,
      };
    }),
    children: [],
  };
}
