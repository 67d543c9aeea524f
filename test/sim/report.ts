import { replayCommand } from "./plan.ts";
import type { Run } from "./run.ts";
import { type JournalEntry, printJournal } from "./world/journal.ts";
import { differences } from "./world/json.ts";
import { startOfTime } from "./world/world.ts";

const context = { before: 25, after: 25 };
const longestLine = 400;

/** Throws what a person needs to find out why a plan failed; the first line is the command that runs it again. */
export const assertKept = (run: Run): void => {
  if (run.violations.length > 0) throw new Error(report(run));
};

/** The first in full, the others by what they broke. */
export const failedPlans = (runs: readonly Run[]): string => {
  const [first, ...others] = runs;
  if (first === undefined) return "";
  return [
    `${runs.length} plans failed`,
    report(first),
    ...others.map(({ plan, violations: [{ promise, what } = { promise: "", what: "" }] }) =>
      `also: ${replayCommand(plan)}  broken: ${promise}: ${what}`.slice(0, longestLine),
    ),
  ].join("\n");
};

const report = (run: Run): string => {
  const entries = telling(run.world.journal.entries);
  const at = placeOfInterest(run);
  const here = entries.findIndex(({ index }) => index >= at);
  const middle = here < 0 ? entries.length : here;
  const lines = [
    `replay: ${replayCommand(run.plan)}`,
    ...run.violations.map(({ promise, what, at: index }) => `  broken: ${promise}: ${what} (at ${index})`),
    "journal:",
    ...printed(entries.slice(Math.max(0, middle - context.before), middle + context.after)),
    "the operator's log:",
    ...run.log.slice(-20),
  ];
  return lines.map((line) => line.slice(0, longestLine)).join("\n");
};

/** Where it broke; for what only the end tells, where it was faulty. */
const placeOfInterest = ({ world, violations }: Run): number => {
  const { entries } = world.journal;
  const end = entries.length - 1;
  const first = Math.min(...violations.map(({ at }) => at));
  if (first < end) return first;
  return entries.find(({ event }) => event === "fault")?.index ?? end;
};

/** Everything of one run, with what each write of the operator changed. */
export const fullReport = (run: Run): string =>
  [
    replayCommand(run.plan),
    ...telling(run.world.journal.entries).flatMap((entry) => [...printed([entry]), ...changesBy(run, entry)]),
    ...run.log,
    JSON.stringify(run.end, null, 2),
    `${run.writes.length} writes; ${JSON.stringify(run.tally)}`,
    ...run.violations.map(({ promise, what, at }) => `broken: ${promise}: ${what} (at ${at})`),
  ].join("\n");

const printed = (entries: JournalEntry[]): string[] => printJournal(entries, startOfTime);

const changesBy = ({ world }: Run, entry: JournalEntry): string[] => {
  if (entry.event !== "kubernetes-write" || !entry.actor.startsWith("operator")) return [];
  const change = world.store.history.find(({ revision }) => revision === entry.revision);
  if (change?.previous === undefined) return [];
  return differences(change.previous, change.object)
    .filter((line) => !line.startsWith("metadata.resourceVersion"))
    .map((line) => `${" ".repeat(20)}${line}`);
};

/** Without what Kubernetes' own parts and Flink's leases write all the time, and one of many checkpoints in a row. */
const telling = (entries: readonly JournalEntry[]): JournalEntry[] => {
  const told = entries.filter((entry) => {
    if (entry.event === "snapshot-deleted") return entry.by !== "flink";
    if (entry.event !== "kubernetes-write") return true;
    return entry.actor.startsWith("operator") || entry.actor === "user" || entry.verb === "delete";
  });
  return told.filter(
    ({ event }, at) => event !== "checkpoint-completed" || told[at + 1]?.event !== "checkpoint-completed",
  );
};
