import type { KubeObject, ResourceType } from "../../api/kubernetes.ts";
import { type RouteKind, routeHashOf, routeKinds, routeTypes } from "../../core/build/ingress.ts";
import { matchesDesired } from "../../core/flinkdeployment/ingress.ts";
import type { FoundRoute, RouteFacts } from "../../core/job/model/facts.ts";
import { withoutBookkeeping } from "../../runtime/projection.ts";
import type { Store } from "../../runtime/store.ts";
import { clusterKey } from "./gather.ts";
import type { Projected } from "./project.ts";

export type ProjectedRoute = Projected<FoundRoute>;

/** The Ingresses and HTTPRoutes of the FlinkDeployments, each with the name of its FlinkDeployment. */
export interface Routes {
  /** Undefined while they are not managed in this namespace, or not all of them have been read. */
  of(namespace: string, name: string): Readonly<Record<RouteKind, RouteFacts>> | undefined;
  /** Called with the API server's response to an apply. */
  applied(kind: RouteKind, object: KubeObject, answer: KubeObject): void;
  deleted(kind: RouteKind, namespace: string, name: string, uid: string): void;
  remove(namespace: string, name: string): void;
  readonly size: number;
}

/** Omits the status, which load balancers and gateways update all the time. */
export function projectRoute(object: KubeObject): ProjectedRoute {
  const { metadata, spec } = withoutBookkeeping(object);
  const { name, namespace, uid, resourceVersion, deletionTimestamp } = metadata;
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    facts: {
      uid: uid ?? "",
      deleting: deletionTimestamp !== undefined,
      controller: controller && { kind: controller.kind, name: controller.name, uid: controller.uid },
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      spec,
    },
  };
}

/** The store marks our own deletions in the metadata before the watch delivers them. */
function foundIn(store: RouteStore, namespace: string, name: string): FoundRoute | undefined {
  const route = store.get(namespace, name);
  return route && { ...route.facts, deleting: route.metadata.deletionTimestamp !== undefined };
}

type RouteStore = Pick<Store<ProjectedRoute>, "get" | "observeWrite" | "observeDelete">;

/** The state of the watches of the route types in a namespace. */
export interface RouteWatchState {
  /** Whether the stores hold all objects of the type. */
  hasRead(type: ResourceType, namespace: string): boolean;
  /** Why the type is unavailable. */
  unavailableReason(type: ResourceType, namespace: string): RouteFacts["unknown"];
}

export function createRoutes(
  stores: Readonly<Record<RouteKind, RouteStore>>,
  watches: RouteWatchState,
): Routes {
  const answers = new Map<string, RouteFacts["answered"]>();
  const answerKey = (kind: RouteKind, namespace: string, name: string) =>
    `${kind}/${clusterKey(namespace, name)}`;
  const factsOf = (kind: RouteKind, namespace: string, name: string): RouteFacts => ({
    unknown: watches.unavailableReason(routeTypes[kind], namespace),
    found: foundIn(stores[kind], namespace, name),
    answered: answers.get(answerKey(kind, namespace, name)),
  });
  return {
    of: (namespace, name) =>
      routeKinds.every((kind) => watches.hasRead(routeTypes[kind], namespace))
        ? {
            Ingress: factsOf("Ingress", namespace, name),
            HTTPRoute: factsOf("HTTPRoute", namespace, name),
          }
        : undefined,
    applied(kind, object, answer) {
      const { namespace = "", name } = object.metadata;
      stores[kind].observeWrite(answer);
      const { facts: found } = projectRoute(answer);
      const key = answerKey(kind, namespace, name);
      if (matchesDesired(found, object)) answers.delete(key);
      else answers.set(key, { hash: routeHashOf(object.metadata.annotations), found });
    },
    deleted(kind, namespace, name, uid) {
      stores[kind].observeDelete(namespace, name, uid);
      answers.delete(answerKey(kind, namespace, name));
    },
    remove(namespace, name) {
      for (const kind of routeKinds) answers.delete(answerKey(kind, namespace, name));
    },
    get size() {
      return answers.size;
    },
  };
}
