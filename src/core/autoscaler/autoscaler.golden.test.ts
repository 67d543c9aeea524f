import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deliberateDifferences } from "../../../test/support/autoscaler/deliberate.ts";
import { differences } from "../../../test/support/autoscaler/difference.ts";
import { playScenario } from "../../../test/support/autoscaler/playScenario.ts";
import { playTable } from "../../../test/support/autoscaler/playTable.ts";
import { isTable, type Json, readRecordings } from "../../../test/support/autoscaler/recording.ts";
import { goldenFolder } from "../../../test/support/golden.ts";

const recordings = readRecordings(join(goldenFolder, "autoscaler"));
const scenarios = recordings.filter((recording) => !isTable(recording));
const tables = recordings.filter(isTable);

describe("the autoscaler, by the recordings of the Java operator", () => {
  it("has all of them", () => {
    expect(scenarios.length).toBe(184);
    expect(tables.length).toBe(8);
    expect(deliberateDifferences.map(({ what }) => what)).toMatchInlineSnapshot(`
      [
        "gauges",
        "expectations of a failed decision",
        "texts of programming errors",
        "both forms of the overrides' text",
        "restart durations",
      ]
    `);
  });

  it.each(scenarios)("$name", (scenario) => {
    expect(playScenario(scenario, differences)).toBeUndefined();
  });

  it.each(tables)("$name", (table) => {
    expect(playTable(table, differences)).toBeUndefined();
  });
});

describe("a restart of the operator", () => {
  /** An error before the write loses the sample of its cycle, also in the Java operator. */
  const losesSamples = ({ steps }: (typeof scenarios)[number]) =>
    steps.some(({ out }) => out.events?.some(({ reason }: Json) => reason === "AutoscalerError"));
  const restarted = scenarios.filter((scenario) => scenario.kind !== "standalone" && !losesSamples(scenario));

  it.each(restarted)("before each cycle changes nothing: $name", (scenario) => {
    const steps = scenario.steps.map((step) => ({ ...step, in: { ...step.in, restartOperator: true } }));
    // Counters begin anew.
    const without = ({ counters: _, metrics: __, ...others }: Json) => others;
    const compare = (recorded: Json, result: Json) => differences(without(recorded), without(result));
    expect(playScenario({ ...scenario, steps }, compare)).toBeUndefined();
  });
});
