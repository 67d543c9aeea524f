import { expect, test } from "vitest";
import { readRecording } from "../../src/controllers/recording/passRecorder.fixture.ts";
import { createPassRecorder } from "../../src/controllers/recording/passRecorder.ts";
import type { Recording } from "../../src/controllers/recording/recording.ts";
import { differencesOf } from "../../src/controllers/recording/replay.ts";
import { everything, isTurn } from "../support/turn.ts";
import { OperatorProcess, operatorConfigurationOf, sqlRunner } from "./operatorProcess.ts";
import { waitForStep } from "./seenStarts.ts";
import { workloads } from "./workloads/all.ts";
import { World } from "./world/world.ts";

/** Enough for all passes of a workload. */
const allBytes = 10_000_000;

let replayed = 0;

/** Of so many workloads, one is played in each turn. */
const turns = 10;

for (const workload of workloads.filter((_, index) => everything || isTurn(index, turns))) {
  test(`${workload.name}: each recorded pass is decided again in the same way`, async () => {
    const world = new World({ seed: 1 });
    const recorder = createPassRecorder({
      maxBytes: () => allBytes,
      config: () => operatorConfigurationOf(world),
      logFiles: {},
      sqlRunner,
      operatorVersion: "1",
    });
    const recordings: Recording[] = [];
    new OperatorProcess(world, 1, 1, () => {}, undefined, recorder);
    for (const step of workload.steps) {
      world.journal.add({ event: "step", note: step.name });
      step.act?.(world);
      await waitForStep(step, world);
      // Those of a resource that is gone are not kept.
      recordings.push(await readRecording(recorder));
    }
    for (const recording of recordings)
      for (const [place, { kind, now }] of recording.passes.entries()) {
        replayed++;
        expect({ kind, now, differences: differencesOf(recording, place) }).toEqual({
          kind,
          now,
          differences: [],
        });
      }
  });
}

test("many passes were decided again", () => {
  expect(replayed).toBeGreaterThan(100);
});
