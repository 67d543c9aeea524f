import { describe, expect, it } from "vitest";
import { deliberateDifferences } from "../../../test/support/blueGreenDifferences.ts";
import { replay } from "../../../test/support/blueGreenReplay.ts";
import { sequenceOf } from "../../../test/support/blueGreenWorld.ts";
import { goldenNames, readGolden } from "../../../test/support/golden.ts";

const names = goldenNames("bluegreen");
const sequence = (name: string) => sequenceOf(readGolden(`bluegreen/${name}.json`));

describe("the sequences of the Java operator", () => {
  it.each(names)("%s", (name) => expect(replay(sequence(name))).toEqual([]));

  it("are compared: another state, child or error is a difference", () => {
    for (const change of [
      { blueGreenState: "ACTIVE_GREEN" },
      { error: "another" },
      { abortTimestamp: "<now+900s>" },
      { lastReconciledSpec: "{}" },
    ]) {
      const { steps, ...rest } = sequence("bg01-first-deployment");
      const changed = steps.map((step, index) =>
        index === 2
          ? { ...step, reconcile: { ...step.reconcile, status: { ...step.reconcile.status, ...change } } }
          : step,
      );
      expect(replay({ ...rest, steps: changed }), JSON.stringify(change)).toHaveLength(2);
    }
  });

  it("are compared in what ours does by itself, and in an edit that ours keeps", () => {
    const changed = (name: string, at: number, change: object) => {
      const { steps, ...rest } = sequence(name);
      const recorded = steps.map((step, index) => {
        const { status } = step.reconcile;
        return index === at
          ? {
              ...step,
              reconcile: {
                ...step.reconcile,
                ...change,
                status: { ...status, ...("status" in change ? (change.status as object) : {}) },
              },
            }
          : step;
      });
      return replay({ ...rest, steps: recorded });
    };
    expect(changed("bg01-first-deployment", 1, { rescheduleAfterMs: null })).toHaveLength(2);
    expect(changed("bg07-abort", 7, { status: { lastReconciledSpec: "{}" } })).toHaveLength(2);
    expect(
      changed("bg15-suspend-during-transition", 6, { status: { blueGreenState: "ACTIVE_GREEN" } }),
    ).not.toEqual([]);
  });

  it("give the reason of each deliberate difference", () => {
    for (const { from, to, why } of deliberateDifferences) expect([from, to, why]).not.toContain("");
  });
});
