import type { JobStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { guardedRestore } from "../restore/chooseRestore.ts";
import { runLaunched } from "../restore/runState.ts";
import { launched, withJob, withJobTakenDown } from "../status/status.ts";
import { isOfAnother, isOfSpec, isUnknown, stands, warmUpgradeOf } from "./standby.ts";

/**
 * The old job has been stopped, with what is in `job`, and the new cluster stands: from this write on it is the cluster that runs the
 * job. endWarmUpgrade.ts opens its gate. Undefined: it does not stand, or is not wanted any more, and the job is launched as in any
 * upgrade. Without a status: whether it stands is not known yet.
 */
export function handOver(situation: Situation, job: Partial<JobStatus>): Outcome | undefined {
  const warm = warmUpgradeOf(situation);
  const { facts, now, resource, nextSettings } = situation;
  const { other } = facts;
  if (warm === undefined || !isOfSpec(situation, warm) || warm.failure !== undefined) return undefined;
  if (nextSettings.warmUpgradeTimeoutMs === undefined) return undefined;
  if (other?.jobManager === undefined || other.jobManager.deleting) return undefined;
  if (isOfAnother(situation, warm, other)) return undefined;
  if (!stands(other, nextSettings.slots))
    return isUnknown(other, now)
      ? { waitsFor: "the new cluster to answer", requeueAfterMs: 1_000 }
      : undefined;
  const stopped = { ...situation, status: withJobTakenDown(situation.status, job) };
  const guarded = guardedRestore(stopped, "savepoint");
  if (guarded.kind === "refused" || guarded.restore.kind !== "savepoint") return undefined;
  const { restore } = guarded;
  const status = launched({ ...stopped, status: asLaunched(stopped, warm) }, "savepoint");
  return {
    status: {
      ...withJob(status, { upgradeSavepointPath: restore.path }),
      run: runLaunched(restore, facts),
      clusterId: warm.clusterId === resource.metadata.name ? undefined : warm.clusterId,
      warmUpgrade: { ...warm, savepoint: restore.path },
      taskManager: status.taskManager && {
        ...status.taskManager,
        labelSelector: `component=taskmanager,app=${warm.clusterId}`,
      },
    },
    launchedFrom: restore.path,
    stoppedAt: now,
  };
}

/** As its Deployment was created: the launch id follows from the job id and the time. */
const asLaunched = (
  { status }: Situation,
  { jobId, startTime }: { readonly jobId: string; readonly startTime: number },
): Situation["status"] => ({
  ...withJob(status, { jobId }),
  reconciliationStatus: { ...status.reconciliationStatus, reconciliationTimestamp: startTime },
});
