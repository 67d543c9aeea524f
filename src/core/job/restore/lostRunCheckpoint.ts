import type { RememberedSnapshot } from "../../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import type { Facts, LogSource } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { checkpointsOf, jobOf } from "../observe/observeJob.ts";

/**
 * The log of the run that was lost with its JobManager, of a job without HA: what the next run begins with is older than
 * what that one had come to. Flink was asked for checkpoints some time before; the log has the last one. Wanted until the
 * next run has one of its own.
 */
export function lostRunLog(
  { jobStatus }: FlinkResourceStatus,
  facts: Facts,
  { highAvailability }: Settings,
): LogSource | undefined {
  const { jobId } = jobStatus ?? {};
  const pod = facts.jobManagerPods.find(({ deleting, restarted }) => !deleting && restarted !== undefined);
  if (highAvailability || jobId === undefined || pod?.restarted === undefined) return undefined;
  const startedAt = jobOf(facts, jobId)?.startTime ?? Number.POSITIVE_INFINITY;
  const isOwn = (checkpointsOf(facts, jobId)?.latestCompleted?.timestamp ?? 0) >= startedAt;
  return isOwn
    ? undefined
    : { pod: pod.name, container: MAIN_CONTAINER, restartCount: pod.restarted.restartCount };
}

/**
 * What is to be remembered where the log of the lost run tells of a checkpoint that Flink had not told of. Where a run
 * before it is remembered, the lost one had begun anew: neither continues the other, and there is nothing to go on from.
 */
export function rememberedOfLostRun(
  status: FlinkResourceStatus,
  facts: Facts,
  settings: Settings,
): RememberedSnapshot | undefined {
  const { jobId = "" } = status.jobStatus ?? {};
  const [wanted, log] = [lostRunLog(status, facts, settings), facts.podLog];
  if (wanted === undefined || log?.pod !== wanted.pod || log.restartCount !== wanted.restartCount)
    return undefined;
  const remembered = status.newestSnapshot?.jobId === jobId ? status.newestSnapshot : undefined;
  const checkpointId = lastCompleted(log.text, jobId);
  if (checkpointId === undefined || checkpointId === remembered?.checkpointId) return undefined;
  const ranSince = facts.jobManagerPods.find(({ name }) => name === wanted.pod)?.restarted?.ranSince;
  if (remembered !== undefined && (remembered.takenAt ?? 0) < (ranSince ?? 0)) return diverged(remembered);
  if (checkpointId < (remembered?.checkpointId ?? 0)) return undefined;
  const known = remembered?.path ?? checkpointsOf(facts, jobId)?.latestCompleted?.externalPath;
  return {
    path: isSavepoint(log.text, checkpointId, jobId)
      ? undefined
      : pathOf(checkpointId, known, jobId, settings),
    kind: "checkpoint",
    jobId,
    checkpointId,
    takenAt: remembered?.takenAt,
  };
}

/** The run that began anew after it was lost has come to something of its own, and was lost too. */
export const diverged = (remembered: RememberedSnapshot): RememberedSnapshot => ({
  ...remembered,
  path: undefined,
});

function lastCompleted(log: string, jobId: string): number | undefined {
  const numbers = [...log.matchAll(new RegExp(`Completed checkpoint (\\d+) for job ${jobId}`, "g"))];
  const last = numbers.at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

/** Savepoints are counted with the checkpoints; no log tells where they are. */
const isSavepoint = (log: string, id: number, jobId: string): boolean =>
  new RegExp(`Triggering checkpoint ${id} \\(type=Savepoint.* for job ${jobId}`).test(log);

/** Flink keeps the checkpoints of a job side by side, in the configured folder under the job's id. */
function pathOf(
  id: number,
  known: string | undefined,
  jobId: string,
  { checkpointDirectory }: Settings,
): string | undefined {
  if (known !== undefined && /\/chk-\d+\/?$/.test(known)) return known.replace(/chk-\d+\/?$/, `chk-${id}`);
  return checkpointDirectory === undefined
    ? undefined
    : `${checkpointDirectory.replace(/\/+$/, "")}/${jobId}/chk-${id}`;
}
