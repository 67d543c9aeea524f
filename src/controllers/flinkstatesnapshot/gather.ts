import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkStateSnapshot, JobKind } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { DISPOSAL_CLUSTER_ANNOTATION, SESSION_LABEL } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { Disposer, Facts } from "../../core/flinkstatesnapshot/facts.ts";
import { blueGreenNeedOf, blueGreenPaths, namedPaths } from "../../core/flinkstatesnapshot/reachability.ts";
import { normalised } from "../../core/job/restore/knownSnapshots.ts";
import { knownStatus } from "../../core/job/status/status.ts";
import type { Poller } from "../../flink/poller.ts";
import type { StoreReader } from "../../runtime/store.ts";
import {
  clusterKey,
  type Dependents,
  type PathReference,
  referencesTo,
  snapshotsByCluster,
} from "../flinkdeployment/gather.ts";
import type { ProjectedSnapshot } from "../flinkdeployment/project.ts";
import type { JobResolver } from "./referredJob.ts";

/** "job": the job that a snapshot is of. "path": its location. */
export type SnapshotIndex = "cluster" | "job" | "path";

/** "path": the paths that a resource, of either kind, may restore from. */
export type PathIndex = "path";

export const jobKey = (kind: string, namespace: string, name: string): string =>
  `${kind}/${namespace}/${name}`;

export const snapshotIndices = {
  ...snapshotsByCluster,
  job: ({ spec, metadata }: ProjectedSnapshot): string[] => {
    const { kind = "", name = "" } = spec.jobReference ?? {};
    return [jobKey(kind, metadata.namespace ?? "", name)];
  },
  path: ({ facts: { path } }: ProjectedSnapshot): string[] => (path === "" ? [] : [normalised(path)]),
};

export const resourcesByPath = {
  path: (object: KubeObject): string[] => {
    const { spec, status } = asFlinkDeployment(object);
    return namedPaths({ spec, status: knownStatus(status) }).map(normalised);
  },
};

export const blueGreenByPath = {
  path: (object: KubeObject): string[] => blueGreenPaths(asFlinkBlueGreenDeployment(object)).map(normalised),
};

export interface SnapshotSources {
  readonly snapshots: StoreReader<ProjectedSnapshot, SnapshotIndex>;
  readonly dependents: Dependents;
  readonly poller: Pick<Poller, "followed">;
  /** Resolves the job that a snapshot refers to, for each kind. */
  readonly resolvers: Readonly<Record<JobKind, JobResolver>>;
  operatorConfig(): FlinkConfig;
}

/** The name under which the poller follows the operation of a snapshot. */
export const ownerOf = (namespace: string, name: string): string =>
  jobKey(resourceTypes.flinkStateSnapshot.kind, namespace, name);

/** Collects everything known about one snapshot from the stores and the poller, synchronously. */
export function gatherSnapshot(resource: FlinkStateSnapshot, sources: SnapshotSources): Facts {
  const { namespace = "", name } = resource.metadata;
  const { kind, name: jobName = "" } = resource.spec.jobReference ?? {};
  const view = kind === undefined ? undefined : sources.resolvers[kind](namespace, jobName);
  const siblings = sources.snapshots
    .by("job", jobKey(kind ?? "", namespace, jobName))
    .filter(({ metadata }) => metadata.uid !== resource.metadata.uid);
  const named =
    resource.metadata.annotations?.[DISPOSAL_CLUSTER_ANNOTATION] ??
    view?.disposalCluster ??
    sources.operatorConfig().get(operatorOptions.disposalCluster) ??
    // If the session job is deleted, its session cluster may still exist.
    resource.metadata.labels?.[SESSION_LABEL];
  return {
    job: kind === undefined ? undefined : (view?.job ?? "missing"),
    operation: sources.poller.followed(ownerOf(namespace, name)),
    othersOpen: siblings.some(({ facts }) => facts.state === "IN_PROGRESS"),
    isClaimed: (path) =>
      siblings.some(({ facts }) => facts.path !== "" && normalised(facts.path) === normalised(path)) ||
      referencesTo(path, sources.dependents).length > 0,
    neededBy: (path) => neededBy(path, resource, sources),
    disposer: named === undefined ? undefined : disposerOf(namespace, named, sources),
  };
}

function disposerOf(namespace: string, name: string, { resolvers }: SnapshotSources): Disposer {
  const endpoint = resolvers.FlinkDeployment(namespace, name)?.job.endpoint;
  return { name, cluster: clusterKey(namespace, name), endpoint };
}

/** Who may still restore from the path: resources that refer to it, its own job, other snapshots of the same path. */
function neededBy(
  path: string,
  { metadata, spec }: FlinkStateSnapshot,
  sources: SnapshotSources,
): string | undefined {
  const { namespace = "" } = metadata;
  const same = sources.snapshots
    .by("path", normalised(path))
    .find((other) => other.metadata.uid !== metadata.uid && other.metadata.deletionTimestamp === undefined);
  if (same !== undefined)
    return `the FlinkStateSnapshot ${same.metadata.namespace}/${same.metadata.name} is of the same path`;
  const { kind, name = "" } = spec.jobReference ?? {};
  const own = kind === undefined ? [] : [{ kind, namespace, name }];
  for (const candidate of [...own, ...referencesTo(path, sources.dependents)]) {
    const need = needOf(path, candidate, sources);
    if (need !== undefined) return need;
  }
  return undefined;
}

function needOf(
  path: string,
  { kind, namespace, name }: PathReference,
  { dependents, resolvers }: SnapshotSources,
): string | undefined {
  if (kind !== "FlinkBlueGreenDeployment") return resolvers[kind](namespace, name)?.needOf(path);
  const found = dependents[kind].get(namespace, name);
  return found && blueGreenNeedOf(path, asFlinkBlueGreenDeployment(found));
}
