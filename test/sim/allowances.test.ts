import { expect, test } from "vitest";
import { newestStateUntold } from "./allowances.ts";
import type { Run } from "./run.ts";
import type { JournalEvent, Restored } from "./world/journal.ts";
import { World } from "./world/world.ts";

// An allowance that is too wide hides faults of the operator: each of its conditions is missed here once.

const jobId = "1";
const chk3 = "file:/data/checkpoints/1/chk-3";
const byHa: Restored = { count: 282, from: chk3, by: "high-availability" };
const started = (restored: Restored): JournalEvent => ({
  event: "job-started",
  cluster: "sample",
  pod: "a",
  jobId,
  program: "",
  recovered: false,
  restored,
});
const failed: JournalEvent = { event: "job-ended", jobId, pod: "a", state: "FAILED", count: 282 };
const finished: JournalEvent = { ...failed, state: "FINISHED" };
const died: JournalEvent = { event: "fault", note: "jobmanager-restart: jobs" };

const isAllowed = (happenings: JournalEvent[], more: Partial<Pick<Run, "plan" | "heard">> = {}): boolean => {
  const world = new World({ seed: 1 });
  for (const happening of happenings) world.journal.add(happening);
  const fault = { kind: "rest-jobmanager-restart", at: 1 } as const;
  const plan = { workload: "failed-restart", seed: 1, fault };
  return newestStateUntold({ plan, world, heard: [], ...more } as unknown as Run);
};

const answer = (after: number): Run["heard"] => [
  {
    write: undefined,
    rest: 1,
    actor: "operator#1",
    what: "checkpoints 1",
    outcome: { value: { latestRestored: { externalPath: chk3 } } },
    after,
  },
];

test("a job that went on from HA metadata fails for good, and its JobManager dies before it tells", () => {
  expect(isAllowed([started(byHa), failed, died])).toBe(true);
  // While it ran, a newer checkpoint could still come.
  expect(isAllowed([started(byHa), failed, died], { heard: answer(1) })).toBe(true);
});

test("it was told in time", () => {
  expect(isAllowed([started(byHa), failed, died], { heard: answer(2) })).toBe(false);
});

test("the job was restored from a path, which the status has, and completed nothing since", () => {
  const byPath: Restored = { ...byHa, by: "savepoint-path" };
  const own: JournalEvent = { event: "checkpoint-completed", jobId, id: 4, path: "chk-4", count: 300 };
  expect(isAllowed([started(byPath), failed, died])).toBe(false);
  expect(isAllowed([started(byPath), own, failed, died])).toBe(true);
});

test("the job had not failed when the JobManager died", () => {
  expect(isAllowed([started(byHa), died, failed])).toBe(false);
  expect(isAllowed([started(byHa), finished, died])).toBe(false);
});

test("another fault", () => {
  const plan = { workload: "failed-restart", seed: 1, fault: { kind: "rest-refused", at: 1 } } as const;
  expect(isAllowed([started(byHa), failed, died], { plan })).toBe(false);
});

test("a job without state to lose", () => {
  const fault = { kind: "rest-jobmanager-restart", at: 1 } as const;
  const plan = { workload: "upgrade-stateless", seed: 1, fault };
  expect(isAllowed([started(byHa), failed, died], { plan })).toBe(false);
});
