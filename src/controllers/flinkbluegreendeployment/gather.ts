import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  type Color,
  colors,
  type FlinkBlueGreenDeployment,
  type FlinkBlueGreenDeploymentStatus,
  otherColor,
  templateSpecOf,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { blueGreenChildName } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { isStateless, mayRun } from "../../core/flinkbluegreendeployment/child.ts";
import type { ChildFacts, Facts } from "../../core/flinkbluegreendeployment/facts.ts";
import type { SourceMetrics } from "../../core/flinkbluegreendeployment/sourceMetrics.ts";
import { settingsOf } from "../../core/flinkdeployment/specConfiguration.ts";
import { knownStatus } from "../../core/job/status/status.ts";
import { readableSpec } from "../../core/spec/lastReconciledSpec.ts";
import type { Poller } from "../../flink/poller.ts";
import type { StoreReader } from "../../runtime/store.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";
import type { Routes } from "../flinkdeployment/ingressRoutes.ts";
import { jobKey } from "../flinkstatesnapshot/gather.ts";
import type { JobResolver } from "../flinkstatesnapshot/referredJob.ts";

/** Indexes FlinkDeployments by the FlinkBlueGreenDeployment that owns them. */
export type ParentIndex = "parent";

const { flinkBlueGreenDeployment } = resourceTypes;

const ownerOf = ({ metadata }: KubeObject) =>
  metadata.ownerReferences?.find(({ kind }) => kind === flinkBlueGreenDeployment.kind);

/** "namespace/name" of the FlinkBlueGreenDeployment that owns a FlinkDeployment. */
export function parentKeyOf(child: KubeObject): string | undefined {
  const owner = ownerOf(child);
  return owner && clusterKey(child.metadata.namespace ?? "", owner.name);
}

export const childrenByParent = {
  parent: (child: KubeObject): string[] => {
    const key = parentKeyOf(child);
    return key === undefined ? [] : [key];
  },
};

/** The name under which the poller follows the savepoint of a transition. */
export const followerOf = (namespace: string, name: string): string =>
  jobKey(flinkBlueGreenDeployment.kind, namespace, name);

export interface BlueGreenSources {
  /** The FlinkDeployments. */
  readonly resources: StoreReader<KubeObject, ParentIndex>;
  readonly resolver: JobResolver;
  readonly poller: Pick<Poller, "facts" | "followed">;
  readonly routes: Pick<Routes, "of">;
  operatorConfig(): FlinkConfig;
  /** What the sources of a cluster have measured. Absent: nothing is measured. */
  readonly sourcesOf?: (cluster: string) => SourceMetrics | undefined;
}

/** Collects everything known about one resource from the stores and the poller, synchronously. */
export function gatherBlueGreen(
  resource: FlinkBlueGreenDeployment,
  sources: BlueGreenSources,
  of: Pick<Facts, "unsent" | "invalid" | "keepsStateOnDeletion">,
): Facts {
  const { namespace = "", name, uid } = resource.metadata;
  const children = sources.resources
    .by("parent", clusterKey(namespace, name))
    .filter((child) => ownerOf(child)?.uid === uid);
  const child = (color: Color): ChildFacts | undefined => {
    // By name: somebody may have taken its label away.
    const found = children.find(({ metadata }) => metadata.name === blueGreenChildName(name, color));
    return found && childFacts(found, sources);
  };
  const stranger = (color: Color): string | undefined => {
    const found = sources.resources.get(namespace, blueGreenChildName(name, color));
    return found === undefined || children.includes(found) ? undefined : ownerInWords(found);
  };
  return {
    children: withoutAbsent(child),
    strangers: withoutAbsent(stranger),
    operation: sources.poller.followed(followerOf(namespace, name)),
    routes: sources.routes.of(namespace, name),
    ...of,
  };
}

const withoutAbsent = <Value>(of: (color: Color) => Value | undefined): Partial<Record<Color, Value>> =>
  Object.fromEntries(
    colors.flatMap((color) => {
      const value = of(color);
      return value === undefined ? [] : [[color, value]];
    }),
  );

function childFacts(
  found: KubeObject,
  { resolver, poller, operatorConfig, sourcesOf }: BlueGreenSources,
): ChildFacts | undefined {
  const { namespace = "", name, deletionTimestamp } = found.metadata;
  const view = resolver(namespace, name);
  if (view === undefined) return undefined;
  const resource = asFlinkDeployment(found);
  const settings = settingsOf(operatorConfig(), resource, readableSpec(resource));
  const flink = poller.facts(view.job.cluster);
  const { jobId, statistics } = flink?.checkpoints ?? {};
  return {
    resource: { ...resource, status: knownStatus(resource.status) },
    deleting: deletionTimestamp !== undefined,
    job: view.job,
    completedCheckpoints: jobId === view.job.jobId ? statistics?.completedCount : undefined,
    seenAt: flink?.jobsAt,
    sources: sourcesOf?.(view.job.cluster),
    restPort: settings.restPort,
    managesIngress: settings.managesIngress,
    reactive: settings.reactive,
  };
}

function ownerInWords(object: KubeObject): string {
  const [owner] = object.metadata.ownerReferences ?? [];
  return owner === undefined ? "nobody" : `the ${owner.kind} ${owner.name} with the uid ${owner.uid}`;
}

/**
 * Whether a FlinkDeployment that somebody deletes is the active one of a resource that stays: its job's state is what the next one
 * starts from.
 */
export function isNeededByParent(
  child: KubeObject,
  parents: Pick<StoreReader<KubeObject>, "get">,
  children: Pick<StoreReader<KubeObject>, "get">,
): boolean {
  const owner = ownerOf(child);
  const parent = owner && parents.get(child.metadata.namespace ?? "", owner.name);
  if (owner === undefined || parent?.metadata.uid !== owner.uid) return false;
  const { blueGreenState: state = "" } = (parent.status ?? {}) as FlinkBlueGreenDeploymentStatus;
  const { namespace = "", name } = parent.metadata;
  const color = colors.find((each) => blueGreenChildName(name, each) === child.metadata.name);
  if (color === undefined) return false;
  const other = children.get(namespace, blueGreenChildName(name, otherColor(color)));
  const otherRuns =
    other !== undefined &&
    ownerOf(other)?.uid === parent.metadata.uid &&
    mayRun(asFlinkDeployment(other).spec, other.metadata.deletionTimestamp !== undefined);
  const isActive = [`ACTIVE_${color}`, `SAVEPOINTING_${color}`].includes(state);
  return (
    parent.metadata.deletionTimestamp === undefined &&
    (isActive || (state === `TRANSITIONING_TO_${color}` && !otherRuns)) &&
    !isStateless(templateSpecOf((parent as FlinkBlueGreenDeployment).spec ?? {}))
  );
}
