import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { shown } from "../../../views/format.ts";
import { statusView } from "../../../views/statusView.ts";
import type { FleetRow, Plural } from "../../contract.ts";

/** The kinds of the fleet, by their plural. */
export const fleetTypes = {
  flinkdeployments: resourceTypes.flinkDeployment,
  flinksessionjobs: resourceTypes.flinkSessionJob,
  flinkbluegreendeployments: resourceTypes.flinkBlueGreenDeployment,
} as const satisfies Record<Plural, unknown>;

export const plurals = Object.keys(fleetTypes) as readonly Plural[];

export const isPlural = (text: string): text is Plural => Object.hasOwn(fleetTypes, text);

/** The most characters of a message in the fleet; the page has all of it. */
const maxMessage = 300;

export const rowId = (cluster: string, plural: Plural, { metadata }: KubeObject): string =>
  `${cluster}/${plural}/${metadata.namespace ?? ""}/${metadata.name}`;

/** What the fleet shows of a resource. */
export function rowOf(cluster: string, plural: Plural, object: KubeObject): FleetRow {
  const seen =
    plural === "flinkbluegreendeployments" ? asSingle(object) : { ...object, kind: fleetTypes[plural].kind };
  const view = statusView(seen, 0);
  const { status = {} } = asFlinkDeployment(seen);
  const { metadata } = object;
  const changed = lastSpecChange(object);
  const checkpoint = newestSnapshotTime(status);
  const message = view.health === "Ready" ? "" : shown(view.error ?? view.message);
  return {
    id: rowId(cluster, plural, object),
    cluster,
    plural,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    labels: metadata.labels ?? {},
    health: view.health,
    message: message.length <= maxMessage ? message : `${message.slice(0, maxMessage - 1)}…`,
    ...(asFlinkDeployment(seen).spec.job == null || view.job === "" ? {} : { jobState: view.job }),
    ...(view.lifecycle === "" ? {} : { lifecycleState: view.lifecycle }),
    ...(view.version === "" ? {} : { flinkVersion: view.version }),
    ...(view.parallelism === undefined ? {} : { parallelism: view.parallelism }),
    ...(checkpoint === undefined ? {} : { checkpointAt: new Date(checkpoint).toISOString() }),
    ...changed,
    createdAt: metadata.creationTimestamp ?? "",
  };
}

/** A FlinkBlueGreenDeployment as the one FlinkDeployment that it is to those who use it. */
function asSingle(object: KubeObject): KubeObject {
  const { spec, status } = asFlinkBlueGreenDeployment(object);
  const isActive = status?.blueGreenState?.startsWith("ACTIVE") === true;
  return {
    ...object,
    kind: fleetTypes.flinkbluegreendeployments.kind,
    spec: spec.template?.spec ?? {},
    status: {
      ...status,
      // An operator that writes no conditions says it by this word alone.
      ...(status?.blueGreenState === undefined ? {} : { lifecycleState: isActive ? "STABLE" : "UPGRADING" }),
    },
  };
}

/** The last time that a Date can have. A status may have any number, and one bad resource must not end the watch of all. */
const maxTime = 8.64e15;

/** When the newest snapshot that the status names was triggered, in milliseconds since the epoch. */
function newestSnapshotTime({
  jobStatus,
  newestSnapshot,
}: ReturnType<typeof asFlinkDeployment>["status"] & {}): number | undefined {
  const times = [
    jobStatus?.checkpointInfo?.lastCheckpoint?.timeStamp,
    jobStatus?.savepointInfo?.lastSavepoint?.timeStamp,
    newestSnapshot?.takenAt,
  ].flatMap((time) => (Number(time) > 0 && Number(time) <= maxTime ? [Number(time)] : []));
  return times.length === 0 ? undefined : Math.max(...times);
}

interface FieldsOf {
  readonly manager?: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: { readonly "f:spec"?: unknown };
}

/** By the field managers: the newest of them that owns a part of the spec. */
function lastSpecChange({ metadata }: KubeObject): Pick<FleetRow, "changedAt" | "changedBy"> {
  const [newest] = ((metadata.managedFields ?? []) as readonly FieldsOf[])
    .filter(({ subresource, fieldsV1 }) => !subresource && fieldsV1?.["f:spec"] !== undefined)
    .toSorted((a, b) => (b.time ?? "").localeCompare(a.time ?? ""));
  return {
    ...(newest?.time === undefined ? {} : { changedAt: newest.time }),
    ...(newest?.manager === undefined ? {} : { changedBy: newest.manager }),
  };
}

/** All that is kept of a resource. */
export interface StoredRow extends KubeObject {
  readonly row: FleetRow;
}

/** Keeps the row, and of the object what a store needs to know it again. */
export const projectRow =
  (cluster: string, plural: Plural) =>
  (object: KubeObject): StoredRow => {
    if (isStored(object)) return object;
    const { namespace = "", name, uid = "", resourceVersion = "", deletionTimestamp } = object.metadata;
    return {
      metadata: {
        name,
        namespace,
        uid,
        resourceVersion,
        ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      },
      row: rowOf(cluster, plural, object),
    };
  };

const isStored = (object: KubeObject): object is StoredRow => object.row !== undefined;
