import type { Mutant } from "./mutant.ts";

const verification = "core/flinkbluegreendeployment/verification.ts";
const comparison = "core/flinkbluegreendeployment/comparison.ts";
const rollback = "core/flinkbluegreendeployment/rollback.ts";
const transitioning = "core/flinkbluegreendeployment/transitioning.ts";

type Planted = Omit<Mutant, "workloads" | "kinds"> & Partial<Pick<Mutant, "kinds">>;
const among =
  (...workloads: readonly string[]) =>
  (mutant: Planted): Mutant => ({ workloads, kinds: [], ...mutant });

const verified = among(
  "blue-green-verified",
  "blue-green-verification-failed",
  "blue-green-verification-overdue",
  "blue-green-promoted",
  "blue-green-rejected",
);
const compared = among("blue-green-lag-compared", "blue-green-compared-by-expression");
const rolledBack = among(
  "blue-green-rolled-back",
  "blue-green-rolled-back-from-broken",
  "blue-green-rollback-unavailable",
);
const checkedInSession = among(
  "session-sql-refused",
  "session-sql-referred",
  "session-sql",
  "session-sql-misspelt",
);
const checked = among("sql-check-killed", "sql-check-deleted", "sql-referred", "sql-check-superseded");

/** Mistakes in both sides of a blue/green deployment, and in checks of SQL scripts. */
export const blueGreenMutants: readonly Mutant[] = [
  verified({
    name: "verified-without-a-look",
    fault: "takes what Flink said before the end of the running time for true at its end",
    edits: [
      {
        file: verification,
        find: "(situation.now < runsUntil || !isSeenAfter(child, runsUntil))",
        replace: "(situation.now < runsUntil || !isSeenAfter(child, 0))",
      },
    ],
  }),
  verified({
    name: "restarts-at-the-limit-refused",
    fault: "gives a new side up that has restarted as often as it may",
    edits: [
      {
        file: verification,
        find: "restarts > wanted.maxRestarts)",
        replace: "restarts >= wanted.maxRestarts)",
      },
    ],
  }),
  verified({
    name: "promotion-of-any-generation",
    fault: "promotes a side by the annotation for an earlier generation",
    edits: [
      {
        file: verification,
        find: "metadata.annotations?.[annotation] === String(metadata.generation);",
        replace: "metadata.annotations?.[annotation] !== undefined;",
      },
    ],
  }),
  verified({
    name: "promotion-not-awaited",
    fault: "moves to the new side as soon as it is verified, where a person is to promote it",
    edits: [
      {
        file: verification,
        find: "if (missing === undefined && (!wanted.isManual || isPromoted)) return undefined;",
        replace:
          "if (missing === undefined && (wanted.isManual || isPromoted || !isPromoted)) return undefined;",
      },
    ],
  }),
  compared({
    name: "unknown-lag-accepted",
    fault: "takes a lag that Flink does not tell for none",
    edits: [
      {
        file: comparison,
        find: 'if (lag === undefined) return "Flink does not tell the lag of its sources";',
        replace: "if (lag === undefined) return undefined;",
      },
    ],
  }),
  compared({
    name: "lag-factor-inverted",
    fault: "compares the lag of the old side with that of the new one",
    edits: [
      { file: comparison, find: "lag <= maxLagFactor * before", replace: "before <= maxLagFactor * lag" },
    ],
  }),
  rolledBack({
    name: "rollback-path-not-recorded",
    fault: "deletes the old side without having recorded where its savepoint is",
    edits: [
      {
        file: rollback,
        find: "  const stopped = recordPath(status, old, known);\n  if (stopped !== undefined) return stopped;\n  return timeOf(known.stopTimestamp) < now ?",
        replace: "  return timeOf(known.stopTimestamp) < now || isSuspended(old) ?",
      },
    ],
  }),
  rolledBack({
    name: "rollback-expires-at-once",
    fault: "offers the way back until the time at which the old side was stopped",
    edits: [
      {
        file: rollback,
        find: "const expirationTimestamp = isoTime(now + settings.rollbackMs);",
        replace: "const expirationTimestamp = isoTime(now + Math.min(1, settings.rollbackMs));",
      },
    ],
  }),
  rolledBack({
    name: "rollback-kept-for-ever",
    fault: "keeps the record of what can be gone back to after its time",
    edits: [
      {
        file: rollback,
        find: "return end === undefined || end > now || rollback?.startTime !== undefined ? status : rest;",
        replace: "return end === undefined || end > now || rollback !== undefined ? status : rest;",
      },
    ],
  }),
  rolledBack({
    name: "rollback-from-present-savepoint",
    fault: "goes back to what ran before with a savepoint of the job that runs now",
    edits: [
      {
        file: rollback,
        find: "(rollback.savepointPath !== undefined || isStateless(wanted))",
        replace: "(rollback.savepointPath === undefined || isStateless(wanted))",
      },
    ],
  }),
  among(
    "blue-green-aborted",
    "blue-green-verification-failed",
  )({
    name: "aborted-side-keeps-running",
    fault: "lets the new side that is given up run on beside the old one",
    edits: [
      {
        file: transitioning,
        find: 'actions: isDone ? [] : [{ kind: "patch-child", name, uid, spec }],\n    status: { ...withoutMarkers(failing',
        replace:
          'actions: isDone || name !== "" ? [] : [{ kind: "patch-child", name, uid, spec }],\n    status: { ...withoutMarkers(failing',
      },
    ],
  }),
  checked({
    name: "check-repeated-at-once",
    fault: "repeats a check that could not be made without a pause",
    edits: [
      {
        file: "core/job/upgrade/checkScriptFirst.ts",
        find: "const remaining = endedAt + RETRY_AFTER_MS - now;",
        replace: "const remaining = endedAt - now;",
      },
    ],
  }),
  checkedInSession({
    name: "session-check-without-running-script",
    fault: "checks the new script of a session job without comparing its state with that of the running one",
    edits: [
      {
        file: "core/flinksessionjob/checkScriptFirst.ts",
        find: "const isCompared = keepsState(situation) && deployed?.spec.job?.sql !== undefined;",
        replace: "const isCompared = !keepsState(situation) && deployed?.spec.job?.sql !== undefined;",
      },
    ],
  }),
];
