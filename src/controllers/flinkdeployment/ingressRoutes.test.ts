import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { routeOf } from "../../core/build/ingress.ts";
import { createStore } from "../../runtime/store.ts";
import { createRoutes, type ProjectedRoute, projectRoute } from "./ingressRoutes.ts";

const { object } = routeOf({ name: "job", namespace: "ns", uid: "uid-1" }, { template: "a.b" }, 8081);
const answer = (more: Partial<KubeObject> = {}): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, uid: "route-1", resourceVersion: "7" },
  ...more,
});

const world = () => {
  const stores = {
    Ingress: createStore<ProjectedRoute>({ project: projectRoute }),
    HTTPRoute: createStore<ProjectedRoute>({ project: projectRoute }),
  };
  for (const store of Object.values(stores)) store.feed().relist().commit("1");
  return createRoutes(stores, {
    hasRead: () => true,
    unavailableReason: ({ kind }) => (kind === "HTTPRoute" ? "not served" : undefined),
  });
};

describe("the routes of a resource", () => {
  test("show what was applied before the watch delivers it, and why there are none", () => {
    const routes = world();
    expect(routes.of("ns", "job")?.Ingress.found).toBeUndefined();
    routes.applied("Ingress", object, answer());
    const { Ingress, HTTPRoute } = routes.of("ns", "job") ?? {};
    expect(Ingress).toMatchObject({
      unknown: undefined,
      answered: undefined,
      found: { uid: "route-1", deleting: false, controller: { uid: "uid-1" }, spec: object.spec },
    });
    expect(HTTPRoute).toMatchObject({ unknown: "not served", found: undefined });
  });

  test("keep a response that differs from the applied object, until the next one", () => {
    const routes = world();
    routes.applied("Ingress", object, answer({ spec: {} }));
    const { found, answered } = routes.of("ns", "job")?.Ingress ?? {};
    expect(answered?.found).toEqual(found);
    routes.remove("ns", "job");
    expect(routes.of("ns", "job")?.Ingress.answered).toBeUndefined();
  });

  test("show our own deletion at once", () => {
    const routes = world();
    routes.applied("Ingress", object, answer());
    routes.deleted("Ingress", "ns", "job", "route-1");
    expect(routes.of("ns", "job")?.Ingress.found?.deleting).toBe(true);
  });

  test("keep no fields that others update all the time", () => {
    const { facts, ...rest } = projectRoute(answer({ status: { loadBalancer: { ingress: [{ ip: "1" }] } } }));
    expect(rest).toEqual({
      metadata: { name: "job", namespace: "ns", uid: "route-1", resourceVersion: "7" },
    });
    expect(facts).toEqual(projectRoute(answer()).facts);
  });
});
