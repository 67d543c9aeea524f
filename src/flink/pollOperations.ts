import type { Operation, OperationFacts, OperationStatus, RestEndpoint } from "../api/flinkFacts.ts";
import type { FlinkRest } from "./api.ts";

/** Followed operations of a JobManager (savepoint, checkpoint, disposal): when to poll one, and what a response changes. */

export interface FollowedOperation {
  readonly operation: Operation;
  readonly followedAt: number;
  requestedAt: number | undefined;
  /** The earliest time of the next request, after a failure or because of Flink's cache. */
  notBefore: number;
  checkpointId: number | undefined;
  answer: OperationFacts["answer"];
}

export const follow = (operation: Operation, now: number): FollowedOperation => ({
  operation,
  followedAt: now,
  requestedAt: undefined,
  notBefore: 0,
  checkpointId: undefined,
  answer: undefined,
});

/** The same operation without what was polled so far: for another cluster, or after a restart of the JobManager. */
export const notYetRequested = ({ operation, followedAt }: FollowedOperation): FollowedOperation =>
  follow(operation, followedAt);

/** The longest poll interval of an operation. The interval grows with the operation's age. */
const maxPeriodMs = 5_000;

/** When to request the status next. Infinity: the operation has ended. */
export function operationDueAt(followed: FollowedOperation, quickMs: number): number {
  const { requestedAt, followedAt, answer, notBefore, operation } = followed;
  if (isSettled(answer?.status, operation)) return Number.POSITIVE_INFINITY;
  if (requestedAt === undefined) return notBefore;
  const period = Math.max(quickMs, Math.min(maxPeriodMs, (requestedAt - followedAt) / 20));
  return Math.max(notBefore, requestedAt + period);
}

const isSettled = (status: OperationStatus | undefined, { kind }: Operation): boolean =>
  status?.state === "failed" ||
  (status?.state === "completed" && (kind !== "checkpoint" || status.location !== undefined));

/** Requests the status. For a completed checkpoint, requests its details until they have its path. */
export async function requestOperation(
  rest: FlinkRest,
  at: RestEndpoint,
  { operation, checkpointId }: FollowedOperation,
): Promise<{ readonly status: OperationStatus; readonly checkpointId?: number }> {
  switch (operation.kind) {
    case "savepoint":
      return { status: await rest.savepointStatus(at, operation.jobId, operation.triggerId) };
    case "disposal": {
      const status = await rest.disposalStatus(at, operation.triggerId);
      return { status: status.state === "completed" ? { ...status, location: undefined } : status };
    }
    case "checkpoint": {
      const { jobId, triggerId } = operation;
      if (checkpointId !== undefined) {
        const location = await rest.checkpointPath(at, jobId, checkpointId);
        return { status: { state: "completed", location }, checkpointId };
      }
      const status = await rest.checkpointStatus(at, jobId, triggerId);
      if (status.state !== "completed") return { status };
      return { status: { state: "completed", location: undefined }, checkpointId: status.checkpointId };
    }
  }
}

/** Records a response. Returns true if it has changed the known status. */
export function recordAnswer(
  followed: FollowedOperation,
  { status, checkpointId }: Awaited<ReturnType<typeof requestOperation>>,
  requestedAt: number,
): boolean {
  const before = followed.answer;
  const isNew = before?.status.state !== status.state || locationOf(before.status) !== locationOf(status);
  followed.checkpointId = checkpointId;
  followed.answer = {
    at: requestedAt,
    since: isNew || before === undefined ? requestedAt : before.since,
    status,
  };
  return isNew;
}

/**
 * Whether a checkpoint is complete and its path is still unknown. Flink logs an error if the path is requested before its
 * cache has it.
 */
export const awaitsDetails = ({ answer, operation }: FollowedOperation): boolean =>
  answer?.status.state === "completed" && !isSettled(answer.status, operation);

const locationOf = (status: OperationStatus): string | undefined =>
  status.state === "completed" ? status.location : undefined;
