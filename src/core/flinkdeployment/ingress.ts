import { isDeepStrictEqual } from "node:util";
import { type KubeObject, type ObjectMeta, resourceTypes } from "../../api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import {
  type Route,
  type RouteKind,
  routeHashOf,
  routeKinds,
  routeOf,
  routeTypes,
} from "../build/ingress.ts";
import type { IngressDecision } from "../job/decide.ts";
import {
  type Action,
  type EventIntent,
  type IndependentActions,
  noIndependentActions,
} from "../job/model/decision.ts";
import type { FoundRoute, RouteFacts } from "../job/model/facts.ts";
import type { Outcome, Situation } from "../job/model/situation.ts";
import { type ActFailure, report } from "../job/status/failure.ts";
import { isPlainObject } from "../spec/canonical.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { errorTypes, readStatusError } from "../statusError.ts";

const { flinkDeployment } = resourceTypes;

/**
 * spec.ingress: keeps an Ingress or an HTTPRoute as in the recorded spec, in any job state. Each reconcile compares
 * it with the existing object, so a crash at any point needs no special handling.
 */

/** The actions for the route, and an error if they are impossible. */
export interface RouteKeeping {
  readonly independent: IndependentActions;
  readonly error: string | undefined;
}

const nothing: RouteKeeping = { independent: noIndependentActions, error: undefined };

/** Decides on the Ingress or HTTPRoute in one reconcile. `decided` is the status after the steps. */
export function decideIngress(situation: Situation, decided: FlinkDeploymentStatus): IngressDecision {
  const route = keepRoute(situation, decided);
  const { status, events } = withRouteError(decided, route.error);
  return {
    status,
    events: [...events, ...unmanagedRoute(situation, status)],
    actions: route.independent,
    actionsAfterFailure: recordsAnother(situation, decided)
      ? keepRoute(situation).independent
      : route.independent,
  };
}

/**
 * Uses the spec that is recorded once this reconcile succeeds (`after`); without `after`, the currently recorded one.
 */
function keepRoute(situation: Situation, after?: FlinkDeploymentStatus): RouteKeeping {
  const { resource, facts, uid } = situation;
  const isNew = after !== undefined && recordsAnother(situation, after);
  const settings = isNew ? situation.nextSettings : situation.settings;
  const ingress = isNew ? ingressIn(after) : situation.deployed?.spec.ingress;
  const { routes } = facts;
  const { metadata } = resource;
  if (routes === undefined || !settings.managesIngress || metadata.deletionTimestamp !== undefined)
    return nothing;
  return keepRouteOf(
    { metadata, uid, kind: flinkDeployment.kind },
    routes,
    ingress && routeOf(metadata, ingress, settings.restPort),
  );
}

/** Keeps the route of a resource as desired; undefined: it has none. */
export function keepRouteOf(
  {
    metadata,
    uid,
    kind: ownerKind,
  }: { readonly metadata: ObjectMeta; readonly uid: string; readonly kind: string },
  routes: Readonly<Record<RouteKind, RouteFacts>>,
  desired: Route | undefined,
): RouteKeeping {
  if (desired !== undefined && routes[desired.kind].unknown !== undefined)
    return { ...nothing, error: unknownKind(desired.kind, routes[desired.kind], metadata.namespace) };
  const applied =
    desired === undefined
      ? noIndependentActions
      : applyIfDifferent(desired, routes[desired.kind], { uid, ownerKind });
  const others = routeKinds.flatMap((kind): Action[] => {
    const { found, unknown } = routes[kind];
    if (kind === desired?.kind || found === undefined || unknown !== undefined || found.deleting) return [];
    const isOwned = found.controller?.uid === uid;
    return isOwned ? [{ kind: "delete-route", route: kind, name: metadata.name, uid: found.uid }] : [];
  });
  return { independent: { ...applied, actions: [...applied.actions, ...others] }, error: undefined };
}

function applyIfDifferent(
  { kind, object }: Route,
  { found, answered }: RouteFacts,
  { uid, ownerKind }: { readonly uid: string; readonly ownerKind: string },
): IndependentActions {
  const apply: Action = { kind: "apply-route", route: kind, object };
  if (found === undefined) return { actions: [apply], events: [] };
  if (
    found.deleting ||
    isOfDeletedResource(found, object.metadata.name, uid, ownerKind) ||
    matchesDesired(found, object)
  )
    return noIndependentActions;
  const hash = routeHashOf(object.metadata.annotations);
  // If others change every apply, for example an admission webhook, it is not applied again and again.
  if (answered?.hash === hash && isDeepStrictEqual(answered?.found, found)) return noIndependentActions;
  const changedByHand = routeHashOf(found.annotations) === hash;
  return { actions: [apply], events: changedByHand ? [putBack(kind, object)] : [] };
}

/** It belongs to a deleted resource of the same name, and is deleted with that. */
const isOfDeletedResource = ({ controller }: FoundRoute, name: string, uid: string, kind: string): boolean =>
  controller?.kind === kind && controller.name === name && controller.uid !== uid;

/** Fields added by API server defaults or by other writers are no difference: an apply would not remove them. */
export const matchesDesired = (found: FoundRoute, { metadata, spec }: KubeObject): boolean =>
  found.controller?.uid === metadata.ownerReferences?.[0]?.uid &&
  covers(found.labels, metadata.labels) &&
  covers(found.annotations, metadata.annotations) &&
  covers(found.spec, spec);

function covers(found: unknown, desired: unknown): boolean {
  if (desired === undefined || desired === null) return true;
  if (Array.isArray(desired)) {
    const items = Array.isArray(found) ? found : [];
    return items.length === desired.length && desired.every((item, index) => covers(items[index], item));
  }
  if (!isPlainObject(desired)) return found === desired;
  return Object.entries(desired).every(([name, value]) =>
    covers(isPlainObject(found) ? found[name] : undefined, value),
  );
}

const unknownKind = (kind: RouteKind, { unknown }: RouteFacts, namespace = "default"): string => {
  const { group, version, plural } = routeTypes[kind];
  if (unknown === "denied")
    return (
      `spec.ingress: the operator may not list and watch ${plural} of ${group} in namespace ${namespace}. Grant it, ` +
      `as the chart's role does, or set ${operatorOptions.ingressManage.key} to false`
    );
  return kind === "HTTPRoute"
    ? `spec.ingress.parentRefs: this cluster has no HTTPRoute (${group}/${version}). Install the definitions of the ` +
        "Gateway API, which is noticed within minutes, or take parentRefs out for an Ingress"
    : `spec.ingress: this cluster has no Ingress (${group}/${version})`;
};

/** The status with the error of the route, if there is no other error. */
function withRouteError(
  status: FlinkDeploymentStatus,
  message: string | undefined,
): Outcome & { readonly status: FlinkDeploymentStatus; readonly events: readonly EventIntent[] } {
  const isRouteError = readStatusError(status.error)?.reason === "IngressManagement";
  const known = isRouteError ? { ...status, error: undefined } : status;
  if (message === undefined || known.error !== undefined) return { status: known, events: [] };
  return report(known, errorTypes.reconciliation, "IngressManagement", message, "Operator");
}

/** The route could not be applied. The rest of the reconcile stays in effect. */
export const routeFailure = (status: FlinkDeploymentStatus, { action, message }: ActFailure) =>
  withRouteError(
    status,
    action.kind === "delete-route"
      ? `spec.ingress: the ${action.route} ${action.name} cannot be deleted: ${message}`
      : `spec.ingress: the ${action.kind === "apply-route" ? action.route : "Ingress"} cannot be applied: ${message}`,
  );

const putBack = (kind: RouteKind, { metadata }: KubeObject): EventIntent => ({
  type: "Normal",
  reason: "IngressManagement",
  component: "Operator",
  message: `The ${kind} ${metadata.name} was changed by hand, and is again as spec.ingress says`,
});

/** Whether the reconcile records another spec than the recorded one. */
const recordsAnother = ({ status }: Situation, after: FlinkDeploymentStatus): boolean =>
  after.reconciliationStatus?.lastReconciledSpec !== status.reconciliationStatus?.lastReconciledSpec;

const ingressIn = ({ reconciliationStatus }: FlinkDeploymentStatus) =>
  readLastReconciledSpec(reconciliationStatus?.lastReconciledSpec)?.spec.ingress;

/** Reported once, when a spec.ingress is recorded while the operator does not manage Ingresses. */
function unmanagedRoute(situation: Situation, after: FlinkDeploymentStatus): EventIntent[] {
  if (situation.nextSettings.managesIngress || !recordsAnother(situation, after)) return [];
  const ingress = ingressIn(after);
  return ingress === undefined || isDeepStrictEqual(situation.deployed?.spec.ingress, ingress)
    ? []
    : [unmanaged];
}

const unmanaged: EventIntent = {
  type: "Warning",
  reason: "IngressManagement",
  component: "Operator",
  message: `spec.ingress has no effect: ${operatorOptions.ingressManage.key} is false`,
};
