import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { BLUE_GREEN_FINALIZER } from "../../api/v1beta1/names.ts";
import { routeTypes } from "../../core/build/ingress.ts";
import type { ActFailure } from "../../core/flinkbluegreendeployment/decide.ts";
import type { Action } from "../../core/flinkbluegreendeployment/decision.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isAlreadyExists, isKubeError, isTransient } from "../../kube/errors.ts";
import { type ActResult, actInOrder } from "../actInOrder.ts";
import type { Routes } from "../flinkdeployment/ingressRoutes.ts";
import { removeFinalizer } from "../removeFinalizer.ts";

/** The clients and callbacks that the actions of one reconcile use. */
export interface Clients {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly routes: Pick<Routes, "applied" | "deleted">;
  /** Called with the response to each write of a FlinkDeployment. */
  observeChild(child: KubeObject): void;
  observeChildDelete(namespace: string, name: string, uid: string): void;
  /** Called before a trigger is sent: from then on the JobManager may know its id. */
  beforeTrigger(triggerId: string): void;
  onFlinkRequest(cluster: string): void;
}

const { flinkDeployment, flinkBlueGreenDeployment } = resourceTypes;

/** Performs the actions in order and stops at the first that fails. */
export const act = (
  actions: readonly Action[],
  resource: KubeObject,
  clients: Clients,
): Promise<ActResult<ActFailure>> =>
  actInOrder(actions, resource, (action, current) => perform(action, current, clients), describeFailure);

/** Resolves to the resource if the action changed it. */
async function perform(
  action: Action,
  resource: KubeObject,
  clients: Clients,
): Promise<KubeObject | undefined> {
  const { kube, flink, routes } = clients;
  const { namespace = "", name, resourceVersion, finalizers = [] } = resource.metadata;
  switch (action.kind) {
    case "add-finalizer":
      return kube.mergePatch(flinkBlueGreenDeployment, namespace, name, {
        metadata: { finalizers: [...finalizers, BLUE_GREEN_FINALIZER], resourceVersion },
      });
    case "remove-finalizer":
      return removeFinalizer(kube, flinkBlueGreenDeployment, resource, BLUE_GREEN_FINALIZER);
    case "create-child":
      return createChild(action.child, clients);
    case "patch-child":
      clients.observeChild(
        await kube.jsonPatch(flinkDeployment, namespace, action.name, [
          { op: "test", path: "/metadata/uid", value: action.uid },
          { op: "replace", path: "/spec", value: action.spec },
        ]),
      );
      return undefined;
    case "label-child": {
      const { labels, annotations, uid } = action;
      clients.observeChild(
        await kube.mergePatch(flinkDeployment, namespace, action.name, {
          metadata: { uid, labels, annotations },
        }),
      );
      return undefined;
    }
    case "delete-child":
      await kube.delete(flinkDeployment, namespace, action.name, { uid: action.uid });
      clients.observeChildDelete(namespace, action.name, action.uid);
      return undefined;
    case "apply-route":
      routes.applied(action.route, action.object, await kube.apply(routeTypes[action.route], action.object));
      return undefined;
    case "delete-route":
      await kube.delete(routeTypes[action.route], namespace, action.name, { uid: action.uid });
      routes.deleted(action.route, namespace, action.name, action.uid);
      return undefined;
    case "trigger-savepoint": {
      const { kind: _, at, jobId, ...request } = action;
      clients.beforeTrigger(action.triggerId);
      await flink.triggerSavepoint(at.endpoint, jobId, request);
      clients.onFlinkRequest(at.cluster);
      return undefined;
    }
  }
}

/** What exists already, or was created although there was no answer, is a fact of the next reconcile. */
async function createChild(child: KubeObject, { kube, observeChild }: Clients): Promise<undefined> {
  try {
    observeChild(await kube.create(flinkDeployment, child));
  } catch (error) {
    if (isAlreadyExists(error) || isTransient(error)) {
      const { namespace = "", name } = child.metadata;
      const found = await kube.get(flinkDeployment, namespace, name).catch(() => undefined);
      if (found !== undefined) observeChild(found);
    }
    throw error;
  }
}

function describeFailure(action: Action, error: unknown): ActFailure {
  if (isKubeError(error) || error instanceof FlinkRestError)
    return { action, status: error.status, message: error.message };
  throw error;
}
