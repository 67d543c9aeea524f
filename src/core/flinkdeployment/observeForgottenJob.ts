import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../api/v1beta1/names.ts";
import type { Facts, LogSource } from "./facts.ts";
import { isAbsent } from "./observeJob.ts";
import { firstCause } from "./observeJobManager.ts";

/** How long a JobManager that has come back may take to have its job again. */
const PATIENCE_MS = 30_000;

/**
 * The log of the crash after which a JobManager came back without its job: the job result store says that the job has
 * ended, so Flink does not start it again, lists none, and shows nowhere why it failed. Up to 1.20, a job whose
 * savepoint does not exist ends like this.
 */
export function forgottenJobLog(
  { jobManagerDeploymentStatus: jobManager, jobStatus }: FlinkDeploymentStatus,
  facts: Facts,
  now: number,
): LogSource | undefined {
  if (jobManager !== "READY" || jobStatus?.state !== "RECONCILING" || !isAbsent(facts, jobStatus.jobId))
    return undefined;
  for (const { name, deleting, restarted } of facts.jobManagerPods) {
    if (deleting || restarted === undefined || now - restarted.at < PATIENCE_MS) continue;
    return { pod: name, container: MAIN_CONTAINER, restartCount: restarted.restartCount };
  }
  return undefined;
}

/** Why the JobManager has no job; undefined while its log has not been read, and where it may still come. */
export function forgottenJob(status: FlinkDeploymentStatus, facts: Facts, now: number): string | undefined {
  const [wanted, log] = [forgottenJobLog(status, facts, now), facts.podLog];
  if (wanted === undefined || log?.pod !== wanted.pod || log.restartCount !== wanted.restartCount)
    return undefined;
  const cause = firstCause(log.text);
  return `The JobManager crashed and has no job since${cause === undefined ? "" : `: ${cause}`}`;
}
