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

  it("give the reason of each deliberate difference", () => {
    for (const { from, to, why } of deliberateDifferences) expect([from, to, why]).not.toContain("");
  });
});
