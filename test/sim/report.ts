import { replayCommand } from "./plan.ts";
import type { Run } from "./run.ts";
import { isOperatorWrite } from "./steps.ts";
import { type JournalEntry, printJournal } from "./world/journal.ts";
import { differences } from "./world/json.ts";
import { startOfTime } from "./world/world.ts";

const context = { before: 25, after: 25 };
const longestLine = 400;

/** Throws the report of a failed plan; its first line is the command that runs the plan again. */
export const assertNoViolations = (run: Run): void => {
  if (run.violations.length > 0) throw new Error(report(run));
};

/** The full report of the first plan, and one line for each other one. */
export const failedPlans = (runs: readonly Run[]): string => {
  const [first, ...others] = runs;
  if (first === undefined) return "";
  return [
    `${runs.length} plans failed`,
    report(first),
    ...others.map(({ plan, violations: [{ invariant, message } = { invariant: "", message: "" }] }) =>
      `also: ${replayCommand(plan)}  violated: ${invariant}: ${message}`.slice(0, longestLine),
    ),
  ].join("\n");
};

const report = (run: Run): string => {
  const entries = relevantEntries(run.world.journal.entries);
  const at = focusOf(run);
  const here = entries.findIndex(({ index }) => index >= at);
  const middle = here < 0 ? entries.length : here;
  const lines = [
    `replay: ${replayCommand(run.plan)}`,
    ...run.violations.map(
      ({ invariant, message, at: index }) => `  violated: ${invariant}: ${message} (at ${index})`,
    ),
    "journal:",
    ...printEntries(entries.slice(Math.max(0, middle - context.before), middle + context.after)),
    "the operator's log:",
    ...run.log.slice(-20),
  ];
  return lines.map((line) => line.slice(0, longestLine)).join("\n");
};

/** The first violation; for violations at the end of the run, the fault. */
const focusOf = ({ world, violations }: Run): number => {
  const { entries } = world.journal;
  const end = entries.length - 1;
  const first = Math.min(...violations.map(({ at }) => at));
  if (first < end) return first;
  return entries.find(({ event }) => event === "fault")?.index ?? end;
};

/** The whole journal of one run, with the changes of each write of the operator. */
export const fullReport = (run: Run): string =>
  [
    replayCommand(run.plan),
    ...relevantEntries(run.world.journal.entries).flatMap((entry) => [
      ...printEntries([entry]),
      ...changesBy(run, entry),
    ]),
    ...run.log,
    JSON.stringify(run.endState, null, 2),
    `${run.revisionsBeforeWrites.length} writes; ${JSON.stringify(run.actionCounts)}`,
    ...run.violations.map(({ invariant, message, at }) => `violated: ${invariant}: ${message} (at ${at})`),
  ].join("\n");

const printEntries = (entries: JournalEntry[]): string[] => printJournal(entries, startOfTime);

const changesBy = ({ world }: Run, entry: JournalEntry): string[] => {
  if (!isOperatorWrite(entry)) return [];
  const change = world.store.history.find(({ revision }) => revision === entry.revision);
  if (change?.previous === undefined) return [];
  return differences(change.previous, change.object)
    .filter((line) => !line.startsWith("metadata.resourceVersion"))
    .map((line) => `${" ".repeat(20)}${line}`);
};

/** Without the writes of Kubernetes' components and of Flink's leases, and with one of many checkpoints in a row. */
const relevantEntries = (entries: readonly JournalEntry[]): JournalEntry[] => {
  const relevant = entries.filter((entry) => {
    if (entry.event === "snapshot-deleted") return entry.by !== "flink";
    if (entry.event !== "kubernetes-write") return true;
    return entry.actor.startsWith("operator") || entry.actor === "user" || entry.verb === "delete";
  });
  return relevant.filter(
    ({ event }, at) => event !== "checkpoint-completed" || relevant[at + 1]?.event !== "checkpoint-completed",
  );
};
