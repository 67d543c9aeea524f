import type { Operation } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { FlinkStateSnapshot } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { SNAPSHOT_FINALIZER } from "../../api/v1beta1/names.ts";
import type { Action } from "../../core/flinkstatesnapshot/decision.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isKubeError } from "../../kube/errors.ts";
import { type ActResult, actInOrder } from "../actInOrder.ts";
import { removeFinalizer } from "../removeFinalizer.ts";

/** The clients and callbacks that the actions of one reconcile use. */
export interface Clients {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  /** Called with an operation that a JobManager has started: its result is polled from now on. */
  follow(cluster: string, operation: Operation): void;
  /** Called before a trigger is sent: from then on the JobManager may know its id. */
  beforeTrigger(triggerId: string): void;
  onFlinkRequest(cluster: string): void;
}

export interface ActFailure {
  readonly kind: Action["kind"];
  /** HTTP status of the API server or the JobManager. 0: no response. */
  readonly status: number;
  readonly message: string;
}

/** Performs the actions in order and stops at the first that fails. */
export const act = (
  actions: readonly Action[],
  resource: FlinkStateSnapshot,
  clients: Clients,
): Promise<ActResult<ActFailure>> =>
  actInOrder(actions, resource, (action, current) => perform(action, current, clients), describeFailure);

async function perform(
  action: Action,
  resource: KubeObject,
  clients: Clients,
): Promise<KubeObject | undefined> {
  const { flink } = clients;
  switch (action.kind) {
    case "set-metadata":
      return patch(resource, { labels: action.labels, finalizers: action.finalizers }, clients);
    case "remove-finalizer":
      return removeFinalizer(clients.kube, resourceTypes.flinkStateSnapshot, resource, SNAPSHOT_FINALIZER);
    case "trigger-savepoint": {
      const { kind: _, at, jobId, ...request } = action;
      clients.beforeTrigger(action.triggerId);
      await flink.triggerSavepoint(at.endpoint, jobId, request);
      clients.onFlinkRequest(at.cluster);
      return undefined;
    }
    case "trigger-checkpoint": {
      const { kind: _, at, jobId, ...request } = action;
      clients.beforeTrigger(action.triggerId);
      await flink.triggerCheckpoint(at.endpoint, jobId, request);
      clients.onFlinkRequest(at.cluster);
      return undefined;
    }
    case "dispose": {
      const { at, path } = action;
      const triggerId = await flink.disposeSavepoint(at.endpoint, path);
      clients.follow(at.cluster, { kind: "disposal", triggerId, path });
      return undefined;
    }
  }
}

const patch = ({ metadata }: KubeObject, changes: object, { kube }: Clients): Promise<KubeObject> =>
  kube.mergePatch(resourceTypes.flinkStateSnapshot, metadata.namespace ?? "", metadata.name, {
    metadata: { ...changes, resourceVersion: metadata.resourceVersion },
  });

function describeFailure({ kind }: Action, error: unknown): ActFailure {
  if (isKubeError(error) || error instanceof FlinkRestError)
    return { kind, status: error.status, message: error.message };
  throw error;
}
