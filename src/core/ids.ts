import { createHash } from "node:crypto";

const hash = (...parts: readonly (string | number)[]): string =>
  createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);

/**
 * Ids are derived from the status, never random: a decision that is repeated after a crash uses the same ids. Each is
 * 32 hexadecimal digits, the form of Flink's JobID and TriggerId.
 */

/** The job id of a launch decided at `decidedAt` (ms). */
export const deriveJobId = (uid: string, decidedAt: number): string => hash("job", uid, decidedAt);

/** The trigger id of a stop-with-savepoint decided at `decidedAt` (ms). */
export const deriveTriggerId = (uid: string, jobId: string, decidedAt: number): string =>
  hash("trigger", uid, jobId, decidedAt);

/** The trigger id of a FlinkStateSnapshot's attempt after this many failed ones. */
export const deriveAttemptId = (uid: string, jobId: string, failures: number): string =>
  hash("attempt", uid, jobId, failures);

/** The id of the fetch of the jar that a generation of a session job names. */
export const deriveFetchId = (uid: string, generation: number): string => hash("fetch", uid, generation);

/** The id of the check of a session job's new script: of one edit of one deployed spec. */
export const deriveScriptCheckId = (
  uid: string,
  generation: number,
  deployed: object,
  spec: object,
): string => hash("script", uid, generation, deriveSpecHash(deployed), deriveSpecHash(spec));

/** What identifies a spec, also between two decisions of the autoscaler on one generation. */
export const deriveSpecHash = (spec: object): string => hash("spec", JSON.stringify(spec)).slice(0, 16);

/** What identifies the texts that an SQL script refers to. */
export const deriveTextsHash = (texts: readonly string[]): string =>
  hash("texts", JSON.stringify(texts)).slice(0, 16);

/** The id in the names of the objects of a check of an SQL script that was decided at `decidedAt` (ms). */
export const deriveCheckId = (uid: string, generation: number, decidedAt: number): string =>
  hash("check", uid, generation, decidedAt).slice(0, 8);

/**
 * The launch id: a new one for each start of a cluster, also if the job id stays (last-state). It names the launch's
 * own job result store, in the form of a UUID like the reference's (REFERENCE 1.16).
 */
export function deriveLaunchId(uid: string, jobId: string, decidedAt: number): string {
  const hex = hash("launch", uid, jobId, decidedAt);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
