import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { routeOf } from "../../core/build/ingress.ts";
import { createStore } from "../../runtime/store.ts";
import { createRoutes, type ProjectedRoute, projectRoute } from "./routes.ts";

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
    absence: ({ kind }) => (kind === "HTTPRoute" ? "not served" : undefined),
  });
};

describe("the routes of a resource", () => {
  test("are what was applied, before any watch tells of it, and why there can be none", () => {
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

  test("remember an answer that is not what was asked, until the next one", () => {
    const routes = world();
    routes.applied("Ingress", object, answer({ spec: {} }));
    const { found, answered } = routes.of("ns", "job")?.Ingress ?? {};
    expect(answered?.found).toEqual(found);
    routes.forget("ns", "job");
    expect(routes.of("ns", "job")?.Ingress.answered).toBeUndefined();
  });

  test("show a deletion of our own at once", () => {
    const routes = world();
    routes.applied("Ingress", object, answer());
    routes.deleted("Ingress", "ns", "job", "route-1");
    expect(routes.of("ns", "job")?.Ingress.found?.deleting).toBe(true);
  });

  test("keep nothing of what others write all the time", () => {
    const { facts, ...rest } = projectRoute(answer({ status: { loadBalancer: { ingress: [{ ip: "1" }] } } }));
    expect(rest).toEqual({
      metadata: { name: "job", namespace: "ns", uid: "route-1", resourceVersion: "7" },
    });
    expect(facts).toEqual(projectRoute(answer()).facts);
  });
});
