import { describe, expect, test } from "vitest";
import { readCheckpoints } from "./answers.ts";

const entry = (id: number, status: string, checkpoint_type: string) => ({
  id,
  status,
  checkpoint_type,
  is_savepoint: checkpoint_type !== "CHECKPOINT",
  trigger_timestamp: 1_000 * id,
  latest_ack_timestamp: 1_000 * id + 500,
});

/** The history as Flink has it: the newest first. */
const underWay = (...history: object[]) => {
  const { stopping, savepointSince } = readCheckpoints({
    counts: { completed: 1, in_progress: 1 },
    latest: {},
    history,
  });
  return { stopping, savepointSince };
};

describe("what is under way in the history of a job's checkpoints", () => {
  const nothing = { stopping: undefined, savepointSince: undefined };
  test.each<[string, object[], object]>([
    ["nothing", [], nothing],
    ["a checkpoint", [entry(2, "IN_PROGRESS", "CHECKPOINT")], nothing],
    [
      "a stop, behind a checkpoint that was triggered after it",
      [entry(3, "IN_PROGRESS", "CHECKPOINT"), entry(2, "IN_PROGRESS", "SYNC_SAVEPOINT")],
      { ...nothing, stopping: { since: 2_000 } },
    ],
    [
      "a stop whose savepoint is complete",
      [entry(2, "COMPLETED", "SYNC_SAVEPOINT")],
      { ...nothing, stopping: { since: 2_000, completedAt: 2_500 } },
    ],
    [
      "no stop any more, where the job goes on",
      [entry(3, "COMPLETED", "CHECKPOINT"), entry(2, "COMPLETED", "SYNC_SAVEPOINT")],
      nothing,
    ],
    ["no stop that has failed", [entry(2, "FAILED", "SYNC_SAVEPOINT")], nothing],
    ["a savepoint", [entry(2, "IN_PROGRESS", "SAVEPOINT")], { ...nothing, savepointSince: 2_000 }],
  ])("%s", (_, history, expected) => {
    expect(underWay(...history)).toEqual(expected);
  });
});
