import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob } from "../../../api/v1beta1/flinksessionjob.ts";
import { BLUE_GREEN_LABEL, warmClusterId } from "../../../api/v1beta1/names.ts";
import type { Plural } from "../../contract.ts";
import type { Caller } from "../callers.ts";
import { fleetTypes, isPlural } from "../fleet/row.ts";
import { HttpError } from "../httpError.ts";

/** The resource that a route is about, read with the caller's credential. */
export interface Subject {
  readonly caller: Caller;
  readonly plural: Plural;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
  /** Of a write: the name that the API server knows the caller by; absent: it could not be had. */
  readonly user?: string;
}

/** DNS-1123, as Kubernetes has names and namespaces. */
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws an HttpError if a name cannot be one of Kubernetes. */
export function checkName(text: string | undefined, field: string): string {
  if (text === undefined || !objectName.test(text))
    throw new HttpError(400, `${field} is not a name of Kubernetes.`, field);
  return text;
}

export function checkPlural(text: string | undefined): Plural {
  if (text === undefined || !isPlural(text))
    throw new HttpError(404, `There is no kind of that name: use ${Object.keys(fleetTypes).join(", ")}.`);
  return text;
}

/** Rejects with a KubeError where the caller may not get it, or it is not there. */
export async function readSubject(
  caller: Caller,
  params: Readonly<Record<string, string>>,
): Promise<Subject> {
  const plural = checkPlural(params.plural);
  const namespace = checkName(params.namespace, "namespace");
  const name = checkName(params.name, "name");
  const type = fleetTypes[plural];
  const object = await caller.kube.get(type, namespace, name);
  return { caller, plural, namespace, name, object: { ...object, kind: type.kind } };
}

/** The FlinkDeployment in whose cluster the job of a resource runs. Its REST Service has its name. Undefined: it has none at the moment. */
export function clusterIdOf({ plural, object }: Pick<Subject, "plural" | "object">): string | undefined {
  switch (plural) {
    case "flinkdeployments":
      return object.metadata.name;
    case "flinksessionjobs":
      return asFlinkSessionJob(object).spec.deploymentName;
    case "flinkbluegreendeployments":
      return activeSideOf(object)?.name;
  }
}

/** The label of the objects of a FlinkDeployment's clusters: while it is upgraded warm there are two (docs/adr/0034). */
export function appLabelsOf({ metadata, status }: KubeObject): readonly string[] {
  const { clusterId = metadata.name, warmUpgrade } = asFlinkDeployment({ metadata, status }).status ?? {};
  const beside =
    warmUpgrade?.clusterId === clusterId && warmUpgrade.savepoint !== undefined
      ? clusterId === metadata.name
        ? warmClusterId(metadata.name)
        : metadata.name
      : warmUpgrade?.clusterId;
  return [...new Set([clusterId, ...(beside === undefined ? [] : [beside])])];
}

/** Names of the two FlinkDeployments of a FlinkBlueGreenDeployment, and the one that serves. */
export function activeSideOf(
  object: KubeObject,
): { readonly side: "blue" | "green"; readonly name: string } | undefined {
  const state = asFlinkBlueGreenDeployment(object).status?.blueGreenState;
  // While a side is prepared, the other one serves.
  const side =
    state === "ACTIVE_BLUE" || state === "SAVEPOINTING_BLUE" || state === "TRANSITIONING_TO_GREEN"
      ? "blue"
      : state === "ACTIVE_GREEN" || state === "SAVEPOINTING_GREEN" || state === "TRANSITIONING_TO_BLUE"
        ? "green"
        : undefined;
  return side && { side, name: `${object.metadata.name}-${side}` };
}

/** The FlinkDeployments of a FlinkBlueGreenDeployment that are there. */
export async function sidesOf({ caller, namespace, object }: Subject): Promise<KubeObject[]> {
  const type = resourceTypes.flinkDeployment;
  const { items } = await caller.kube.list(type, { namespace, labelSelector: BLUE_GREEN_LABEL });
  return items
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))
    .map((each) => ({ ...each, kind: type.kind }));
}
