import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkDeploymentSpec, IngressSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { type RouteKind, routeOf } from "../build/ingress.ts";
import type { Action, Decision } from "../job/model/decision.ts";
import type { FoundRoute, RouteFacts } from "../job/model/facts.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSpec,
  aStatus,
  noCluster,
  someFacts,
  withJobSpec,
} from "../job/situation.fixture.ts";
import { decideFlinkDeployment } from "./decide.ts";
import { routeFailure } from "./ingress.ts";

const ingress: IngressSpec = {
  template: "{{name}}.example.com",
  annotations: { a: "1" },
  labels: { l: "1" },
};
const parentRefs = [{ name: "edge" }];
const { metadata } = aResource(aSpec, undefined);

/** As the API server stores the route made from `of`, with a default of its own. */
const routeFor = (of: IngressSpec, more: Partial<FoundRoute> = {}): FoundRoute => {
  const { object } = routeOf(metadata, of, 8081);
  return {
    uid: "route-1",
    deleting: false,
    controller: { kind: "FlinkDeployment", name: "job", uid: "uid-1" },
    labels: object.metadata.labels ?? {},
    annotations: { ...object.metadata.annotations, "of/another": "x" },
    spec: { ...(object.spec as object), defaulted: true },
    ...more,
  };
};

const reconcile = (
  desired: IngressSpec | undefined,
  routes: Partial<Record<RouteKind, RouteFacts>>,
  { spec = aSpec, settings = {}, facts = {}, error = undefined as string | undefined, deleting = false } = {},
): Decision => {
  const deployed: FlinkDeploymentSpec = desired === undefined ? spec : { ...spec, ingress: desired };
  const resource = aResource(
    deployed,
    aStatus(deployed, error === undefined ? {} : { error }),
    deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {},
  );
  return decideFlinkDeployment(
    anInput(
      resource,
      { ...facts, routes: { Ingress: {}, HTTPRoute: {}, ...routes } },
      { configure: aConfiguration(settings) },
    ),
  );
};
const actsOf = ({ independent }: Decision) =>
  independent.actions.map((action) => `${action.kind} ${(action as Action & { route: RouteKind }).route}`);

describe("the Ingress", () => {
  test.each<[string, FoundRoute | undefined]>([
    ["is missing", undefined],
    ["has another host", routeFor({ ...ingress, template: "other.example.com" })],
    ["was created from another spec", routeFor({ ...ingress, annotations: { a: "1", gone: "2" } })],
    ["lost a label", routeFor(ingress, { labels: { component: "ingress" } })],
    ["lost its owner", routeFor(ingress, { controller: undefined })],
    [
      "has a rule too many",
      routeFor(ingress, { spec: { rules: [...(routeFor(ingress).spec as { rules: object[] }).rules, {}] } }),
    ],
    ["was emptied", routeFor(ingress, { spec: undefined })],
    ["lost our annotation, as after the Java operator", routeFor(ingress, { annotations: { a: "1" } })],
  ])("is applied if it %s", (_, found) => {
    const decision = reconcile(ingress, { Ingress: { found } });
    expect(actsOf(decision)).toEqual(["apply-route Ingress"]);
    expect(decision.actions).toEqual([]);
  });

  test("is left alone if it is as desired, whatever others added", () => {
    const decision = reconcile(ingress, { Ingress: { found: routeFor(ingress) } });
    expect([decision.actions, decision.independent.actions, decision.events]).toEqual([[], [], []]);
  });

  test("that was changed by hand is applied again, which is reported", () => {
    const found = routeFor(ingress, { spec: {} });
    expect(reconcile(ingress, { Ingress: { found } }).independent.events).toMatchObject([
      { type: "Normal", reason: "IngressManagement", message: expect.stringContaining("changed by hand") },
    ]);
  });

  test("that an admission webhook changes at each apply is applied once", () => {
    const found = routeFor(ingress, { labels: {} });
    const { object } = routeOf(metadata, ingress, 8081);
    const hash = object.metadata.annotations?.["flinkdeployment.flink.apache.org/ingress-hash"];
    const answered = { hash, found };
    expect(actsOf(reconcile(ingress, { Ingress: { found, answered } }))).toEqual([]);
    const changed = { ...found, spec: {} };
    expect(actsOf(reconcile(ingress, { Ingress: { found: changed, answered } }))).toEqual([
      "apply-route Ingress",
    ]);
    expect(actsOf(reconcile({ template: "new" }, { Ingress: { found, answered } }))).toEqual([
      "apply-route Ingress",
    ]);
  });

  test("is deleted with spec.ingress, if it is the resource's own", () => {
    expect(reconcile(undefined, { Ingress: { found: routeFor(ingress) } }).independent.actions).toEqual([
      { kind: "delete-route", route: "Ingress", name: "job", uid: "route-1" },
    ]);
    const alien = routeFor(ingress, { controller: undefined });
    expect(actsOf(reconcile(undefined, { Ingress: { found: alien } }))).toEqual([]);
  });

  test("of an earlier resource of the name, and one that is being deleted, are waited for", () => {
    const controller = { kind: "FlinkDeployment", name: "job", uid: "uid-0" };
    expect(
      actsOf(reconcile(ingress, { Ingress: { found: routeFor(ingress, { controller, labels: {} }) } })),
    ).toEqual([]);
    const found = routeFor(ingress, { deleting: true });
    expect(actsOf(reconcile(ingress, { Ingress: { found } }))).toEqual([]);
    expect(actsOf(reconcile(undefined, { Ingress: { found } }))).toEqual([]);
  });

  test("is kept in any job state, but not once the resource is being deleted", () => {
    const suspended = withJobSpec({ state: "suspended" });
    expect(actsOf(reconcile(ingress, {}, { spec: suspended, facts: noCluster }))).toEqual([
      "apply-route Ingress",
    ]);
    expect(actsOf(reconcile(ingress, {}, { facts: noCluster }))).toEqual(["apply-route Ingress"]);
    expect(actsOf(reconcile(ingress, {}, { deleting: true }))).toEqual([]);
  });

  test("is left alone if the operator does not manage Ingresses", () => {
    const found = routeFor(ingress);
    expect(actsOf(reconcile(ingress, {}, { settings: { managesIngress: false } }))).toEqual([]);
    expect(
      actsOf(reconcile(undefined, { Ingress: { found } }, { settings: { managesIngress: false } })),
    ).toEqual([]);
    const { routes: _, ...facts } = someFacts();
    const resource = aResource({ ...aSpec, ingress }, aStatus({ ...aSpec, ingress }));
    expect(decideFlinkDeployment({ ...anInput(resource), facts }).independent.actions).toEqual([]);
  });
});

describe("the HTTPRoute", () => {
  test("replaces the Ingress: it is created before the Ingress is deleted", () => {
    const decision = reconcile({ ...ingress, parentRefs }, { Ingress: { found: routeFor(ingress) } });
    expect(actsOf(decision)).toEqual(["apply-route HTTPRoute", "delete-route Ingress"]);
    const found = routeFor({ ...ingress, parentRefs });
    expect(actsOf(reconcile(ingress, { HTTPRoute: { found } }))).toEqual([
      "apply-route Ingress",
      "delete-route HTTPRoute",
    ]);
  });

  test("of a cluster without the Gateway API is an error that names the field, and stops nothing else", () => {
    const desired = { ...ingress, parentRefs };
    const routes = { Ingress: { found: routeFor(ingress) }, HTTPRoute: { unknown: "not served" } } as const;
    const decision = reconcile(desired, routes);
    expect(actsOf(decision)).toEqual([]);
    expect(decision.events).toMatchObject([{ type: "Warning", reason: "IngressManagement" }]);
    const { error = "" } = decision.status;
    expect(error).toContain("spec.ingress.parentRefs: this cluster has no HTTPRoute");
    expect(reconcile(desired, routes, { error }).events).toEqual([]);
    expect(reconcile(desired, {}, { error }).status.error).toBeUndefined();
    expect(reconcile(undefined, routes, { error }).status.error).toBeUndefined();
  });

  test("that the operator has no permission for is an error if it is requested", () => {
    const denied = { HTTPRoute: { unknown: "denied" } } as const;
    expect(reconcile({ ...ingress, parentRefs }, denied).status.error).toContain(
      "spec.ingress: the operator may not list and watch httproutes of gateway.networking.k8s.io in namespace ns",
    );
    expect(
      reconcile(ingress, { ...denied, Ingress: { found: routeFor(ingress) } }).status.error,
    ).toBeUndefined();
  });
});

describe("an action that fails", () => {
  const action: Action = { kind: "apply-route", route: "Ingress", object: { metadata: { name: "job" } } };
  const failure = { action, status: 422, reason: "Invalid", message: "no such class" };

  test("of a spec.ingress that was reverted clears its error", () => {
    const bad = { ...aSpec, ingress: { template: "-" } };
    const error = routeFailure(aStatus(bad), failure).status.error ?? "";
    const reverted = decideFlinkDeployment(
      anInput(aResource({ ...aSpec, ingress }, aStatus(bad, { error }))),
    );
    expect([actsOf(reverted), reverted.status.error]).toEqual([["apply-route Ingress"], undefined]);
  });

  test("to begin an upgrade keeps the route of the deployed spec", () => {
    const next = withJobSpec({ upgradeMode: "stateless" }, { image: "other", ingress: { template: "new" } });
    const deployed = { ...aSpec, ingress };
    const decision = decideFlinkDeployment(anInput(aResource(next, aStatus(deployed))));
    expect(decision.actions.map(({ kind }) => kind)).toEqual(["dry-run"]);
    const hostOf = ({ actions }: Decision["independent"]) =>
      JSON.stringify((actions[0] as Action & { object: KubeObject }).object.spec);
    expect(hostOf(decision.independent)).toContain("new");
    expect(hostOf(decision.observed.independent)).toContain("job.example.com");
  });

  test("is reported if there is no other error", () => {
    expect(routeFailure(aStatus(aSpec), failure)).toMatchObject({
      status: {
        error: expect.stringContaining("spec.ingress: the Ingress cannot be applied: no such class"),
      },
      events: [{ type: "Warning", reason: "IngressManagement" }],
    });
    const broken = aStatus(aSpec, { error: '{"message":"worse"}' });
    expect(routeFailure(broken, failure)).toEqual({ status: broken, events: [] });
  });
});
