import { isDeepStrictEqual } from "node:util";
import { apiVersionOf, type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { Color, FlinkBlueGreenDeployment } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { templateSpecOf } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeployment, FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { API_VERSION, BLUE_GREEN_LABEL, blueGreenChildName } from "../../api/v1beta1/names.ts";
import { isSame } from "../spec/canonical.ts";
import { canonical } from "../spec/canonicalSpec.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import type { ChildFacts } from "./facts.ts";

type Parent = Pick<FlinkBlueGreenDeployment, "metadata" | "spec">;

/**
 * One of the two FlinkDeployments, with the names, label and owner of the Java operator's (BLUEGREEN, "Children"). Labels and
 * annotations of the template reach it, which the Java operator ignores. `savepointPath`: what its job starts from, instead of
 * the template's own path.
 */
export function buildChild(parent: Parent, color: Color, savepointPath: string | undefined): KubeObject {
  const { name, namespace, uid = "" } = parent.metadata;
  const { kind } = resourceTypes.flinkBlueGreenDeployment;
  const { labels, annotations } = childMetadata(parent, color);
  return {
    apiVersion: apiVersionOf(resourceTypes.flinkDeployment),
    kind: resourceTypes.flinkDeployment.kind,
    metadata: {
      name: blueGreenChildName(name, color),
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [
        { apiVersion: API_VERSION, kind, name, uid, controller: false, blockOwnerDeletion: true },
      ],
    },
    spec: childSpec(parent, color, savepointPath),
  };
}

export function childMetadata({ spec }: Parent, color: Color) {
  const { labels, annotations } = spec.template?.metadata ?? {};
  return { labels: { ...labels, [BLUE_GREEN_LABEL]: color }, annotations: { ...annotations } };
}

export function childSpec(
  { spec }: Pick<Parent, "spec">,
  color: Color,
  savepointPath: string | undefined,
): FlinkDeploymentSpec {
  const { job, ingress, ...rest } = templateSpecOf(spec);
  return {
    ...rest,
    job: { ...job, ...(savepointPath === undefined ? {} : { initialSavepointPath: savepointPath }) },
    ...(ingress == null
      ? {}
      : { ingress: { ...ingress, template: `${prefixOf(color)}${ingress.template ?? ""}` } }),
  };
}

const prefixOf = (color: Color): string => `${color.toLowerCase()}-`;

/** What a child runs, as the template that it was made from: without what `childSpec` added. */
export function templateOfChild({ spec }: FlinkDeployment, color: Color): FlinkDeploymentSpec {
  const { job, ingress, ...rest } = spec;
  const { initialSavepointPath: _, ...ownJob } = job ?? {};
  const prefix = prefixOf(color);
  const template = ingress?.template ?? "";
  return {
    ...rest,
    ...(job === undefined ? {} : { job: ownJob }),
    ...(ingress == null
      ? {}
      : {
          ingress: {
            ...ingress,
            template: template.startsWith(prefix) ? template.slice(prefix.length) : template,
          },
        }),
  };
}

/** Flink reports "file:/path", which the Java operator passes on without the scheme. */
export const withoutFileScheme = (location: string): string => location.replace(/^file:/, "");

export const isSameSpec = (one: FlinkDeploymentSpec, other: FlinkDeploymentSpec): boolean =>
  isDeepStrictEqual(one, other) ||
  isSame(canonical(one, flinkDeploymentSpec), canonical(other, flinkDeploymentSpec));

export const jobStateOf = (spec: FlinkDeploymentSpec): string => spec.job?.state ?? "running";
export const isStateless = (spec: FlinkDeploymentSpec): boolean =>
  (spec.job?.upgradeMode ?? "stateless") === "stateless";

/** Whether the child's own reconcile has seen its present spec. The Java operator does not ask, and takes an old status for the new one. */
function hasSeenItsSpec({ resource: { metadata, status } }: ChildFacts): boolean {
  const { observedGeneration } = status ?? {};
  return observedGeneration === undefined || observedGeneration >= (metadata.generation ?? 0);
}

/** Its job runs, and its spec has proved to work (BLUEGREEN, "Transition"). */
export const isReady = (child: ChildFacts): boolean =>
  !child.deleting &&
  hasSeenItsSpec(child) &&
  child.resource.status?.lifecycleState === "STABLE" &&
  child.resource.status.jobStatus?.state === "RUNNING";

/** A FlinkDeployment that is suspended before its first launch is never launched, and stays CREATED. */
export const isSuspended = (child: ChildFacts): boolean => {
  const { spec, status } = child.resource;
  const isNeverLaunched = status?.lifecycleState === "CREATED" && jobStateOf(spec) === "suspended";
  return hasSeenItsSpec(child) && (isNeverLaunched || status?.lifecycleState === "SUSPENDED");
};

/** Whether its job was launched once. Until then its initialSavepointPath is all that is known of its state. */
export function isLaunched({ resource }: ChildFacts): boolean {
  const { lastReconciledSpec, state } = resource.status?.reconciliationStatus ?? {};
  try {
    const recorded = readLastReconciledSpec(lastReconciledSpec);
    return recorded !== undefined && !(state === "UPGRADING" && recorded.metadata?.firstDeployment === true);
  } catch {
    // Something was recorded.
    return true;
  }
}

/** It runs, or is to run: neither on its way out, nor suspended as a transition that was given up leaves it. */
export const mayRun = (spec: FlinkDeploymentSpec, deleting: boolean): boolean =>
  !deleting && jobStateOf(spec) !== "suspended";
