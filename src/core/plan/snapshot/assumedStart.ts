import type { FlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import type { ReferredJob } from "../../flinkstatesnapshot/facts.ts";
import type { FlinkResource } from "../../job/model/flinkResource.ts";
import { knownStatus } from "../../job/status/status.ts";
import type { SnapshotTarget } from "../../validate/validateFlinkStateSnapshot.ts";
import type { SnapshotStart } from "./foresee.ts";

/**
 * A FlinkStateSnapshot without facts of the cluster, for admission: its job is as its status says, and all tasks of a RUNNING one
 * run. `job`: its resource; undefined: not known. Where no state of it is known, it is taken to run.
 */
export function assumedSnapshotStart(
  resource: FlinkStateSnapshot,
  job: FlinkResource | undefined,
  target: SnapshotTarget,
  now: number,
): SnapshotStart {
  const { kind } = resource.spec.jobReference ?? {};
  return {
    resource,
    facts: {
      job: kind === undefined ? undefined : target === "missing" ? target : assumedJob(job, target),
      operation: undefined,
      othersOpen: false,
      isClaimed: () => false,
      neededBy: () => undefined,
      disposer: undefined,
    },
    progressCheckIntervalMs: 0,
    now,
  };
}

function assumedJob(job: FlinkResource | undefined, target: Exclude<SnapshotTarget, "missing">): ReferredJob {
  const { jobStatus } = knownStatus(job?.status);
  // Nothing is concluded from a status that the operator has not written yet.
  const state = jobStatus?.state ?? "RUNNING";
  const known = target === "unknown" ? undefined : target;
  return {
    cluster: "assumed",
    sessionCluster: undefined,
    endpoint: { host: "assumed", port: 0 },
    hasJob: known?.hasJob ?? true,
    toRun: job?.metadata.deletionTimestamp === undefined && job?.spec.job?.state !== "suspended",
    jobId: jobStatus?.jobId ?? "assumed",
    state,
    startedAt: undefined,
    canBeSnapshot: state === "RUNNING",
    flinkVersion: known?.flinkVersion,
    // Where it is not known, nothing is concluded from its absence.
    savepointDirectory: known === undefined ? "assumed" : known.savepointDirectory,
    savepointFormat: "CANONICAL",
    checkpointType: "FULL",
    newestSavepoint: "none",
  };
}
