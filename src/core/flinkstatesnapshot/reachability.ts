import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import type { Facts as ClusterFacts } from "../flinkdeployment/facts.ts";
import { isSamePath, knownSnapshots } from "../flinkdeployment/snapshotLedger.ts";
import { isStateless } from "../flinkdeployment/status.ts";

/** A resource with a job, as far as it says what that job may still be restored from. */
export interface Dependent {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Pick<FlinkDeploymentSpec, "job">;
  readonly status: Pick<FlinkDeploymentStatus, "jobStatus" | "newestSnapshot" | "lifecycleState">;
  /** Undefined: nothing is known of its cluster. */
  readonly facts: ClusterFacts | undefined;
}

/** The paths that a resource names: who needs one of them is among those that name it. */
export function namedPaths({ spec, status }: Pick<Dependent, "spec" | "status">): string[] {
  const { upgradeSavepointPath, savepointInfo } = status.jobStatus ?? {};
  return [
    spec.job?.initialSavepointPath,
    upgradeSavepointPath,
    savepointInfo?.lastSavepoint?.location,
    status.newestSnapshot?.path,
  ].flatMap((path) => (path === undefined || path === "" ? [] : [path]));
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
  const newest = knownSnapshots(status, facts ?? noFacts).find(({ unusable }) => unusable === undefined);
  return isSamePath(newest?.path, path) ? `it is the newest snapshot known of ${who}` : undefined;
}

const noFacts: ClusterFacts = {
  jobManager: undefined,
  jobManagerPods: [],
  taskManagerPods: [],
  haConfigMaps: [],
  snapshots: [],
  flink: undefined,
  restHost: undefined,
  podLog: undefined,
};
