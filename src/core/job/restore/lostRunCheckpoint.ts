import type { RememberedSnapshot } from "../../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import type { Facts, LogSource } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { checkpointsOf, jobOf } from "../observe/observeJob.ts";

/**
 * The log of the run that was lost with its JobManager, for a job without HA. The next run starts from older state,
 * and the last checkpoint statistics may be out of date; the log contains the last checkpoint. Requested until the
 * next run has a checkpoint of its own.
 */
export function lostRunLog(
  { jobStatus }: FlinkResourceStatus,
  facts: Facts,
  { highAvailability }: Settings,
): LogSource | undefined {
  const { jobId } = jobStatus ?? {};
  const pod = facts.jobManagerPods.find(({ deleting, restarted }) => !deleting && restarted !== undefined);
  if (highAvailability || jobId === undefined || pod?.restarted === undefined) return undefined;
  // Until the restarted JobManager answers, the overview is that of the run that was lost.
  const startedAt = Math.max(jobOf(facts, jobId)?.startTime ?? Number.POSITIVE_INFINITY, pod.restarted.at);
  const isOwn = (checkpointsOf(facts, jobId)?.latestCompleted?.timestamp ?? 0) >= startedAt;
  return isOwn
    ? undefined
    : { pod: pod.name, container: MAIN_CONTAINER, restartCount: pod.restarted.restartCount };
}

/**
 * The snapshot to remember if the log of the lost run contains a checkpoint that Flink had not reported. If a
 * snapshot of an earlier run is remembered, the lost run had started without it: the two histories diverged and there
 * is no single newest state.
 */
export function rememberedOfLostRun(
  status: FlinkResourceStatus,
  facts: Facts,
  settings: Settings,
): RememberedSnapshot | undefined {
  const { jobId = "" } = status.jobStatus ?? {};
  const [requested, log] = [lostRunLog(status, facts, settings), facts.podLog];
  if (requested === undefined || log?.pod !== requested.pod || log.restartCount !== requested.restartCount)
    return undefined;
  const remembered = status.newestSnapshot?.jobId === jobId ? status.newestSnapshot : undefined;
  const checkpointId = lastCompleted(log.text, jobId);
  if (checkpointId === undefined || checkpointId === remembered?.checkpointId) return undefined;
  const ranSince = facts.jobManagerPods.find(({ name }) => name === requested.pod)?.restarted?.ranSince;
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

/** The run that started without the remembered snapshot completed snapshots of its own and was lost too. */
export const diverged = (remembered: RememberedSnapshot): RememberedSnapshot => ({
  ...remembered,
  path: undefined,
});

function lastCompleted(log: string, jobId: string): number | undefined {
  const numbers = [...log.matchAll(new RegExp(`Completed checkpoint (\\d+) for job ${jobId}`, "g"))];
  const last = numbers.at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

/** Savepoints share the checkpoint counter. The log does not contain their paths. */
const isSavepoint = (log: string, id: number, jobId: string): boolean =>
  new RegExp(`Triggering checkpoint ${id} \\(type=Savepoint.* for job ${jobId}`).test(log);

/** Flink stores the checkpoints of a job in the configured directory, in a folder named by the job id. */
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
