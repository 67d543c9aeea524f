import { otherColor } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { BLUE_GREEN_FINALIZER } from "../../api/v1beta1/names.ts";
import { normal } from "./events.ts";
import { childOf, colorOf, type Step } from "./situation.ts";

const hasFinalizer = (finalizers: readonly string[] | undefined): boolean =>
  finalizers?.includes(BLUE_GREEN_FINALIZER) === true;

/**
 * Without our finalizer the garbage collector deletes both FlinkDeployments, and their own finalizers take their clusters down, as
 * with the Java operator. With it, the side that is not active goes first; the active one follows, and takes its savepoint.
 */
export const deleting: Step = (situation) => {
  const { resource, status } = situation;
  const { deletionTimestamp, finalizers } = resource.metadata;
  if (deletionTimestamp === undefined) return undefined;
  if (!hasFinalizer(finalizers)) return {};
  const color = colorOf(status.blueGreenState ?? "ACTIVE_BLUE");
  const isTransition = status.blueGreenState?.startsWith("TRANSITIONING") === true;
  const both = childOf(situation, otherColor(color)) !== undefined;
  const lastColor = isTransition && both ? otherColor(color) : color;
  const child = childOf(situation, otherColor(lastColor)) ?? childOf(situation, lastColor);
  if (child === undefined) return { actions: [{ kind: "remove-finalizer" }] };
  const { name, uid = "" } = child.resource.metadata;
  const said = `Cleaning up FlinkBlueGreenDeployment: ${name} is deleted`;
  return {
    actions: child.deleting ? [] : [{ kind: "delete-child", name, uid }],
    events: child.deleting ? [] : [normal("Cleanup", said)],
    waitsFor: `the FlinkDeployment ${name} is being deleted`,
  };
};

/** The finalizer is there only where the deletion has something to wait for: the Java operator would not remove it. */
export const keepFinalizer: Step = ({ resource, facts }) => {
  const has = hasFinalizer(resource.metadata.finalizers);
  if (has === facts.keepsStateOnDeletion || facts.invalid !== undefined) return undefined;
  return { actions: [{ kind: has ? "remove-finalizer" : "add-finalizer" }], requeueAfterMs: 0 };
};
