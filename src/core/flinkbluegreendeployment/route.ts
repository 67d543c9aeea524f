import { resourceTypes } from "../../api/kubernetes.ts";
import {
  type Color,
  colors,
  type FlinkBlueGreenDeploymentSpec,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { routeOf } from "../build/ingress.ts";
import { keepRouteOf } from "../flinkdeployment/ingress.ts";
import type { EventIntent } from "../job/model/decision.ts";
import type { Action } from "./decision.ts";
import type { ChildFacts } from "./facts.ts";
import { childOf, colorOf, type Situation } from "./situation.ts";

const { flinkBlueGreenDeployment } = resourceTypes;

interface KeptRoute {
  readonly actions: readonly Action[];
  readonly events: readonly EventIntent[];
  readonly error: string | undefined;
}

const none: KeptRoute = { actions: [], events: [], error: undefined };

/** Keeps the route of spec.ingress, which leads to this child. */
function keepRoute(
  { resource: { metadata }, facts }: Situation,
  child: ChildFacts,
  ingress: FlinkBlueGreenDeploymentSpec["ingress"],
): KeptRoute {
  if (facts.routes === undefined || !child.managesIngress) return none;
  const { kind } = flinkBlueGreenDeployment;
  const owner = { kind, clusterId: child.resource.metadata.name };
  const desired = ingress == null ? undefined : routeOf(metadata, ingress, child.restPort, owner);
  const parent = { metadata, uid: metadata.uid ?? "", kind };
  const { independent, error } = keepRouteOf(parent, facts.routes, desired);
  return { ...independent, actions: independent.actions as readonly Action[], error };
}

/**
 * The route leads to this child before the other one is deleted. While the spec is refused it is made from the one that was last acted
 * on.
 */
export function pointRouteAt(situation: Situation, child: ChildFacts): readonly Action[] {
  const { resource, reconciled, facts, refusal } = situation;
  if (refusal !== undefined || whyRouteStays(situation) !== undefined) return [];
  return keepRoute(situation, child, (facts.invalid === undefined ? resource.spec : reconciled)?.ingress)
    .actions;
}

/** Why the route cannot be moved now; undefined: it can, or there is none. */
export function whyRouteStays({ resource, reconciled, facts, refusal }: Situation): string | undefined {
  if (refusal !== undefined) return refusal;
  const isUnknown = facts.invalid !== undefined && reconciled?.ingress == null;
  return isUnknown && facts.routes !== undefined && resource.spec.ingress != null
    ? "spec.ingress is not known, since the spec is refused"
    : undefined;
}

/** While one side is active, the route leads to it. */
export function keepActiveRoute(situation: Situation): KeptRoute {
  const { blueGreenState: state = "" } = situation.status;
  const color: Color | undefined = colors.find((each) => state === `ACTIVE_${each}`);
  const child = color && childOf(situation, colorOf(`ACTIVE_${color}`));
  return child === undefined || child.deleting || situation.facts.invalid !== undefined
    ? none
    : keepRoute(situation, child, situation.resource.spec.ingress);
}
