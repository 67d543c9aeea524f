import type { Operation, OperationFacts, OperationStatus, RestEndpoint } from "../api/flinkFacts.ts";
import type { FlinkRest } from "./api.ts";

/** The operations of a JobManager that somebody follows: when to ask for one, and what its answer makes of it. */

export interface Followed {
  readonly operation: Operation;
  readonly followedAt: number;
  askedAt: number | undefined;
  /** Not before this: after a failure, or since the details of a checkpoint come from a cache. */
  notBefore: number;
  checkpointId: number | undefined;
  answer: OperationFacts["answer"];
}

export const follow = (operation: Operation, now: number): Followed => ({
  operation,
  followedAt: now,
  askedAt: undefined,
  notBefore: 0,
  checkpointId: undefined,
  answer: undefined,
});

/** As asked for by nobody yet: of another cluster, or after a restart of this one's JobManager. */
export const unasked = ({ operation, followedAt }: Followed): Followed => follow(operation, followedAt);

/** An operation that takes long is asked for the more rarely, up to this. */
const longestPeriodMs = 5_000;

/** Infinity: all is known. */
export function operationDueAt(followed: Followed, quickMs: number): number {
  const { askedAt, followedAt, answer, notBefore, operation } = followed;
  if (isSettled(answer?.status, operation)) return Number.POSITIVE_INFINITY;
  if (askedAt === undefined) return notBefore;
  const period = Math.max(quickMs, Math.min(longestPeriodMs, (askedAt - followedAt) / 20));
  return Math.max(notBefore, askedAt + period);
}

const isSettled = (status: OperationStatus | undefined, { kind }: Operation): boolean =>
  status?.state === "failed" ||
  (status?.state === "completed" && (kind !== "checkpoint" || status.location !== undefined));

/** Of a checkpoint that is complete, its details are asked for, until they tell where it is. */
export async function askOperation(
  rest: FlinkRest,
  at: RestEndpoint,
  { operation, checkpointId }: Followed,
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

/** True where the answer is news. */
export function takeAnswer(
  followed: Followed,
  { status, checkpointId }: Awaited<ReturnType<typeof askOperation>>,
  askedAt: number,
): boolean {
  const before = followed.answer;
  const isNews = before?.status.state !== status.state || locationOf(before.status) !== locationOf(status);
  followed.checkpointId = checkpointId;
  followed.answer = { at: askedAt, since: isNews || before === undefined ? askedAt : before.since, status };
  return isNews;
}

/** A checkpoint is complete, and where it is is still to be asked: before its cache knows, Flink logs that as an error. */
export const awaitsDetails = ({ answer, operation }: Followed): boolean =>
  answer?.status.state === "completed" && !isSettled(answer.status, operation);

const locationOf = (status: OperationStatus): string | undefined =>
  status.state === "completed" ? status.location : undefined;
