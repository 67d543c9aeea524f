import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { isKubeError } from "../../../../src/kube/errors.ts";
import { clone, dig, equal, type JsonObject, listAt, numberAt, textAt } from "../json.ts";
import { hash, type Random } from "../random.ts";
import { timestamp } from "./metadata.ts";
import type { PodFailures } from "./podFailures.ts";
import { isActive, isReady } from "./podStatus.ts";
import type { ApiServer } from "./server.ts";
import { sameType } from "./store.ts";

const actor = "deployment-controller";
const hashLabel = "pod-template-hash";
const reactMs = 50;

/**
 * Creates the pods of Deployments. There are no ReplicaSets: a Deployment owns its pods directly, and a pod has the hash of
 * its template. As in Kubernetes, a terminating pod is replaced before it is gone.
 */
export const startDeploymentController = (server: ApiServer, random: Random, failures: PodFailures): void => {
  const pending = new Set<string>();
  const enqueue = (namespace: string, name: string, afterMs: number): void => {
    const key = `${namespace}/${name}`;
    if (pending.has(key)) return;
    pending.add(key);
    server.clock.after(afterMs, () => {
      pending.delete(key);
      const deployment = server.find(resourceTypes.deployment, namespace, name);
      if (deployment === undefined) return;
      reconcile(server, random, failures, deployment);
      updateStatus(server, deployment, failures);
    });
  };
  server.store.subscribe(({ type, object }) => {
    const { namespace = "", name } = object.metadata;
    if (sameType(type, resourceTypes.deployment)) enqueue(namespace, name, reactMs);
    if (!sameType(type, resourceTypes.pod)) return;
    for (const owner of object.metadata.ownerReferences ?? []) {
      if (owner.kind === "Deployment") enqueue(namespace, owner.name, reactMs);
    }
  });
};

const reconcile = (
  server: ApiServer,
  random: Random,
  failures: PodFailures,
  deployment: KubeObject,
): void => {
  if (deployment.metadata.deletionTimestamp !== undefined) return;
  const replicas = numberAt(deployment, "spec", "replicas") ?? 1;
  const { current, stale } = podsOf(server, deployment);
  const active = current.filter(isActive);
  const recreate = textAt(deployment, "spec", "strategy", "type") === "Recreate";
  const waitsForTermination = recreate && stale.length > 0;
  for (let missing = replicas - active.length; missing > 0 && !waitsForTermination; missing--) {
    if (failures.creationRefused === undefined) tryToCreatePod(server, random, deployment);
  }
  for (const pod of active.slice(replicas)) deletePod(server, pod);
  const replaced = recreate || replicas === 0 || current.filter(isReady).length >= replicas;
  if (replaced) for (const pod of stale.filter(isActive)) deletePod(server, pod);
};

/** The API server can refuse pods of an accepted template: they are tried again with the next change. */
const tryToCreatePod = (server: ApiServer, random: Random, deployment: KubeObject): void => {
  try {
    createPod(server, random, deployment);
  } catch (error) {
    if (!isKubeError(error)) throw error;
  }
};

const createPod = (server: ApiServer, random: Random, deployment: KubeObject): void => {
  const template = clone(dig(deployment, "spec", "template")) as JsonObject & { metadata?: JsonObject };
  const { name, namespace = "", uid = "" } = deployment.metadata;
  const templateHash = hashOf(deployment);
  const labels = { ...(template.metadata?.labels as Record<string, string>), [hashLabel]: templateHash };
  const annotations = template.metadata?.annotations as Record<string, string> | undefined;
  server.create(actor, resourceTypes.pod, {
    metadata: {
      name: `${name}-${templateHash}-${random.hex(5)}`,
      namespace,
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: template.spec,
  });
};

const deletePod = (server: ApiServer, pod: KubeObject): void => {
  const { namespace = "", name } = pod.metadata;
  server.delete(actor, resourceTypes.pod, namespace, name);
};

/** A stored template never changes. */
const hashes = new WeakMap<object, string>();

const hashOf = (deployment: KubeObject): string => {
  const template = dig(deployment, "spec", "template") as object;
  const known = hashes.get(template);
  if (known !== undefined) return known;
  const made = hash(JSON.stringify(template)).toString(16).padStart(8, "0");
  hashes.set(template, made);
  return made;
};

const podsOf = (
  server: ApiServer,
  deployment: KubeObject,
): { current: KubeObject[]; stale: KubeObject[] } => {
  const { uid, namespace = "" } = deployment.metadata;
  // The Deployment owns native TaskManagers too, but they are not made from its template.
  const made = server
    .list(resourceTypes.pod, { namespace })
    .filter(
      ({ metadata }) =>
        metadata.labels?.[hashLabel] !== undefined &&
        metadata.ownerReferences?.some((owner) => owner.uid === uid) === true,
    );
  const templateHash = hashOf(deployment);
  return {
    current: made.filter((pod) => pod.metadata.labels?.[hashLabel] === templateHash),
    stale: made.filter((pod) => pod.metadata.labels?.[hashLabel] !== templateHash),
  };
};

const updateStatus = (server: ApiServer, deployment: KubeObject, failures: PodFailures): void => {
  const { current, stale } = podsOf(server, deployment);
  const replicas = numberAt(deployment, "spec", "replicas") ?? 1;
  const updated = current.filter(isActive).length;
  const all = [...current, ...stale];
  const ready = all.filter(isReady).length;
  const count = (field: string, value: number): JsonObject => (value > 0 ? { [field]: value } : {});
  const status: JsonObject = {
    observedGeneration: deployment.metadata.generation,
    ...count("replicas", all.filter(isActive).length),
    ...count("updatedReplicas", updated),
    ...count("readyReplicas", ready),
    ...count("availableReplicas", ready),
    ...count("unavailableReplicas", Math.max(0, replicas - ready)),
    conditions: conditionsOf(
      server,
      deployment,
      ready >= replicas,
      ready >= replicas && updated >= replicas,
      failures,
    ),
  };
  if (!equal(status, deployment.status ?? {})) {
    server.setStatus(actor, resourceTypes.deployment, deployment, status);
  }
};

const conditionsOf = (
  server: ApiServer,
  deployment: KubeObject,
  available: boolean,
  complete: boolean,
  failures: PodFailures,
): JsonObject[] => {
  const now = timestamp(server.clock);
  const before = listAt(deployment, "status", "conditions");
  const set = (type: string, status: string, reason: string, message: string): JsonObject => {
    const was = before.find((condition) => condition.type === type);
    if (was !== undefined && was.status === status && was.reason === reason) return was;
    const lastTransitionTime = was?.status === status ? was.lastTransitionTime : now;
    return { type, status, reason, message, lastTransitionTime, lastUpdateTime: now };
  };
  const conditions = [
    available
      ? set("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
      : set(
          "Available",
          "False",
          "MinimumReplicasUnavailable",
          "Deployment does not have minimum availability.",
        ),
    complete
      ? set("Progressing", "True", "NewReplicaSetAvailable", "ReplicaSet has successfully progressed.")
      : set("Progressing", "True", "ReplicaSetUpdated", "ReplicaSet is progressing."),
  ];
  if (failures.creationRefused !== undefined && !complete) {
    conditions.push(set("ReplicaFailure", "True", "FailedCreate", failures.creationRefused));
  }
  return conditions;
};
