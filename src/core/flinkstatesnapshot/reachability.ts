import {
  type FlinkBlueGreenDeployment,
  type FlinkBlueGreenDeploymentSpec,
  templateSpecOf,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { readStoredSpec } from "../flinkbluegreendeployment/storedSpec.ts";
import { type Facts as ClusterFacts, noFacts } from "../job/model/facts.ts";
import {
  isSamePath,
  type KnownSnapshot,
  knownSnapshots,
  runStartedAt,
} from "../job/restore/knownSnapshots.ts";
import { isStateless } from "../job/status/status.ts";

/** A resource with a job, as far as it shows what the job may still be restored from. */
export interface Dependent {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Pick<FlinkDeploymentSpec, "job">;
  readonly status: Pick<
    FlinkDeploymentStatus,
    "jobStatus" | "newestSnapshot" | "lifecycleState" | "reconciliationStatus"
  >;
  /** Undefined: nothing is known about its cluster. */
  readonly facts: ClusterFacts | undefined;
}

/** The paths that a resource names. Only a resource that names a path can need it. */
export function namedPaths({ spec, status }: Pick<Dependent, "spec" | "status">): string[] {
  const { upgradeSavepointPath, savepointInfo } = status.jobStatus ?? {};
  return [
    spec.job?.initialSavepointPath,
    upgradeSavepointPath,
    savepointInfo?.lastSavepoint?.location,
    status.newestSnapshot?.path,
  ].flatMap((path) => (path === undefined || path === "" ? [] : [path]));
}

/** The paths that a FlinkDeployment of a FlinkBlueGreenDeployment may yet start from. It needs each path that it names. */
export function blueGreenPaths({
  spec,
  status,
}: Pick<FlinkBlueGreenDeployment, "spec" | "status">): string[] {
  return [
    templateSpecOf(spec).job?.initialSavepointPath,
    templateSpecOf(underWay(status?.lastReconciledSpec)).job?.initialSavepointPath,
    status?.savepointPath,
    status?.rollback?.savepointPath,
  ].flatMap((path) => (path === undefined || path === "" ? [] : [path]));
}

/** Of a spec that cannot be read nothing is started. */
function underWay(lastReconciledSpec: string | undefined): FlinkBlueGreenDeploymentSpec {
  try {
    return readStoredSpec(lastReconciledSpec) ?? {};
  } catch {
    return {};
  }
}

/** Why a FlinkBlueGreenDeployment needs this path, as a clause; undefined: it does not. */
export function blueGreenNeedOf(path: string, resource: FlinkBlueGreenDeployment): string | undefined {
  const { namespace, name } = resource.metadata;
  return blueGreenPaths(resource).some((named) => isSamePath(named, path))
    ? `FlinkBlueGreenDeployment ${namespace}/${name} names it`
    : undefined;
}

/** Why the resource's job may still be restored from this path, as a clause; undefined: it will not be. */
export function needOf(path: string, dependent: Dependent): string | undefined {
  const { spec, status, facts } = dependent;
  const who = `${dependent.kind} ${dependent.namespace}/${dependent.name}`;
  if (isSamePath(spec.job?.initialSavepointPath, path)) return `initialSavepointPath of ${who} names it`;
  if (spec.job === undefined || isStateless(spec as FlinkDeploymentSpec)) return undefined;
  const { state } = status.jobStatus ?? {};
  const isSettled = state === "RUNNING" && status.lifecycleState === "STABLE";
  if (!isSettled && namedPaths({ spec: {}, status }).some((named) => isSamePath(named, path)))
    return `${who}, which is ${status.lifecycleState ?? "CREATED"}, may start from it`;
  const known = knownSnapshots(status, facts ?? noFacts).filter(({ unusable }) => unusable === undefined);
  if (isSamePath(known[0]?.path, path)) return `it is the newest snapshot known of ${who}`;
  return isSamePath(newestBeforeRestart(known, dependent), path)
    ? `${who} was started again by its JobManager, and has completed no snapshot since`
    : undefined;
}

/**
 * A JobManager that restarts its job itself restores from its newest checkpoint, if from anything. A savepoint of the
 * previous run may be newer, and was not considered as it is at a launch. Undefined once the run has a snapshot of
 * its own.
 */
function newestBeforeRestart(
  known: readonly KnownSnapshot[],
  { status, facts }: Dependent,
): string | undefined {
  const startedAt = runStartedAt(status.jobStatus);
  const launchedAt = status.reconciliationStatus?.reconciliationTimestamp;
  if (startedAt === undefined || launchedAt === undefined) return undefined;
  if (known.some(({ takenAt }) => takenAt !== undefined && takenAt >= startedAt)) return undefined;
  const between = (facts?.snapshots ?? []).filter(
    ({ state, takenAt = 0 }) => state === "COMPLETED" && takenAt >= launchedAt && takenAt < startedAt,
  );
  return between.sort((one, other) => (other.takenAt ?? 0) - (one.takenAt ?? 0))[0]?.path;
}
