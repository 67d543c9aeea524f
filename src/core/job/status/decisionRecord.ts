import { redactSecrets } from "../../../api/redact.ts";
import type { DecisionAct, DecisionRecord } from "../../../api/v1beta1/flinkdeployment.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** Why something disruptive was decided, for the user to read in status.decisions. */
export interface Explanation {
  readonly act: DecisionAct;
  /** One sentence. It tells decisions apart: of what varies while one is made again, nothing belongs in here. */
  readonly reason: string;
  /** What it was decided on. */
  readonly facts?: readonly string[];
  /** What the job goes on from: a path, or words. */
  readonly restoresFrom?: string;
  /** Snapshots that were not taken, and why. */
  readonly refused?: readonly { readonly snapshot: string; readonly why: string }[];
}

/** What a job goes on from, where it is no path. */
export const EMPTY_STATE = "nothing: it starts with empty state";
export const NEWEST_IN_HA_METADATA = "the newest checkpoint that the HA metadata names";

/** So many records are kept. */
const maxRecords = 5;
/** Bounds of one record: entries of a list, characters of a text. */
const maxEntries = 6;
const maxText = 500;

/**
 * Adds the decision to status.decisions, newest first. One that is made again, as after a crash, keeps its first
 * record and time; once its cluster was launched, the same words are another decision.
 */
export function withDecision(
  status: FlinkResourceStatus,
  explanation: Explanation,
  generation: number,
  now: number,
): FlinkResourceStatus {
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

/** The launch that the newest decision led to: when, and what the job was really restored from. */
export function withLaunch(
  status: FlinkResourceStatus,
  restoresFrom: string,
  generation: number,
  now: number,
): FlinkResourceStatus {
  const [newest, ...older] = status.decisions ?? [];
  const launched = { launchedAt: new Date(now).toISOString(), restoresFrom: bounded(restoresFrom) };
  if (newest !== undefined && newest.launchedAt === undefined && newest.act !== "Suspend")
    return { ...status, decisions: [{ ...newest, ...launched }, ...older] };
  // Intended by the Java operator, which keeps no such records; or a suspension that was taken back in its course.
  const record = withDecision(
    status,
    { act: "Launch", reason: "A launch that was intended earlier is carried out." },
    generation,
    now,
  );
  return withLaunch(record, restoresFrom, generation, now);
}

const isSame = (known: DecisionRecord, record: DecisionRecord): boolean =>
  known.launchedAt === undefined &&
  known.act === record.act &&
  known.generation === record.generation &&
  known.reason === record.reason;

function bounded(text: string): string {
  // Cut first: what is masked in a text of any length takes time.
  const masked = redactSecrets(text.slice(0, 2 * maxText));
  return masked.length <= maxText ? masked : `${masked.slice(0, maxText - 1)}…`;
}

const boundedRefusal = ({ snapshot, why }: { readonly snapshot: string; readonly why: string }) => ({
  snapshot: bounded(snapshot),
  why: bounded(why),
});
