import assert from "node:assert/strict";
import { type KubeObject, type ResourceType, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { KubeApi, WatchEvent } from "../../../src/kube/api.ts";
import { isKubeError } from "../../../src/kube/errors.ts";

/** The target of the cases: one namespace of a simulated or of a real API server. */
export interface KubeTarget {
  api: KubeApi;
  namespace: string;
  /** Polls until the condition holds, with a deadline. */
  eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void>;
}

export interface KubeCase {
  name: string;
  run(target: KubeTarget): Promise<void>;
}

const { configMap } = resourceTypes;

export const map = (target: KubeTarget, name: string, data?: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: target.namespace, labels: { case: name } },
  ...(data === undefined ? {} : { data }),
});

export const webDeployment = (target: KubeTarget, name: string): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: target.namespace, labels: { case: name } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "example.invalid/none:1" }] },
    },
  },
});

export const ownedBy = (owner: KubeObject): NonNullable<KubeObject["metadata"]["ownerReferences"]> => [
  {
    apiVersion: owner.apiVersion ?? "",
    kind: owner.kind ?? "",
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    blockOwnerDeletion: true,
  },
];

export const refusal = async (status: number, reason: string, request: Promise<unknown>): Promise<string> => {
  try {
    await request;
  } catch (error) {
    assert.ok(isKubeError(error), String(error));
    assert.deepEqual([error.status, error.reason], [status, reason], error.message);
    return error.message;
  }
  return assert.fail(`expected ${status} ${reason}, but the request succeeded`);
};

export const exists = async (target: KubeTarget, type: ResourceType, name: string) => {
  try {
    return await target.api.get(type, target.namespace, name);
  } catch (error) {
    if (isKubeError(error) && error.status === 404) return undefined;
    throw error;
  }
};

/** The events of one watch, until `enough` holds. */
export const watched = async (
  target: KubeTarget,
  name: string,
  from: string | undefined,
  enough: (events: WatchEvent[]) => boolean,
): Promise<WatchEvent[]> => {
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const options = { namespace: target.namespace, labelSelector: `case=${name}` };
  const stream = target.api.watch(
    configMap,
    from === undefined ? { ...options, sendInitialEvents: true } : { ...options, resourceVersion: from },
    abort.signal,
  );
  for await (const event of stream) {
    events.push(event);
    if (enough(events)) break;
  }
  abort.abort();
  return events;
};

export const typesOf = (events: WatchEvent[]): string[] => events.map((event) => event.type);
