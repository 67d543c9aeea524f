import { expect, test } from "vitest";
import type { Scenario } from "./scenario.ts";
import { checkUntouchedJobs } from "./untouchedJobs.ts";
import type { JournalEvent } from "./world/journal.ts";
import { World } from "./world/world.ts";

const started = (sessionJob: string, jobId: string, recovered = false): JournalEvent => ({
  event: "job-started",
  cluster: "sample",
  pod: "a",
  jobId,
  sessionJob,
  restored: { count: 0, from: "nothing", by: "nothing" },
  program: "",
  recovered,
});
const cancelled = (jobId: string): JournalEvent => ({ event: "cancel-accepted", jobId });

const violations = (...events: JournalEvent[]): string[] => {
  const world = new World({ seed: 1 });
  for (const event of events) world.journal.add(event);
  const scenario = { untouched: ["two"] } as unknown as Scenario;
  return checkUntouchedJobs(world, scenario).map(({ message }) => message);
};

test("what happens to another job, and what Flink recovers, is allowed", () => {
  const other = [started("one", "1"), cancelled("1"), started("one", "2")];
  expect(violations(started("two", "9"), ...other, started("two", "9", true))).toEqual([]);
});

test("a start under another id, a repeated start and a stop are not", () => {
  expect(violations(started("two", "9"), started("two", "8"))).toHaveLength(1);
  expect(violations(started("two", "9"), started("two", "9"))).toHaveLength(1);
  expect(violations(started("two", "9"), cancelled("9"))).toHaveLength(1);
});
