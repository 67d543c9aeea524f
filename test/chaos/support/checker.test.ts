import { expect, test } from "vitest";
import { type Checker, createChecker } from "./checker.ts";

interface Seen {
  at?: number;
  count?: number;
  restoredCount?: number;
  gaps?: number;
  restoredId?: number;
  completed?: readonly number[];
}

/** Checkpoint N begins at N seconds. */
function look(checker: Checker, start: string, seen: Seen): void {
  const { count, restoredId, completed = [] } = seen;
  const progress = { count: count ?? 0, restoredCount: seen.restoredCount ?? 0, gaps: seen.gaps ?? 0 };
  checker.observe({
    at: seen.at ?? 0,
    start,
    progress: count === undefined ? undefined : { ...progress, duplicates: 0 },
    checkpoints: {
      counts: { completed: completed.length, restored: 0, in_progress: 0 },
      latest:
        restoredId === undefined
          ? {}
          : { restored: { id: restoredId, external_path: "p", restore_timestamp: 1 } },
      history: completed.map((id) => ({
        id,
        status: "COMPLETED",
        is_savepoint: false,
        trigger_timestamp: id * 1_000,
      })),
    },
  });
}

/** A first start that has counted to 100 before checkpoint 5, and has completed that. */
function checkerOfARunningJob(): Checker {
  const checker = createChecker("counter");
  look(checker, "first", { at: 4_500, count: 100 });
  look(checker, "first", { at: 6_000, count: 130, completed: [5] });
  return checker;
}

test("a job that goes on from its newest snapshot has lost nothing", () => {
  const checker = checkerOfARunningJob();
  look(checker, "second", { restoredId: 5 });
  look(checker, "second", { restoredId: 5, count: 110, restoredCount: 105, completed: [6] });
  look(checker, "second", { restoredId: 5, count: 120, restoredCount: 105, completed: [6, 7] });
  expect(checker).toMatchObject({ losses: [], starts: 2, restores: 1 });
});

test("an older snapshot, a lower count, and a start from nothing are losses", () => {
  const older = checkerOfARunningJob();
  look(older, "second", { restoredId: 4, count: 110, restoredCount: 105 });
  expect(older.losses).toEqual(["counter: second was restored from snapshot 4, though there was 5"]);

  const lower = checkerOfARunningJob();
  look(lower, "second", { restoredId: 5, count: 110, restoredCount: 99 });
  expect(lower.losses).toEqual(["counter: second went back to 99, though snapshot 5 has 100"]);

  const anew = checkerOfARunningJob();
  look(anew, "second", { count: 3 });
  expect(anew.losses).toEqual(["counter: second began anew, though there was snapshot 5"]);
});

test("what a job completes before its restore could be judged is not held against it", () => {
  const checker = checkerOfARunningJob();
  look(checker, "second", { restoredId: 5, completed: [6] });
  look(checker, "second", { restoredId: 5, count: 110, restoredCount: 105, completed: [6] });
  expect(checker.losses).toEqual([]);
});

test("a gap in what was counted is a loss", () => {
  const checker = checkerOfARunningJob();
  look(checker, "second", { restoredId: 5, count: 110, restoredCount: 105, gaps: 1 });
  expect(checker.losses).toEqual(["counter: second has 1 gaps, 0 duplicates"]);
});
