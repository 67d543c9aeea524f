import type { Run } from "./harness.ts";
import { replayCommand } from "./plan.ts";
import { type JournalEntry, printJournal } from "./world/journal.ts";
import { differences } from "./world/json.ts";
import { startOfTime } from "./world/world.ts";

const context = 40;

/** What a person needs who has to find out why a plan failed; the first line is the command that runs it again. */
export const report = (run: Run): string => {
  const { entries } = run.world.journal;
  const at = Math.min(...run.violations.map((violation) => violation.at));
  const around = entries
    .filter(isTelling)
    .filter(({ index }) => index <= at + 10)
    .slice(-context);
  return [
    `replay: ${replayCommand(run.plan)}`,
    ...run.violations.map(({ promise, what, at: index }) => `  broken: ${promise}: ${what} (at ${index})`),
    "journal:",
    printJournal(around, startOfTime),
    "the operator's log:",
    ...run.log.slice(-20),
  ].join("\n");
};

/** Everything of one run, with what each write of the operator changed. */
export const fullReport = (run: Run): string =>
  [
    replayCommand(run.plan),
    ...run.world.journal.entries
      .filter(isTelling)
      .flatMap((entry) => [printJournal([entry], startOfTime), ...changesBy(run, entry)]),
    ...run.log,
    JSON.stringify(run.end, null, 2),
    `${run.writes} writes, ${run.rests} calls to JobManagers, ${JSON.stringify(run.tally)}`,
    ...run.violations.map(({ promise, what, at }) => `broken: ${promise}: ${what} (at ${at})`),
  ].join("\n");

const changesBy = ({ world }: Run, entry: JournalEntry): string[] => {
  if (entry.event !== "kubernetes-write" || !entry.actor.startsWith("operator")) return [];
  const change = world.store.history.find(({ revision }) => revision === entry.revision);
  if (change?.previous === undefined) return [];
  return differences(change.previous, change.object)
    .filter((line) => !line.startsWith("metadata.resourceVersion"))
    .map((line) => `${" ".repeat(20)}${line}`);
};

/** Kubernetes' own parts and Flink's leases write all the time, and each checkpoint replaces the one before it. */
const isTelling = (entry: JournalEntry): boolean => {
  if (entry.event === "snapshot-deleted") return entry.by !== "flink";
  if (entry.event !== "kubernetes-write") return true;
  return entry.actor.startsWith("operator") || entry.actor === "user" || entry.verb === "delete";
};
