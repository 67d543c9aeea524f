import { redactSecrets } from "../../../api/redact.ts";
import type { DecisionAct, DecisionRecord } from "../../../api/v1beta1/flinkdeployment.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** Why something disruptive was decided, shown to the user in status.decisions. */
export interface Explanation {
  readonly act: DecisionAct;
  /** One sentence. It identifies the decision, so it contains nothing that varies while the decision is repeated. */
  readonly reason: string;
  /** The facts of the decision. */
  readonly facts?: readonly string[];
  /** What the job is restored from: a path, or words. */
  readonly restoresFrom?: string;
  /** Snapshots that were not used, and why. */
  readonly refused?: readonly { readonly snapshot: string; readonly why: string }[];
}

/** What a job is restored from if that is not a path. */
export const EMPTY_STATE = "nothing: it starts with empty state";
export const NEWEST_IN_HA_METADATA = "the newest checkpoint that the HA metadata names";

/** The number of records to keep. */
const maxRecords = 5;
/** Limits of one record: entries of a list, characters of a text. */
const maxEntries = 6;
const maxText = 500;

/**
 * Adds the decision to status.decisions, newest first. A repeated one, as after a crash, keeps its first record and
 * time. After its cluster was launched, the same words are a new decision.
 */
export function withDecision<Status extends Pick<FlinkResourceStatus, "decisions">>(
  status: Status,
  explanation: Explanation,
  generation: number,
  now: number,
): Status & Pick<FlinkResourceStatus, "decisions"> {
  const { act, reason, facts, restoresFrom, refused } = explanation;
  const record: DecisionRecord = {
    time: new Date(now).toISOString(),
    generation,
    act,
    reason: bounded(reason),
    ...(facts === undefined ? {} : { facts: facts.slice(0, maxEntries).map(bounded) }),
    ...(restoresFrom === undefined ? {} : { restoresFrom: bounded(restoresFrom) }),
    ...(refused === undefined ? {} : { refused: refused.slice(0, maxEntries).map(boundedRefusal) }),
  };
  const [newest, ...older] = status.decisions ?? [];
  if (newest !== undefined && isSame(newest, record)) return status;
  const earlier = newest === undefined ? [] : [newest, ...older];
  return { ...status, decisions: [record, ...earlier].slice(0, maxRecords) };
}

/**
 * Adds the launch of the newest decision: when, what the job was restored from, and when the one before was stopped for it
 * (milliseconds since the epoch).
 */
export function withLaunch(
  status: FlinkResourceStatus,
  restoresFrom: string,
  generation: number,
  now: number,
  stoppedAt?: number,
): FlinkResourceStatus {
  const [newest, ...older] = status.decisions ?? [];
  const launched = {
    launchedAt: new Date(now).toISOString(),
    restoresFrom: bounded(restoresFrom),
    ...(stoppedAt === undefined ? {} : stopOf(newest, stoppedAt)),
  };
  if (newest !== undefined && newest.launchedAt === undefined && newest.act !== "Suspend")
    return { ...status, decisions: [{ ...newest, ...launched }, ...older] };
  // Intended by the Java operator, which has no such records, or by a suspension that was reverted.
  const record = withDecision(
    status,
    { act: "Launch", reason: "A launch that was intended earlier is carried out." },
    generation,
    now,
  );
  return withLaunch(record, restoresFrom, generation, now, stoppedAt);
}

/** Adds to the newest decision, whose launch is still to come, when what ran before was stopped for it. */
export function withStop(status: FlinkResourceStatus, stoppedAt: number): FlinkResourceStatus {
  const [newest, ...older] = status.decisions ?? [];
  if (newest === undefined || newest.launchedAt !== undefined || newest.act === "Suspend") return status;
  return { ...status, decisions: [{ ...newest, ...stopOf(newest, stoppedAt) }, ...older] };
}

/** The first stop counts. A first launch, and a resumption, stop nothing. */
const stopOf = (newest: DecisionRecord | undefined, stoppedAt: number): Pick<DecisionRecord, "stoppedAt"> =>
  newest?.act === "Launch" || newest?.act === "Resume"
    ? {}
    : { stoppedAt: newest?.stoppedAt ?? new Date(stoppedAt).toISOString() };

/** Adds to the newest launch when the tasks of its job were first seen at work. */
export function withTasksAtWork(status: FlinkResourceStatus): FlinkResourceStatus {
  const [newest, ...older] = status.decisions ?? [];
  const since = status.run?.stateSince;
  if (newest?.launchedAt === undefined || newest.runningAt !== undefined || since === undefined)
    return status;
  if (since < Date.parse(newest.launchedAt)) return status;
  return { ...status, decisions: [{ ...newest, runningAt: new Date(since).toISOString() }, ...older] };
}

const isSame = (known: DecisionRecord, record: DecisionRecord): boolean =>
  known.launchedAt === undefined &&
  known.act === record.act &&
  known.generation === record.generation &&
  known.reason === record.reason;

function bounded(text: string): string {
  // Truncated first, because masking a long text takes time.
  const masked = redactSecrets(text.slice(0, 2 * maxText));
  return masked.length <= maxText ? masked : `${masked.slice(0, maxText - 1)}…`;
}

const boundedRefusal = ({ snapshot, why }: { readonly snapshot: string; readonly why: string }) => ({
  snapshot: bounded(snapshot),
  why: bounded(why),
});
