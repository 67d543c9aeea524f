import type { KubeObject, ResourceType } from "../../api/kubernetes.ts";
import { type RouteKind, routeHashOf, routeKinds, routeTypes } from "../../core/build/ingress.ts";
import { matchesDesired } from "../../core/flinkdeployment/ingress.ts";
import type { FoundRoute, RouteFacts } from "../../core/job/model/facts.ts";
import { withoutBookkeeping } from "../../runtime/projection.ts";
import type { Store } from "../../runtime/store.ts";
import { clusterKey } from "./gather.ts";
import type { Projected } from "./project.ts";

export type ProjectedRoute = Projected<FoundRoute>;

/** The Ingresses and HTTPRoutes of the FlinkDeployments, which have their names. */
export interface Routes {
  /** Undefined while nobody looks after them there, or not all that there are have been read. */
  of(namespace: string, name: string): Readonly<Record<RouteKind, RouteFacts>> | undefined;
  /** The API server's answer to an apply. */
  applied(kind: RouteKind, object: KubeObject, answer: KubeObject): void;
  deleted(kind: RouteKind, namespace: string, name: string, uid: string): void;
  forget(namespace: string, name: string): void;
}

/** Without the status, which load balancers and gateways write all the time. */
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

/** A deletion of our own shows in the metadata before the watch tells of it. */
function foundIn(store: RouteStore, namespace: string, name: string): FoundRoute | undefined {
  const route = store.get(namespace, name);
  return route && { ...route.facts, deleting: route.metadata.deletionTimestamp !== undefined };
}

type RouteStore = Pick<Store<ProjectedRoute>, "get" | "observeWrite" | "observeDelete">;

/** What is known of their types in a namespace. */
export interface RouteWatches {
  /** Whether the stores have all that there are. */
  hasRead(type: ResourceType, namespace: string): boolean;
  /** Why there are none. */
  absence(type: ResourceType, namespace: string): RouteFacts["unknown"];
}

export function createRoutes(stores: Readonly<Record<RouteKind, RouteStore>>, watches: RouteWatches): Routes {
  const answers = new Map<string, RouteFacts["answered"]>();
  const answerKey = (kind: RouteKind, namespace: string, name: string) =>
    `${kind}/${clusterKey(namespace, name)}`;
  const factsOf = (kind: RouteKind, namespace: string, name: string): RouteFacts => ({
    unknown: watches.absence(routeTypes[kind], namespace),
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
    forget(namespace, name) {
      for (const kind of routeKinds) answers.delete(answerKey(kind, namespace, name));
    },
  };
}
