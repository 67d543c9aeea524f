import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { differences } from "../../../test/support/autoscaler/difference.ts";
import { playInOperator } from "../../../test/support/autoscaler/inOperator.ts";
import { playScenario } from "../../../test/support/autoscaler/playScenario.ts";
import { playTable } from "../../../test/support/autoscaler/playTable.ts";
import {
  isScenario,
  isTable,
  type Json,
  readRecordings,
  type Scenario,
} from "../../../test/support/autoscaler/recording.ts";
import { goldenFolder } from "../../../test/support/golden.ts";
import { gaugesOf } from "./gauges.ts";

const recordings = readRecordings(join(goldenFolder, "autoscaler"));
const scenarios = recordings.filter(isScenario);
const tables = recordings.filter(isTable);

const scenarioOf = (name: string): Scenario => {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
};

describe("the autoscaler, by the recordings of the Java operator", () => {
  it("has all of them", () => {
    expect(scenarios.length).toBe(184);
    expect(tables.length).toBe(8);
  });

  it.each(scenarios)("$name", (scenario) => {
    expect(playScenario(scenario, differences)).toBeUndefined();
  });

  it.each(tables)("$name", (table) => {
    expect(playTable(table, differences)).toBeUndefined();
  });

  it.each<[string, string, (out: Json) => void]>([
    ["counters", "basic-up", (out) => (out.counters.balanced += 1)],
    ["summaries", "basic-up", (out) => (out.summaries = { [Object.keys(out.summaries)[0] ?? ""]: [2, 9] })],
    ["an evaluated metric", "basic-up", (out) => (out.evaluated.global.GC_PRESSURE[0] = 0.5)],
    [
      "the text of an event",
      "basic-up",
      (out) => (out.events[1].message = out.events[1].message.replace("2 -> 3", "2 -> 4")),
    ],
    ["the state", "basic-up", (out) => (out.state.parallelismOverrides = "a:1")],
    ["a request", "basic-up", (out) => out.inPlace.requests.pop()],
  ])("would notice another value in %s", (_, name, change) => {
    const scenario = structuredClone(scenarioOf(name));
    const step = scenario.steps.find(({ out }) => out.summaries !== undefined);
    change(step?.out);
    expect(playScenario(scenario, differences)).toMatch(new RegExp(`^${name}, step 5`));
  });
});

/** Where this operator does otherwise on purpose (test/support/autoscaler/deliberate.ts), and the recording that shows it. */
describe("deliberate differences", () => {
  it("shows gauges of a vertex that comes later, and none of one that has gone", () => {
    const scenario = scenarioOf("lifecycle-topology-change");
    const [first] = scenario.steps;
    const { evaluated } = playInOperator(scenario).steps[20]?.result.memory ?? {};
    const shown = new Set(
      gaugesOf(evaluated ?? { vertices: new Map(), global: {} }).map(({ vertex }) => vertex),
    );
    const before = first?.in.jobDetails.vertices.map(({ id }: Json) => id);
    expect([...shown].filter((vertex) => !before.includes(vertex))).toHaveLength(1);
    expect(before.filter((vertex: string) => !shown.has(vertex))).toHaveLength(1);
    expect(Object.keys(scenario.end.metrics).some((name) => name.includes(before[2]))).toBe(true);
  });

  it("leaves no expectations where a decision fails", () => {
    const scenario = scenarioOf("maxp-minus-one-immediate");
    const expectationsIn = (evaluated: Json) =>
      JSON.stringify(evaluated).includes("EXPECTED_PROCESSING_RATE");
    expect(expectationsIn(scenario.steps[5]?.out.evaluated)).toBe(true);
    const { trace } = playInOperator(scenario).steps[5]?.result ?? {};
    expect(expectationsIn([...(trace?.evaluated?.vertices.values() ?? [])])).toBe(false);
  });

  it("writes overrides in the plain form where the operator's file is config.yaml", () => {
    const steps = playInOperator(scenarioOf("configyaml-up")).steps;
    expect(steps.at(-1)?.data?.parallelismOverrides).toMatch(/^\w{32}:\d+,/);
  });
});

describe("a restart of the operator", () => {
  /** An error before the write loses the sample of its cycle, also in the Java operator. */
  const losesSamples = ({ steps }: Scenario) =>
    steps.some(({ out }) => out.events?.some(({ reason }: Json) => reason === "AutoscalerError"));
  const restarted = scenarios.filter(
    (scenario, at) => at % 5 === 0 && scenario.kind !== "standalone" && !losesSamples(scenario),
  );

  it.each(restarted)("before each cycle changes nothing: $name", (scenario) => {
    const steps = scenario.steps.map((step) => ({ ...step, in: { ...step.in, restartOperator: true } }));
    // Counters begin anew.
    const without = ({ counters: _, metrics: __, ...others }: Json) => others;
    const compare = (recorded: Json, result: Json) => differences(without(recorded), without(result));
    expect(playScenario({ ...scenario, steps }, compare)).toBeUndefined();
  });
});
